#include "vfs/power_cut.hpp"

#include "support/journal_samples.hpp"

#include <stanchion/core/random.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>

namespace stanchion::test {

namespace {

using what = disk_event::what;

constexpr std::uint64_t sector = 512;
/// Synced writes whose earlier bytes are remembered.
constexpr std::size_t most_remembered = 400;

/// Chances from one seed.
class chance {
public:
  explicit chance(std::uint64_t seed) : random_(seeded_random(seed)) {
    // nop
  }
  std::uint64_t below(std::uint64_t n) {
    return random_->next() % n;
  }
  bool one_in(std::uint64_t n) {
    return below(n) == 0;
  }

private:
  std::shared_ptr<random_source> random_;
};

/// What lies in the part of a file that nobody has written.
using filler = std::function<char()>;

char zero() {
  return '\0';
}

void resize(std::string& to, std::uint64_t size, const filler& fill) {
  while (to.size() < size)
    to.push_back(fill());
  to.resize(size);
}

void put(std::string& to, std::uint64_t at, std::string_view bytes,
         const filler& fill) {
  if (to.size() < at + bytes.size())
    resize(to, at + bytes.size(), fill);
  to.replace(at, bytes.size(), bytes);
}

void apply(std::string& to, const disk_event& x) {
  if (x.kind == what::cut)
    resize(to, x.at, zero);
  else
    put(to, x.at, x.bytes, zero);
}

/// Sectors of one write, each with a fate of its own.
void apply_mixed(std::string& to, const disk_event& x, chance& any,
                 const filler& fill) {
  if (x.kind == what::cut) {
    if (any.one_in(2))
      resize(to, x.at, zero);
    return;
  }
  const auto end = x.at + x.bytes.size();
  for (auto at = x.at; at < end;) {
    const auto next = std::min(end, (at / sector + 1) * sector);
    auto part = std::string_view{x.bytes}.substr(at - x.at, next - at);
    const auto how = any.below(8);
    if (how == 0)
      part = part.substr(0, any.below(part.size()));
    if (how < 5 && !part.empty())
      put(to, at, part, fill);
    at = next;
  }
}

std::string survivors(std::string content, const std::vector<disk_event>& xs,
                      sector_fate fate, chance& any, const filler& fill) {
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const auto& x = xs[i];
    switch (fate) {
    case sector_fate::lost:
      break;
    case sector_fate::kept:
      apply(content, x);
      break;
    case sector_fate::torn:
      if (i + 1 < xs.size())
        apply(content, x);
      else if (x.kind == what::wrote)
        put(content, x.at, x.bytes.substr(0, any.below(x.bytes.size() + 1)),
            zero);
      break;
    case sector_fate::reordered:
      if (any.one_in(2))
        apply(content, x);
      break;
    case sector_fate::mixed:
      apply_mixed(content, x, any, fill);
      break;
    }
  }
  return content;
}

/// A version of a file that is written in place, without a sync; perhaps on
/// the way to the next one.
std::string some_version(const std::vector<std::string>& all, sector_fate fate,
                         chance& any) {
  if (fate == sector_fate::lost)
    return all.front();
  if (fate == sector_fate::kept)
    return all.back();
  const auto i = any.below(all.size());
  auto result = all[i];
  if (i + 1 < all.size() && result.size() == all[i + 1].size()) {
    const auto done = any.below(result.size());
    result.replace(0, done, all[i + 1], 0, done);
  }
  return result;
}

} // namespace

std::string to_string(sector_fate x) {
  static const auto names
    = std::vector<std::string>{"lost", "kept", "torn", "reordered", "mixed"};
  return names.at(static_cast<std::size_t>(x));
}

const std::vector<sector_fate>& sector_fates() {
  static const auto all = std::vector<sector_fate>{
    sector_fate::lost, sector_fate::kept, sector_fate::torn,
    sector_fate::reordered, sector_fate::mixed};
  return all;
}

power_cut::power_cut(std::uint64_t seed) : seed_(seed) {
  // nop
}

void power_cut::add(const disk_event& x) {
  switch (x.kind) {
  case what::committed:
    committed_ = x.at;
    return;
  case what::beside:
    beside_[x.file].push_back(x.bytes);
    return;
  case what::found:
    files_[x.file] = {.durable = x.bytes, .named = true};
    // The store itself has synced it under another name.
    files_.erase(x.file + ".new");
    return;
  case what::made:
    files_[x.file] = {};
    return;
  default:
    break;
  }
  auto& f = files_[x.file];
  switch (x.kind) {
  case what::synced:
    settle(x.file, f);
    return;
  case what::forgot: {
    chance any{mix64(seed_) + files_.size() + f.pending.size()};
    f.durable = survivors(std::move(f.durable), f.pending, sector_fate::mixed,
                          any, zero);
    f.pending.clear();
    return;
  }
  case what::removed:
    f.removed = true;
    if (x.at == 1 || !f.named)
      files_.erase(x.file);
    return;
  default:
    f.pending.push_back(x);
  }
}

void power_cut::settle(const std::string& name, known_file& f) {
  f.named = true;
  for (const auto& x : f.pending) {
    if (x.kind == what::wrote)
      remember(name, f, x);
    apply(f.durable, x);
  }
  f.pending.clear();
}

void power_cut::remember(const std::string& name, const known_file& f,
                         const disk_event& x) {
  const auto end = x.at + x.bytes.size();
  for (auto at = x.at; at < end; at = (at / sector + 1) * sector) {
    const auto from = std::min<std::size_t>(at, f.durable.size());
    const auto size = std::min(end, (at / sector + 1) * sector) - at;
    auto old = f.durable.substr(from, size);
    old.resize(size);
    before_.push_back({name, at, std::move(old)});
  }
  if (before_.size() > most_remembered)
    before_.erase(before_.begin(), before_.end() - most_remembered);
}

std::map<std::string, std::string> power_cut::files(sector_fate fate,
                                                    std::uint64_t seed) const {
  chance any{mix64(seed) + 17};
  const auto dirty = any.one_in(2);
  const filler fill = [&any, dirty] {
    return dirty ? static_cast<char>(any.below(256)) : '\0';
  };
  std::map<std::string, std::string> result;
  for (const auto& [name, f] : files_) {
    const auto there = f.named || fate == sector_fate::kept
                       || (fate != sector_fate::lost && any.one_in(2));
    const auto gone = f.removed && fate != sector_fate::lost
                      && (fate == sector_fate::kept || any.one_in(2));
    if (there && !gone)
      result[name] = survivors(f.durable, f.pending, fate, any, fill);
  }
  for (const auto& [name, versions] : beside_)
    result[name] = some_version(versions, fate, any);
  // Memory that is shared has a file, too; a dead machine leaves anything in
  // it.
  if (result.contains("stanchion.db") && any.one_in(2)) {
    auto& shared = result["stanchion.db-shm"];
    for (std::size_t i = 0; i < 4 * sector; ++i)
      shared.push_back(static_cast<char>(any.below(256)));
  }
  return result;
}

std::map<std::string, std::string>
power_cut::files_of_a_liar(std::size_t sectors, std::uint64_t seed) const {
  chance any{mix64(seed) + 23};
  auto result = files(sector_fate::kept, seed);
  if (before_.empty())
    return result;
  const auto reach = std::min(before_.size(), sectors * 2);
  // From the newest back, so that what is put back is what was there then.
  for (std::size_t i = 0; i < reach; ++i) {
    const auto& x = before_[before_.size() - 1 - i];
    const auto found = result.find(x.file);
    if (found != result.end() && found->second.size() >= x.at + x.bytes.size()
        && any.one_in(2))
      found->second.replace(x.at, x.bytes.size(), x.bytes);
  }
  return result;
}

void write_files(const std::filesystem::path& folder,
                 const std::map<std::string, std::string>& files) {
  for (const auto& [name, bytes] : files)
    write_file(folder / name, bytes);
}

} // namespace stanchion::test

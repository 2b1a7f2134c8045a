#include "01_license_inventory/audit.hpp"
#include "01_license_inventory/pipeline.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/store.hpp>

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace license_inventory;
using namespace stanchion;
using namespace stanchion::test;

namespace {

using std::chrono::milliseconds;

constexpr auto document_count = 60;

// -- the documents ------------------------------------------------------------

const auto dep5 = std::string{
  "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
  "\n"
  "Files: *\n"
  "Copyright: 2001 Ann Author\n"
  "License: GPL-2+\n"};

const auto free_form = std::string{
  "Copyright (C) 2004 Ann Author\n\n"
  "This program is free software; you can redistribute it and/or modify it\n"
  "under the terms of the GNU General Public License as published by the Free\n"
  "Software Foundation; either version 2 of the License, or (at your option)\n"
  "any later version.\n"};

const auto doubtful = std::string{"It is under the GPL, or so they say.\n"};

std::string garbage(int n) {
  const auto random = seeded_random(static_cast<std::uint64_t>(n));
  auto bytes = std::string{};
  for (auto i = 0; i < 3'000; ++i)
    bytes += static_cast<char>(random->next() & 0xFFU);
  return bytes;
}

std::string text_of(int n) {
  switch (n % 6) {
  case 0:
    return doubtful;
  case 1:
    return garbage(n);
  case 2:
    return free_form + "\xE9\xFF\n"; // no valid UTF-8
  case 3:
    return free_form;
  default:
    return dep5;
  }
}

/// Folders with a document each; the first one has 1 GB, on paper.
std::set<std::string> make_documents(const std::filesystem::path& root) {
  auto names = std::set<std::string>{};
  for (auto i = 0; i < document_count; ++i) {
    const auto name = "package" + std::to_string(i);
    std::filesystem::create_directories(root / name);
    const auto file = root / name / "copyright";
    std::ofstream{file, std::ios::binary} << text_of(i);
    if (i == 0)
      std::filesystem::resize_file(file, std::uintmax_t{1} << 30U);
    names.insert(name);
  }
  return names;
}

// -- the auditor --------------------------------------------------------------

/// Documents that are done with, as far as anybody was told: a row in the
/// inventory's log of writes, or a ticket.
std::size_t progress_in(const std::filesystem::path& data_dir) {
  auto count = audit_inventory(inventory_path(data_dir)).writes.size();
  if (std::filesystem::exists(data_dir / "stanchion.db"))
    count += open_sqlite_store(data_dir / "stanchion.db")
               ->list_tickets({.limit = 1'000})
               .size();
  return count;
}

void require_nothing_twice(const std::filesystem::path& data_dir) {
  for (const auto& name :
       audit_inventory(inventory_path(data_dir)).written_twice())
    FAIL(name << " was written twice");
}

/// No ticket but those about what the documents say: nothing was given up.
void require_no_innocent_tickets(store& journal) {
  for (const auto& x : journal.list_tickets({.limit = 1'000})) {
    INFO(x.id << " " << to_string(x.reason) << ": " << x.title);
    REQUIRE(x.reason == park_reason::low_confidence);
  }
}

// -- lives --------------------------------------------------------------------

pipeline_settings settings_for(const std::filesystem::path& root,
                               const std::filesystem::path& data_dir,
                               std::uint64_t seed) {
  return {.root = root,
          .data_dir = data_dir,
          .faults = {.overloaded = 0.08,
                     .crash = 0.03,
                     .late_crash = 0.03,
                     .slow_answer = 0.005,
                     .seed = seed},
          .timeout = 1s};
}

int live(const pipeline_settings& settings) {
  try {
    run_pipeline(settings);
    return 0;
  } catch (const std::exception& e) {
    std::ofstream{settings.data_dir / "error.txt", std::ios::app} << e.what()
                                                                  << '\n';
    return 1;
  }
}

std::string errors_in(const std::filesystem::path& data_dir) {
  auto in = std::ifstream{data_dir / "error.txt"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Lets the work end undisturbed, with every ticket answered, and looks at all
/// of it.
void finish(pipeline_settings settings, const std::set<std::string>& names) {
  settings.decide_all = true;
  auto last = child_process{[&] { return live(settings); }};
  const auto code = last.wait(std::chrono::minutes{2});
  INFO(errors_in(settings.data_dir));
  REQUIRE(code == 0);
  const auto log = audit_inventory(inventory_path(settings.data_dir));
  auto written = std::set<std::string>{};
  for (const auto& [name, count] : log.writes) {
    INFO(name);
    CHECK(count == 1);
    written.insert(name);
  }
  CHECK(written == names);
  const auto journal = open_sqlite_store(settings.data_dir / "stanchion.db");
  require_no_innocent_tickets(*journal);
  CHECK(journal->verify().damages.empty());
}

/// Kills one inventory after the other, at random instants, until there were
/// `rounds` kills.
class killer {
public:
  explicit killer(std::uint64_t seed) : random_(seeded_random(seed)) {
    names_ = make_documents(dir_.path() / "doc");
  }

  void run(int rounds) {
    while (killed_ < rounds)
      kill_one_inventory(rounds);
  }

private:
  void kill_one_inventory(int rounds) {
    const auto number = ++inventories_;
    const auto data_dir = dir_.path() / ("data" + std::to_string(number));
    const auto settings = settings_for(dir_.path() / "doc", data_dir, number);
    std::filesystem::create_directories(data_dir);
    auto seen = std::size_t{0};
    auto idle = 0;
    while (killed_ < rounds && live_and_die(settings)) {
      const auto now = progress_in(data_dir);
      REQUIRE(now >= seen); // nothing that was done is undone
      idle = now == seen ? idle + 1 : 0;
      // A machine that is slow today gets longer lives.
      longest_ = idle == 0 ? shortest : longest_ * 2;
      REQUIRE(idle < 8);
      seen = now;
    }
    finish(settings, names_);
  }

  /// False when the work was done before it could be killed.
  bool live_and_die(const pipeline_settings& settings) {
    auto process = child_process{[&] { return live(settings); }};
    const auto limit = static_cast<std::uint64_t>(longest_.count());
    auto code = process.wait(milliseconds{random_->next() % limit});
    if (!code) {
      process.signal(SIGKILL);
      code = process.wait(std::chrono::seconds{10});
    }
    INFO(errors_in(settings.data_dir));
    require_nothing_twice(settings.data_dir);
    if (code == 0) // perhaps just before the signal came
      return false;
    REQUIRE(code == 128 + SIGKILL);
    ++killed_;
    return true;
  }

  static constexpr auto shortest = milliseconds{200};

  temporary_dir dir_;
  std::set<std::string> names_;
  std::shared_ptr<random_source> random_;
  milliseconds longest_ = shortest;
  std::uint64_t inventories_ = 0;
  int killed_ = 0;
};

} // namespace

TEST_CASE("an inventory killed 30 times has every document once", "[kill]") {
  killer{1}.run(30);
}

TEST_CASE("an inventory killed 1,000 times has every document once",
          "[.][long][kill]") {
  for (auto seed = std::uint64_t{1}; seed <= 20; ++seed)
    killer{seed}.run(50);
}

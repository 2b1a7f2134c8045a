#include <stanchion/core/encode.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/api/event_feed.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace stanchion {

namespace {

using nlohmann::json;

/// How long a reader rests between two looks: what happens meanwhile is written
/// at once.
constexpr auto rest = std::chrono::milliseconds{25};
/// Most entries of one portion.
constexpr auto portion_size = std::size_t{512};
/// After how long a silence a comment is sent, so that a client that has gone
/// is noticed and no proxy hangs up.
constexpr auto silence = std::chrono::seconds{15};

std::shared_ptr<const std::string> text_of(const event& x) {
  return std::make_shared<const std::string>(
    "event: " + std::string{to_string(x.kind)} + "\ndata: " + json_text(json(x))
    + "\n");
}

} // namespace

event_feed::event_feed(event_bus& bus, std::size_t size)
  : bus_(bus), size_(std::max(size, std::size_t{1})),
    epoch_(fmt::format(
      "{:x}", static_cast<std::uint64_t>(to_micros(system_clock().now())))),
    subscription_(bus.subscribe([this](const event& x) { hear(x); })) {
  // nop
}

event_feed::~event_feed() {
  bus_.unsubscribe(subscription_);
}

void event_feed::hear(const event& x) {
  auto text = text_of(x);
  const std::lock_guard guard{mutex_};
  kept_.push_back({next_++, x.run, std::move(text)});
  if (kept_.size() > size_)
    kept_.pop_front();
  if (x.kind != event_kind::runtime_stopping)
    return;
  ended_ = true;
  over_.notify_all();
}

event_feed::portion event_feed::read(std::uint64_t from) const {
  auto x = portion{};
  const std::lock_guard guard{mutex_};
  const auto first = next_ - kept_.size();
  x.missed = from < first;
  const auto begin = std::clamp(from, first, next_);
  const auto end = std::min(next_, begin + portion_size);
  const auto at = kept_.begin() + static_cast<std::ptrdiff_t>(begin - first);
  x.entries.assign(at, at + static_cast<std::ptrdiff_t>(end - begin));
  x.next = end;
  x.ended = ended_ && end == next_;
  return x;
}

std::uint64_t event_feed::next() const {
  const std::lock_guard guard{mutex_};
  return next_;
}

std::string event_feed::id_of(std::uint64_t number) const {
  return epoch_ + "-" + std::to_string(number);
}

std::optional<std::uint64_t> event_feed::parse_id(std::string_view id) const {
  if (!id.starts_with(epoch_ + "-"))
    return std::nullopt;
  id.remove_prefix(epoch_.size() + 1);
  auto number = std::uint64_t{0};
  const auto [end, problem]
    = std::from_chars(id.data(), id.data() + id.size(), number);
  if (problem != std::errc{} || end != id.data() + id.size()
      || number >= next())
    return std::nullopt;
  return number;
}

void event_feed::pause() const {
  auto lock = std::unique_lock{mutex_};
  over_.wait_for(lock, rest, [this] { return ended_; });
}

// -- one client ---------------------------------------------------------------

namespace {

class feed_writer {
public:
  feed_writer(const event_feed& from, const feed_query& what,
              const http_sink& to)
    : from_(from), what_(what), to_(to) {
    // nop
  }

  void run() {
    auto at = begin();
    while (to_.alive()) {
      const auto x = from_.read(at);
      if (x.missed)
        at = reset("events were lost: more happened than are kept");
      else
        at = write(x);
      if (x.ended && !x.missed)
        return;
      if (at == from_.next())
        from_.pause();
      if (std::chrono::steady_clock::now() - last_ >= silence)
        send(":\nid: " + from_.id_of(at - 1) + "\n\n");
    }
  }

private:
  std::uint64_t begin() {
    const auto now = from_.next();
    if (what_.after.empty()) {
      // Tells a client that has heard nothing yet where it is.
      send("retry: 2000\nid: " + from_.id_of(now - 1) + "\n\n");
      return now;
    }
    if (const auto heard = from_.parse_id(what_.after))
      return *heard + 1;
    return reset("the last event heard is not known here");
  }

  /// Where it goes on: what happened before must be read anew.
  std::uint64_t reset(const std::string& why) {
    const auto now = from_.next();
    send("event: reset\nid: " + from_.id_of(now - 1)
         + "\ndata: " + json{{"reason", why}}.dump() + "\n\n");
    return now;
  }

  std::uint64_t write(const event_feed::portion& x) {
    auto text = std::string{};
    for (const auto& each : x.entries)
      if (what_.run.nil() || each.run == what_.run)
        text.append(*each.text)
          .append("id: ")
          .append(from_.id_of(each.number))
          .append("\n\n");
    if (!text.empty())
      send(text);
    return x.next;
  }

  void send(const std::string& text) {
    to_.write(text);
    last_ = std::chrono::steady_clock::now();
  }

  const event_feed& from_;
  const feed_query& what_;
  const http_sink& to_;
  std::chrono::steady_clock::time_point last_
    = std::chrono::steady_clock::now();
};

} // namespace

void stream_feed(const event_feed& from, const feed_query& what,
                 const http_sink& to) {
  feed_writer{from, what, to}.run();
}

} // namespace stanchion

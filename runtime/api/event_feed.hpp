#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/http.hpp>
#include <stanchion/runtime/event_bus.hpp>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// The latest events of a bus, numbered, so that many can read them at their
/// own pace and go on where they were. Once the runtime stops it ends.
///
/// An id is `EPOCH-NUMBER`: numbers grow by one an event, epochs differ from
/// process to process. Keeps a bounded number of events: who falls further
/// behind is told so.
///
/// Threads: any. A publisher is never made to wait for a reader.
class event_feed {
public:
  /// Events kept unless told otherwise.
  static constexpr std::size_t usual_size = 10'000;

  /// `bus` must outlive it.
  explicit event_feed(event_bus& bus, std::size_t size = usual_size);
  event_feed(const event_feed&) = delete;
  event_feed& operator=(const event_feed&) = delete;
  ~event_feed();

  struct entry {
    std::uint64_t number = 0;
    run_id run;
    /// `event: …` and `data: …`, a line each.
    std::shared_ptr<const std::string> text;
  };

  /// What there is from a number on.
  struct portion {
    std::vector<entry> entries; ///< some hundred at most
    std::uint64_t next = 0;     ///< where to read on
    bool missed = false;        ///< some before `entries` are gone
    bool ended = false;         ///< and there will be no more
  };
  [[nodiscard]] portion read(std::uint64_t from) const;

  /// The number that the next event gets.
  [[nodiscard]] std::uint64_t next() const;
  [[nodiscard]] std::string id_of(std::uint64_t number) const;
  /// Nothing for an id of another process, of the future, or that is none.
  [[nodiscard]] std::optional<std::uint64_t>
  parse_id(std::string_view id) const;

  /// Waits a moment, or until the feed has ended.
  void pause() const;

private:
  void hear(const event& x);

  event_bus& bus_;
  std::size_t size_;
  std::string epoch_;
  mutable std::mutex mutex_;
  mutable std::condition_variable over_;
  std::deque<entry> kept_; // guarded by mutex_
  std::uint64_t next_ = 1; // guarded by mutex_
  bool ended_ = false;     // guarded by mutex_
  std::uint64_t subscription_;
};

/// What somebody wants to hear.
struct feed_query {
  /// The id of the last event heard; empty for those to come.
  std::string after;
  /// Only those about this run; nil for all.
  run_id run = {};
};

/// Writes events to a client for as long as it listens and the feed goes on: an
/// `event` of each kind under its name; `reset` instead of those that are gone;
/// a comment when nothing has happened for a while.
void stream_feed(const event_feed& from, const feed_query& what,
                 const http_sink& to);

} // namespace stanchion

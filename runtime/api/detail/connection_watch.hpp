#pragma once

#include <stanchion/core/time.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace stanchion::detail {

/// Hangs up on clients that take too long to send a request, or send too much.
///
/// The HTTP library bounds each single read, and not the headers of a request:
/// a byte every few seconds, or headers without end, would hold a worker and
/// memory for ever. It does not say which sockets are its own either, so that
/// they are found among those of the process, by the port they were accepted
/// at.
///
/// Threads: any; one of its own.
class connection_watch {
public:
  struct options {
    int port = 0;            ///< where connections are accepted
    duration patience = 30s; ///< for a whole request
    std::uint64_t bytes = 0; ///< most of a whole request
  };

  explicit connection_watch(const options& x);
  connection_watch(const connection_watch&) = delete;
  connection_watch& operator=(const connection_watch&) = delete;
  ~connection_watch();

  /// A connection was accepted, or has ended.
  void opened();
  void closed();

  /// The request from there has been read: it may take its time from now on.
  void arrived(const std::string& address, int port);

  /// Hangs up at once, from now on, on all whose request has not been read.
  void hurry();

private:
  using peer = std::pair<std::string, int>;
  using steady = std::chrono::steady_clock;

  void run();
  void look();
  void look_at(int fd, std::map<peer, steady::time_point>& seen);

  options options_;
  std::atomic<std::size_t> open_{0};
  std::map<peer, steady::time_point> since_; // of its thread only
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<peer, std::uint64_t>
    arrived_;               // guarded by mutex_; before which look
  std::uint64_t looks_ = 0; // guarded by mutex_
  bool over_ = false;       // guarded by mutex_
  std::atomic<bool> hurry_{false};
  std::thread thread_;
};

} // namespace stanchion::detail

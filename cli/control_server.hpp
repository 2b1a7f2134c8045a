#pragma once

#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/runtime/api/operations.hpp>

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace stanchion {

/// Answers other processes of the same user at a socket with the operator API
/// (`cli/routes.hpp`), for as long as it lives.
///
/// Errors:  the constructor throws `error{store_io}` when the socket cannot be
///          made.
/// Threads: a thread per connection; at most `most_connections`, more are told
///          to come back.
class control_server {
public:
  static constexpr std::size_t most_connections = 64;

  control_server(const std::filesystem::path& socket,
                 std::shared_ptr<operations> by);
  control_server(const control_server&) = delete;
  control_server& operator=(const control_server&) = delete;
  /// Hangs up and waits for what is being answered: stop the runtime first.
  ~control_server();

private:
  struct connection {
    explicit connection(stream_socket x) : socket(std::move(x)) {
      // nop
    }
    stream_socket socket;
    std::thread thread;
    bool done = false; // guarded by mutex_
  };

  void listen();
  void serve(connection& x);
  void forget_done();

  std::shared_ptr<operations> by_;
  listening_socket at_;
  std::mutex mutex_;
  std::list<connection> connections_; // changed by the listening thread only
  std::thread listener_;
};

} // namespace stanchion

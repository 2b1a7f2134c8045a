#include <stanchion/cli/control_server.hpp>
#include <stanchion/cli/http_message.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <system_error>
#include <utility>

namespace stanchion {

namespace {

constexpr auto patience = std::chrono::milliseconds{10'000};

listening_socket listen_at(const std::filesystem::path& path) try {
  return listening_socket{path};
} catch (const std::exception& e) {
  throw error{error_code::store_io,
              std::string{"commands of other processes cannot be answered: "}
                + e.what()};
}

/// The socket's mode says so already; a directory's may be changed.
bool may_ask(const stream_socket& x) {
  const auto user = x.peer_user();
  return user == 0 || user == ::geteuid();
}

/// The user who owns the directory may do anything, in anybody's name.
caller owner_of(const stream_socket& x) {
  return {.name = user_name(x.peer_user()), .as = role::admin, .owner = true};
}

void answer_one(stream_socket& x, const std::shared_ptr<operations>& by) {
  x.set_timeout(patience);
  if (!may_ask(x))
    return;
  try {
    if (const auto request = read_request(x))
      write_response(x, answer(*request, owner_of(x), by));
  } catch (const error& e) {
    write_response(x, problem(e));
  }
}

} // namespace

control_server::control_server(const std::filesystem::path& socket,
                               std::shared_ptr<operations> by)
  : by_(std::move(by)), at_(listen_at(socket)),
    listener_([this] { listen(); }) {
  // nop
}

control_server::~control_server() {
  at_.close();
  listener_.join();
  for (auto& x : connections_)
    x.socket.interrupt();
  for (auto& x : connections_)
    x.thread.join();
}

void control_server::listen() {
  while (auto socket = at_.accept()) {
    forget_done();
    if (connections_.size() >= most_connections)
      continue; // hangs up; the client says that nobody answers
    auto& x = connections_.emplace_back(std::move(*socket));
    x.thread = std::thread{[this, &x] { serve(x); }};
  }
}

void control_server::serve(connection& x) {
  try {
    answer_one(x.socket, by_);
  } catch (const std::exception&) {
    // Hung up, or too slow: there is nobody to tell.
  }
  x.socket.interrupt();
  const std::lock_guard guard{mutex_};
  x.done = true;
}

void control_server::forget_done() {
  for (auto x = connections_.begin(); x != connections_.end();) {
    {
      const std::lock_guard guard{mutex_};
      if (!x->done) {
        ++x;
        continue;
      }
    }
    x->thread.join();
    x = connections_.erase(x);
  }
}

} // namespace stanchion

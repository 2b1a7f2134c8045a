#include <stanchion/cli/control_client.hpp>
#include <stanchion/cli/remote_operations.hpp>
#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/core/error.hpp>

#include <cerrno>
#include <charconv>
#include <exception>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

constexpr auto line_limit = std::size_t{1} << 30U;

[[noreturn]] void nobody_answers(const std::string& why) {
  throw error{error_code::no_server,
              "the process that drives the runs does not answer any more: "
                + why};
}

/// One connection to the socket of a data directory for each request.
class socket_transport final : public api_transport {
public:
  explicit socket_transport(fs::path socket) : socket_(std::move(socket)) {
    // nop
  }

  reply ask(const char* method, const std::string& target,
            const std::string& body) override {
    auto socket = connect();
    send(socket, method, target, body);
    auto x = reply{.status = read_head(socket), .body = rest_of(socket)};
    if (x.body.empty())
      nobody_answers("it hung up");
    return x;
  }

  reply read_lines(const std::string& target,
                   const std::function<bool(std::string_view)>& on_line,
                   const std::function<bool()>& keep_going) override {
    constexpr auto moment = std::chrono::milliseconds{100};
    auto from = connect();
    send(from, "GET", target, {});
    auto x = reply{.status = read_head(from), .body = {}};
    if (x.status != 200) {
      x.body = rest_of(from);
      return x;
    }
    from.set_timeout(moment);
    for (;;) {
      const auto line = next_line(from);
      if (line ? !on_line(*line) : !keep_going())
        return x;
    }
  }

private:
  [[nodiscard]] stream_socket connect() const try {
    if (auto socket = connect_to(socket_))
      return std::move(*socket);
    nobody_answers("nobody listens at " + socket_.string());
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  static void send(const stream_socket& to, const char* method,
                   const std::string& target, const std::string& body) try {
    to.write(std::string{method} + " " + target
             + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               "Content-Type: application/json\r\nContent-Length: "
             + std::to_string(body.size()) + "\r\n\r\n" + body);
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  /// Returns the status.
  static int read_head(stream_socket& from) try {
    const auto first = from.read_line(line_limit);
    auto status = 0;
    constexpr auto before = std::string_view{"HTTP/1.1 "}.size();
    if (!first || first->size() < before + 3)
      nobody_answers("it hung up");
    std::from_chars(first->data() + before, first->data() + before + 3, status);
    while (const auto line = from.read_line(line_limit))
      if (line->empty())
        return status;
    nobody_answers("it hung up");
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  static std::string rest_of(stream_socket& from) try {
    return from.read(std::numeric_limits<std::size_t>::max());
  } catch (const std::system_error& e) {
    nobody_answers(e.what());
  }

  /// Nothing when nothing has come for a moment.
  static std::optional<std::string> next_line(stream_socket& from) try {
    auto line = from.read_line(line_limit);
    if (!line)
      nobody_answers("it hung up");
    return line;
  } catch (const std::system_error& e) {
    if (e.code().value() == EAGAIN || e.code().value() == EWOULDBLOCK)
      return std::nullopt;
    nobody_answers(e.what());
  }

  fs::path socket_;
};

/// A server of the network.
class network_transport final : public api_transport {
public:
  explicit network_transport(server_address where) : http_(std::move(where)) {
    // nop
  }

  reply ask(const char* method, const std::string& target,
            const std::string& body) override {
    auto x = std::string_view{method} == "GET" ? http_.get(target)
                                               : http_.post(target, body);
    return {.status = x.status, .body = std::move(x.body)};
  }

  reply read_lines(const std::string& target,
                   const std::function<bool(std::string_view)>& on_line,
                   const std::function<bool()>& keep_going) override {
    auto ahead = std::string{};
    auto wrong = std::exception_ptr{};
    const auto take = [&](std::string_view bytes) {
      ahead.append(bytes);
      for (auto end = ahead.find('\n'); end != std::string::npos;
           end = ahead.find('\n')) {
        const auto line = ahead.substr(0, end);
        ahead.erase(0, end + 1);
        if (!on_line(line))
          return false;
      }
      return true;
    };
    auto x = http_.stream(
      target,
      [&](std::string_view bytes) {
        try {
          return take(bytes);
        } catch (...) {
          wrong = std::current_exception(); // not through the library
          return false;
        }
      },
      keep_going);
    if (wrong)
      std::rethrow_exception(wrong);
    return {.status = x.status, .body = std::move(x.body)};
  }

private:
  http_client http_;
};

} // namespace

std::unique_ptr<operations> connect_to_server(server_address where) {
  return make_remote_operations(
    std::make_unique<network_transport>(std::move(where)));
}

std::unique_ptr<operations> connect_to_owner(const fs::path& socket) try {
  if (!connect_to(socket))
    return nullptr;
  return make_remote_operations(std::make_unique<socket_transport>(socket));
} catch (const std::system_error& e) {
  throw error{error_code::store_read_only,
              std::string{e.what()}
                + "; the socket belongs to the user who runs the owner"};
}

} // namespace stanchion

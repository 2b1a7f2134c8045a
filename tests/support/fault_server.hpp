#pragma once

#include <stanchion/actors/http/transfer.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace stanchion::test {

// What a server does while it answers, beside sending text.

/// Lets real time pass.
struct rest {
  std::chrono::milliseconds time;
};
/// Waits for `release`: the n-th one of an answer for the n-th call of it.
struct until_released {};
/// Closes the connection, as if all were said.
struct hang_up {};
/// Breaks the connection: whoever reads or writes gets "connection reset".
struct reset {};

using answer_step
  = std::variant<std::string, rest, until_released, hang_up, reset>;

/// What is answered to one request.
///
/// Several texts are sent as chunks, one as it is with its length. But where
/// `headers` have a `Content-Length` or a `Transfer-Encoding` the texts are
/// sent just so, and with status 0 there is no head at all: they are all of it.
struct scripted_answer {
  int status = 200;
  http_headers headers = {};
  std::vector<answer_step> pieces = {};
  /// What happens before the head.
  std::vector<answer_step> before = {};
};

/// What came to a server.
struct asked {
  std::string method;
  std::string target; ///< as it came
  http_headers headers;
  std::string body;
  std::size_t connection = 0; ///< which one it came by, counted from 1
};

/// An HTTP/1.1 server at a port of this machine that does what it is told, also
/// what no server should. Keeps connections open.
///
///     auto server = fault_server{};
///     server.answer({.status = 429, .headers = {{"Retry-After", "soon"}}});
///     server.answer({.pieces = {"data: 1\n\n", until_released{}, reset{}}});
///
/// Threads: any, and one of its own, for all connections.
class fault_server {
public:
  fault_server();
  fault_server(const fault_server&) = delete;
  fault_server& operator=(const fault_server&) = delete;
  ~fault_server();

  [[nodiscard]] std::string url(const std::string& target = "/") const;
  [[nodiscard]] int port() const;

  /// Answers the next request for which nothing is planned yet.
  void answer(scripted_answer x);
  /// Answers all for which nothing is planned. Default: 404.
  void otherwise(scripted_answer x);
  /// Lets all that wait for it go on.
  void release();

  /// What came, in that order.
  [[nodiscard]] std::vector<asked> requests() const;
  /// Waits until so many have come. Fails the test where they do not.
  [[nodiscard]] std::vector<asked> wait_for(std::size_t count) const;
  /// Connections that were made.
  [[nodiscard]] std::size_t connections() const;
  /// Of these, how many stand.
  [[nodiscard]] std::size_t open_connections() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

/// At least `size` times the letter x as gzip, which takes a hundredth of that.
[[nodiscard]] std::string gzip_bomb(std::size_t size);

} // namespace stanchion::test

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace stanchion {

/// Where a server is and how one shows who one is.
struct server_address {
  /// `http://HOST:PORT` or `https://HOST:PORT`, maybe with a path in front of
  /// all others.
  std::string url;
  std::string token; ///< empty: none
  /// Whom to believe, as PEM; empty for whom the system believes.
  std::filesystem::path ca;
  /// Sends the token without TLS to other machines, too.
  bool insecure_non_loopback = false;
};

struct http_answer {
  int status = 0;
  std::string body;
};

/// Asks an HTTP server.
///
/// Errors:  `error{no_server}` when it does not answer; the constructor throws
///          `error{usage}` for what is no URL, or would send a token in clear.
/// Threads: one at a time.
class http_client {
public:
  explicit http_client(server_address where);
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;
  ~http_client();

  [[nodiscard]] http_answer get(const std::string& target);
  [[nodiscard]] http_answer
  post(const std::string& target, const std::string& body,
       const std::map<std::string, std::string>& headers = {});

  /// Reads an answer bit by bit. `on_data` is called on this thread, and only
  /// for a status of 200; it and `keep_going`, which is asked several times a
  /// second, end the reading with false. The body of any other status is
  /// returned.
  [[nodiscard]] http_answer
  stream(const std::string& target,
         const std::function<bool(std::string_view)>& on_data,
         const std::function<bool()>& keep_going);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace stanchion

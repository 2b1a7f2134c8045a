#pragma once

#include <cstdint>
#include <functional>
#include <string>

/// What asks a server on this machine, as cheaply as it can be asked.
namespace stanchion::bench {

/// A connection to a port of this machine. Throws `std::system_error`.
class http_connection {
public:
  explicit http_connection(int port);
  http_connection(const http_connection&) = delete;
  http_connection& operator=(const http_connection&) = delete;
  http_connection(http_connection&& x) noexcept;
  http_connection& operator=(http_connection&&) = delete;
  ~http_connection();

  void send(const std::string& bytes) const;
  /// What has come, at least a byte; empty at the end.
  [[nodiscard]] std::string receive() const;
  [[nodiscard]] int descriptor() const {
    return fd_;
  }

private:
  int fd_;
};

/// A whole request for a server that hangs up once it has answered.
[[nodiscard]] std::string request_text(const std::string& line,
                                       const std::string& token,
                                       const std::string& body = {});

/// Sends a request on a connection of its own and returns all that comes back.
/// Throws `std::runtime_error` unless its status is `status`.
std::string exchange(int port, const std::string& request, int status);

/// Requests a second that `clients` get answered with `status`, each waiting
/// for one answer before it asks again; `n` in all.
[[nodiscard]] double
request_rate(int port, std::uint64_t n, std::uint64_t clients, int status,
             const std::function<std::string(std::uint64_t)>& request);

} // namespace stanchion::bench

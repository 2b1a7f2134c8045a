#include "bench/http_load.hpp"

#include "bench/harness.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace stanchion::bench {

namespace {

[[noreturn]] void refuse(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

http_connection::http_connection(int port)
  : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto at = sockaddr_in{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    refuse("connect");
}

http_connection::http_connection(http_connection&& x) noexcept
  : fd_{std::exchange(x.fd_, -1)} {
  // nop
}

http_connection::~http_connection() {
  if (fd_ >= 0)
    ::close(fd_);
}

void http_connection::send(const std::string& bytes) const {
  for (auto rest = std::string_view{bytes}; !rest.empty();) {
    const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      refuse("send");
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string http_connection::receive() const {
  auto bytes = std::array<char, 65'536>{};
  const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count < 0)
    refuse("recv");
  return {bytes.data(), static_cast<std::size_t>(count)};
}

std::string request_text(const std::string& line, const std::string& token,
                         const std::string& body) {
  auto text = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
              + "Authorization: Bearer " + token + "\r\n";
  if (!body.empty())
    text += "Content-Type: application/json\r\nContent-Length: "
            + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

std::string exchange(int port, const std::string& request, int status) {
  const auto to = http_connection{port};
  to.send(request);
  auto answer = std::string{};
  for (auto more = to.receive(); !more.empty(); more = to.receive())
    answer += more;
  if (!answer.starts_with("HTTP/1.1 " + std::to_string(status) + " "))
    throw std::runtime_error{"an answer begins with "
                             + answer.substr(0, answer.find('\r'))};
  return answer;
}

double request_rate(int port, std::uint64_t n, std::uint64_t clients,
                    int status,
                    const std::function<std::string(std::uint64_t)>& request) {
  auto next = std::atomic<std::uint64_t>{0};
  auto mutex = std::mutex{};
  auto trouble = std::exception_ptr{}; // guarded by mutex
  const auto ask = [&] {
    try {
      for (auto i = next++; i < n; i = next++)
        exchange(port, request(i), status);
    } catch (...) {
      const auto guard = std::lock_guard{mutex};
      trouble = std::current_exception();
    }
  };
  const auto begin = clock::now();
  auto threads = std::vector<std::jthread>{};
  for (auto i = std::uint64_t{0}; i < clients; ++i)
    threads.emplace_back(ask);
  threads.clear();
  const auto seconds = seconds_since(begin);
  if (trouble)
    std::rethrow_exception(trouble);
  return static_cast<double>(n) / seconds;
}

} // namespace stanchion::bench

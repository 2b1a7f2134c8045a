#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion {

/// A connected socket of the operating system; closed with the object.
///
/// Errors:  `std::system_error`; also when the other side takes too long.
/// Threads: one reads and writes; `interrupt` from any, while the object lives.
class stream_socket {
public:
  /// Takes over a descriptor.
  explicit stream_socket(int fd) : fd_{fd} {
    // nop
  }
  stream_socket(stream_socket&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, ahead_{std::move(other.ahead_)} {
    // nop
  }
  stream_socket& operator=(stream_socket&&) = delete;
  ~stream_socket();

  /// How long one read or write may take.
  void set_timeout(std::chrono::milliseconds x) const;

  /// The next line without its end; nothing at the end of the stream. Throws
  /// `std::length_error` beyond `limit` bytes.
  [[nodiscard]] std::optional<std::string> read_line(std::size_t limit);
  /// Up to `count` bytes; fewer at the end of the stream.
  [[nodiscard]] std::string read(std::size_t count);
  /// Sends all of `bytes`.
  void write(std::string_view bytes) const;

  /// Whether the other side is gone.
  [[nodiscard]] bool hung_up() const;

  /// The user at the other end.
  [[nodiscard]] unsigned peer_user() const;

  /// Makes reads and writes end.
  void interrupt() const;

  [[nodiscard]] int fd() const {
    return fd_;
  }

private:
  [[nodiscard]] bool fill();

  int fd_;
  std::string ahead_; // read, but not asked for yet
};

/// Connects to the socket at `path`; nothing when nobody listens there.
/// Throws `std::system_error` for any other trouble, such as missing
/// permission.
[[nodiscard]] std::optional<stream_socket>
connect_to(const std::filesystem::path& path);

/// A socket that listens at a path, which it makes, mode 0600, and removes. A
/// socket file that is there already is replaced.
///
/// Errors: `std::system_error`.
class listening_socket {
public:
  explicit listening_socket(std::filesystem::path path);
  listening_socket(const listening_socket&) = delete;
  listening_socket& operator=(const listening_socket&) = delete;
  ~listening_socket();

  /// The next connection; nothing after `close`.
  [[nodiscard]] std::optional<stream_socket> accept() const;

  /// Lets `accept` return, now and later. Any thread.
  void close() const;

private:
  std::filesystem::path path_;
  int fd_;
  int wake_; // becomes readable when closed
};

} // namespace stanchion

#pragma once

#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What is asked of HTTP servers, and what comes of it. Plain data.
///
/// Threads: values.
namespace stanchion {

/// In the order in which they are sent or came; names of answers in lower case.
using http_headers = std::vector<std::pair<std::string, std::string>>;

/// The value of the first one of that name (in any case); nothing if there is
/// none.
[[nodiscard]] std::optional<std::string_view>
find_header(const http_headers& from, std::string_view name);

struct transfer_request {
  std::string method = "GET";
  /// `http://…` or `https://…`; other schemes are refused.
  std::string url;
  http_headers headers = {};
  std::string body = {};
  /// Bytes of an answer's body after decompression; a longer one fails.
  /// Default 16 MiB.
  std::size_t most = std::size_t{16} << 20;
  /// Time until a connection stands, names resolved and TLS agreed. Positive.
  duration connect_timeout = 10s;
  /// Time of all of it. Positive; nothing for no limit. Counted in
  /// milliseconds, as is `connect_timeout`.
  std::optional<duration> timeout = {};
  /// Time that may pass without a byte of the answer, once the request can be
  /// sent; its body going out counts as well. Positive; nothing for no limit.
  std::optional<duration> idle_timeout = {};
  /// Whom to believe, as PEM, beside whom the system's folder of certificates
  /// (Debian: /etc/ssl/certs) says; empty for nobody else.
  std::filesystem::path ca = {};
  /// Asked with each numeric address before it is connected to, and before the
  /// request goes over a connection that stands, on the loop's thread; false
  /// refuses it. Of a proxy it sees the address of the proxy alone. Null: all
  /// may be.
  std::function<bool(std::string_view address)> may_connect = {};
  /// Whether the proxies of the environment (`https_proxy`, `no_proxy` …) are
  /// used.
  bool use_proxies = true;
};

/// The whole answer. Redirects are answers like any other.
struct transfer_response {
  int status = 0;
  http_headers headers;
  std::string body; ///< empty where a listener took it bit by bit
};

/// Why there was no whole answer.
enum class transfer_failure : std::uint8_t {
  unreachable, ///< no name, no connection, no TLS: nothing was sent
  refused,     ///< the URL or the address is not allowed: nothing was sent
  broken,      ///< it was sent, and the connection ended before the answer did
  timeout,     ///< it was sent, and the time passed
  too_large,   ///< the answer is longer than `most`
  malformed,   ///< the answer is no HTTP, or its encoding is broken
  cancelled,   ///< nobody wanted it any more
};

[[nodiscard]] std::string_view to_string(transfer_failure x);

struct transfer_error {
  transfer_failure why = transfer_failure::broken;
  /// For people; holds neither headers nor bodies nor what a URL has as
  /// password or query.
  std::string message;
  /// Whether bytes of the request may have reached the server.
  bool sent = false;
  /// What had come of the answer: its head, if there was one.
  std::optional<transfer_response> head = {};
};

using transfer_result = std::variant<transfer_response, transfer_error>;

} // namespace stanchion

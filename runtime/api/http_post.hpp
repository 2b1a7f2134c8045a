#pragma once

#include <stanchion/core/time.hpp>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace stanchion {

/// A JSON document for somebody else's server.
struct http_post {
  std::string url; ///< `http://` or `https://`
  std::map<std::string, std::string> headers;
  std::string body;
  std::filesystem::path ca; ///< whom to believe, as PEM; empty: the system
  duration timeout = 10s;   ///< from the connection to the end of the answer
};

/// Its status, or why there is none.
struct http_posted {
  int status = 0;
  std::string retry_after; ///< the header
  std::string problem;     ///< names neither URL nor headers
};

/// Sends it and waits. Follows no redirect; reads at most 64 KiB of the answer
/// and keeps none of it. `cancelled` is asked several times a second, on
/// another thread, and ends it with true.
///
/// Errors:  none but `error{usage}` for what is no URL.
/// Threads: any.
[[nodiscard]] http_posted send(const http_post& x,
                               const std::function<bool()>& cancelled);

} // namespace stanchion

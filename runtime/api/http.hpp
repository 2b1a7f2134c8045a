#pragma once

#include <stanchion/core/ascii.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Requests and answers of the operator API, whatever carries them.
///
/// Threads: values.
namespace stanchion {

struct http_request {
  std::string method;
  /// The parts of the path, decoded: `{"v1", "runs"}`.
  std::vector<std::string> path;
  std::map<std::string, std::string> query;   ///< decoded
  std::map<std::string, std::string> headers; ///< names in lower case
  std::string body;
  /// Names of headers, in lower case, that came more than once.
  std::set<std::string> repeated;
  /// Whose address it came from; empty where there is none.
  std::string remote;

  /// A header's content; empty when there is none.
  [[nodiscard]] std::string header(const std::string& name) const;
  /// A query's content; empty when there is none.
  [[nodiscard]] std::string parameter(const std::string& name) const;
};

/// Where an answer goes that is written bit by bit.
struct http_sink {
  std::function<void(std::string_view)> write; ///< throws when nobody listens
  std::function<bool()> alive;                 ///< whether somebody listens
};

struct http_response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  /// Beside `Content-Type` and what the connection needs.
  std::map<std::string, std::string> headers = {};
  /// Set for an answer that is written bit by bit, instead of `body`. Returning
  /// ends it.
  std::function<void(const http_sink&)> stream = {};
};

/// `text` without blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text,
                                                  char at);

/// `text` as one part of a path or query.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// Nothing when a `%` is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// The parts of a request's target. Nothing when it is malformed.
struct http_target {
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};
[[nodiscard]] std::optional<http_target> parse_target(std::string_view text);

} // namespace stanchion

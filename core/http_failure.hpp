#pragma once

#include <stanchion/core/failure.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace stanchion {

/// What an answer with an HTTP error status means for a call.
///
///   status       | kind              | side effect
///   -------------+-------------------+------------
///   401          | auth              | none
///   402          | budget_exhausted  | none
///   403          | permission_denied | none
///   404, 410     | not_found         | none
///   408          | timeout           | unknown
///   409          | conflict          | unknown
///   425, 529     | overloaded        | none
///   429          | rate_limited      | none
///   other 4xx    | http_4xx          | none
///   other 5xx    | http_5xx          | unknown
///   anything else| internal          | unknown
///
/// `message` is for people, `code` the provider's own word, `retry_after` what
/// its header of that name asks for; negative is taken for zero. To be thrown:
/// `throw tool_error{http_failure(503, "…")}`.
///
/// Source: RFC 9110 section 15, RFC 6585 (429), RFC 8470 (425); 529 is what
/// Anthropic and others send when they shed load.
[[nodiscard]] failure
http_failure(std::uint16_t status, std::string message, std::string code = {},
             std::optional<duration> retry_after = std::nullopt);

} // namespace stanchion

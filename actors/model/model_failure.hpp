#pragma once

#include <stanchion/actors/http/transfer.hpp>
#include <stanchion/actors/model/provider.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// What is wrong when a model does not answer. Pure functions; threads: any.
namespace stanchion {

using nlohmann::json;

/// An error in a provider's own words.
struct provider_error {
  /// Of HTTP, or what stands in the error itself; 0 for neither.
  std::uint16_t status = 0;
  std::string code;
  std::string type;
  std::string message;
  /// What `x-should-retry` says.
  std::optional<bool> should_retry = {};
  /// What `retry-after` says, or else the headers with limits.
  std::optional<duration> retry_after = {};
};

/// The error in the body of an answer, or in an event of a stream; nothing if
/// there is none. Takes the forms of OpenAI, Anthropic, vLLM, llama.cpp and
/// Ollama.
[[nodiscard]] std::optional<provider_error> provider_error_in(const json& body);
/// The error that an answer is, if only by its status.
[[nodiscard]] provider_error provider_error_of(const transfer_response& from,
                                               instant now);

/// What that means, by the first of these that knows it:
///
///   1. the code, and then the type
///   2. for a 400, a few words of the message; what they stand for is final, so
///      that nothing is ever repeated for the sake of a message
///   3. the status; 503 is `overloaded`, 504 is `timeout`, 413 has the code
///      `context_overflow`, all others are as in `http_failure`
///
/// A type that says no more than its status (`invalid_request_error`,
/// `api_error`, `server_error`) counts only where there is no such status. An
/// error in an answer that began well, and that nobody knows, is `http_5xx`.
/// `x-should-retry: false` makes a final one of what would be tried again
/// (`http_4xx`); `true` makes an `http_5xx` of what is final by its type or
/// status alone. A request that is too long is `invalid_input` with the code
/// `context_overflow`, whoever says so in which words.
[[nodiscard]] failure model_failure(const provider_error& x);

/// Why an answer that ended well is none, by the provider's word for why the
/// model stopped. Nothing if it is one. `said` is what a model says when it
/// refuses, `limit` how many tokens it had.
///
///   stop, tool_calls …        | -
///   length, max_tokens …      | truncated
///   content_filter, refusal … | refused
///   model_context_window_…    | invalid_input, code context_overflow
///   pause_turn                | truncated: tools of the provider's own
///   anything else             | malformed_output
[[nodiscard]] std::optional<failure>
stop_failure(std::string_view finish, std::string_view said,
             std::optional<std::uint32_t> limit);

/// What it means that no whole answer came; `begun` if some of it did. What an
/// answer's head says with an error status counts, even if its body broke off.
///
///   unreachable     | network, not started
///   refused         | invalid_input, not started
///   broken          | network; begun: truncated, code interrupted
///   timeout         | timeout
///   too_large       | malformed_output
///   malformed       | malformed_output
///   cancelled       | cancelled
[[nodiscard]] failure model_failure(const transfer_error& x,
                                    const model_endpoint& where, bool begun,
                                    instant now);

/// A stream that ended before the answer did.
[[nodiscard]] failure interrupted(bool begun);

/// `x` without the endpoint's key and what its headers hold as credentials,
/// where they are long enough to be told from other words.
[[nodiscard]] provider_error without_key(provider_error x,
                                         const model_endpoint& where);

} // namespace stanchion

#pragma once

#include <stanchion/core/error.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace stanchion {

/// What a command says to the shell. The numbers are a contract.
enum class exit_code : int {
  ok = 0,
  failed = 1,
  usage = 2,
  unauthorized = 3,
  not_found = 4,
  conflict = 5, ///< or decided already
  partly_failed = 6,
  waits_for_person = 7,
  timed_out = 124,
  interrupted = 130,
};

[[nodiscard]] exit_code exit_code_of(error_code x);

/// What a command about several things says: what they all said, or
/// `partly_failed` when some went well, or `failed`. `ok` for none.
[[nodiscard]] exit_code combined(const std::vector<exit_code>& xs);

/// The status of an HTTP answer.
[[nodiscard]] int http_status_of(error_code x);

/// The code with the stable text `text`, such as `E-RUN-002`.
[[nodiscard]] std::optional<error_code> parse_error_code(std::string_view text);

/// What an error says without its code in front.
[[nodiscard]] std::string_view detail_of(const error& x);

} // namespace stanchion

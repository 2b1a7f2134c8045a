#pragma once

#include <stanchion/core/error.hpp>

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

} // namespace stanchion

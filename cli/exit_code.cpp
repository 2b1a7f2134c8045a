#include <stanchion/cli/exit_code.hpp>

#include <algorithm>

namespace stanchion {

exit_code exit_code_of(error_code x) {
  switch (x) {
  case error_code::usage:
  case error_code::invalid_json:
  case error_code::input_too_large:
  case error_code::bad_decision:
  case error_code::bad_request:
    return exit_code::usage;
  case error_code::unknown_agent:
  case error_code::unknown_run:
  case error_code::unknown_ticket:
  case error_code::unknown_tool:
  case error_code::unknown_token:
    return exit_code::not_found;
  case error_code::run_conflict:
  case error_code::ticket_conflict:
  case error_code::idempotency_mismatch:
  case error_code::store_in_use:
  case error_code::token_conflict:
  case error_code::stale:
    return exit_code::conflict;
  case error_code::unauthorized:
  case error_code::forbidden:
    return exit_code::unauthorized;
  default:
    return exit_code::failed;
  }
}

exit_code combined(const std::vector<exit_code>& xs) {
  if (xs.empty())
    return exit_code::ok;
  const auto same = std::all_of(xs.begin(), xs.end(),
                                [&xs](exit_code x) { return x == xs.front(); });
  if (same)
    return xs.front();
  const auto some_ok
    = std::find(xs.begin(), xs.end(), exit_code::ok) != xs.end();
  return some_ok ? exit_code::partly_failed : exit_code::failed;
}

} // namespace stanchion

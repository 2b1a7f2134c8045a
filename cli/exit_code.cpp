#include <stanchion/cli/exit_code.hpp>

#include <algorithm>

namespace stanchion {

exit_code exit_code_of(error_code x) {
  switch (x) {
  case error_code::usage:
  case error_code::invalid_json:
  case error_code::input_too_large:
  case error_code::bad_decision:
    return exit_code::usage;
  case error_code::unknown_agent:
  case error_code::unknown_run:
  case error_code::unknown_ticket:
    return exit_code::not_found;
  case error_code::run_conflict:
  case error_code::ticket_conflict:
  case error_code::idempotency_mismatch:
  case error_code::store_in_use:
    return exit_code::conflict;
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

int http_status_of(error_code x) {
  switch (x) {
  case error_code::usage:
  case error_code::invalid_json:
    return 400;
  case error_code::unknown_agent:
  case error_code::unknown_run:
  case error_code::unknown_ticket:
    return 404;
  case error_code::run_conflict:
  case error_code::ticket_conflict:
  case error_code::idempotency_mismatch:
    return 409;
  case error_code::input_too_large:
    return 413;
  case error_code::bad_decision:
    return 422;
  case error_code::not_running:
  case error_code::store_in_use:
  case error_code::store_read_only:
    return 503;
  case error_code::store_full:
    return 507;
  default:
    return 500;
  }
}

std::optional<error_code> parse_error_code(std::string_view text) {
  for (auto i = 1; i <= static_cast<int>(error_code::idempotency_mismatch); ++i)
    if (to_string(static_cast<error_code>(i)) == text)
      return static_cast<error_code>(i);
  return std::nullopt;
}

std::string_view detail_of(const error& x) {
  auto text = std::string_view{x.what()};
  text.remove_prefix(to_string(x.code()).size() + 2); // "CODE: "
  return text;
}

} // namespace stanchion

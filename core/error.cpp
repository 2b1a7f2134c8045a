#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/error.hpp>

namespace stanchion {

std::string_view to_string(error_code code) {
  switch (code) {
  case error_code::usage:
    return "E-USAGE-001";
  case error_code::invalid_json:
    return "E-INPUT-001";
  case error_code::invalid_spec:
    return "E-SPEC-001";
  case error_code::unknown_agent:
    return "E-RUN-001";
  case error_code::unknown_run:
    return "E-RUN-002";
  case error_code::run_conflict:
    return "E-RUN-003";
  case error_code::unknown_ticket:
    return "E-TICKET-001";
  case error_code::ticket_conflict:
    return "E-TICKET-002";
  case error_code::bad_decision:
    return "E-TICKET-003";
  case error_code::store_in_use:
    return "E-STORE-001";
  case error_code::store_read_only:
    return "E-STORE-002";
  case error_code::store_full:
    return "E-STORE-003";
  case error_code::store_newer:
    return "E-STORE-004";
  case error_code::store_damaged:
    return "E-STORE-005";
  case error_code::store_io:
    return "E-STORE-006";
  case error_code::not_running:
    return "E-RUNTIME-001";
  case error_code::no_server:
    return "E-RUNTIME-002";
  case error_code::input_too_large:
    return "E-INPUT-002";
  case error_code::idempotency_mismatch:
    return "E-RUN-004";
  case error_code::unauthorized:
    return "E-AUTH-001";
  case error_code::forbidden:
    return "E-AUTH-002";
  case error_code::token_conflict:
    return "E-AUTH-003";
  case error_code::unknown_token:
    return "E-AUTH-004";
  case error_code::unknown_tool:
    return "E-TOOL-001";
  case error_code::bad_request:
    return "E-API-001";
  case error_code::stale:
    return "E-API-002";
  case error_code::too_busy:
    return "E-API-003";
  }
  return detail::no_name;
}

std::optional<error_code> parse_error_code(std::string_view text) {
  for (auto i = 1;; ++i) {
    const auto name = to_string(static_cast<error_code>(i));
    if (name == text)
      return static_cast<error_code>(i);
    if (name == detail::no_name)
      return std::nullopt;
  }
}

error::error(error_code code, const std::string& message)
  : std::runtime_error(std::string{to_string(code)} + ": " + message),
    code_(code) {
  // nop
}

std::string_view detail_of(const error& x) {
  auto text = std::string_view{x.what()};
  text.remove_prefix(to_string(x.code()).size() + 2); // "CODE: "
  return text;
}

} // namespace stanchion

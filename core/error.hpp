#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stanchion {

/// Stable code of an error that a person can act on; printed as `E-STORE-003`
/// and the like. Append only.
enum class error_code {
  usage = 1,            ///< E-USAGE-001: the words of a command are off
  invalid_json = 2,     ///< E-INPUT-001: not JSON, or beyond its bounds
  invalid_spec = 3,     ///< E-SPEC-001: a tool, agent or supervisor spec
  unknown_agent = 4,    ///< E-RUN-001
  unknown_run = 5,      ///< E-RUN-002
  run_conflict = 6,     ///< E-RUN-003: the run's state forbids it
  unknown_ticket = 7,   ///< E-TICKET-001
  ticket_conflict = 8,  ///< E-TICKET-002: decided already, or changed
  bad_decision = 9,     ///< E-TICKET-003: verb or payload does not fit
  store_in_use = 10,    ///< E-STORE-001: another process owns the directory
  store_read_only = 11, ///< E-STORE-002: no permission to write
  store_full = 12,      ///< E-STORE-003: no space left
  store_newer = 13,     ///< E-STORE-004: a newer format than this program's
  store_damaged = 14,   ///< E-STORE-005: a checksum or sequence is wrong
  store_io = 15,        ///< E-STORE-006: the operating system said no
  not_running = 16,     ///< E-RUNTIME-001: the runtime is stopped
  no_server = 17,       ///< E-RUNTIME-002: nobody answers at the socket
  input_too_large = 18, ///< E-INPUT-002
  idempotency_mismatch = 19, ///< E-RUN-004: same key, other request
  unauthorized = 20,         ///< E-AUTH-001: no token, or none that is valid
  forbidden = 21,      ///< E-AUTH-002: not from there, or not in that role
  token_conflict = 22, ///< E-AUTH-003: there is a token of that name
  unknown_token = 23,  ///< E-AUTH-004
  unknown_tool = 24,   ///< E-TOOL-001
  bad_request = 25,    ///< E-API-001: not what the operator API takes
  stale = 26,          ///< E-API-002: it has changed since it was looked at
  too_busy = 27,       ///< E-API-003: come back later
};

/// The stable text of a code, such as `E-STORE-001`.
[[nodiscard]] std::string_view to_string(error_code code);

/// The code with the stable text `text`, such as `E-RUN-002`.
[[nodiscard]] std::optional<error_code> parse_error_code(std::string_view text);

/// Thrown where a person's or a program's request cannot be met. The message
/// says what, why, and what to do; state is as it was.
class error : public std::runtime_error {
public:
  error(error_code code, const std::string& message);

  [[nodiscard]] error_code code() const noexcept {
    return code_;
  }

private:
  error_code code_;
};

/// What an error says without its code in front.
[[nodiscard]] std::string_view detail_of(const error& x);

} // namespace stanchion

#include "support/catch.hpp"

#include <stanchion/cli/exit_code.hpp>
#include <stanchion/runtime/api/problem.hpp>

using namespace stanchion;

TEST_CASE("every error has an exit code and a status", "[cli]") {
  const auto [error, code, status]
    = GENERATE(table<error_code, exit_code, int>({
      {error_code::usage, exit_code::usage, 400},
      {error_code::invalid_json, exit_code::usage, 400},
      {error_code::input_too_large, exit_code::usage, 413},
      {error_code::bad_decision, exit_code::usage, 422},
      {error_code::unknown_agent, exit_code::not_found, 404},
      {error_code::unknown_run, exit_code::not_found, 404},
      {error_code::unknown_ticket, exit_code::not_found, 404},
      {error_code::run_conflict, exit_code::conflict, 409},
      {error_code::ticket_conflict, exit_code::conflict, 409},
      {error_code::idempotency_mismatch, exit_code::conflict, 409},
      {error_code::store_in_use, exit_code::conflict, 503},
      {error_code::store_read_only, exit_code::failed, 503},
      {error_code::store_full, exit_code::failed, 507},
      {error_code::store_newer, exit_code::failed, 500},
      {error_code::store_damaged, exit_code::failed, 500},
      {error_code::store_io, exit_code::failed, 500},
      {error_code::invalid_spec, exit_code::failed, 500},
      {error_code::not_running, exit_code::failed, 503},
      {error_code::no_server, exit_code::failed, 500},
      {error_code::unauthorized, exit_code::unauthorized, 401},
      {error_code::forbidden, exit_code::unauthorized, 403},
      {error_code::token_conflict, exit_code::conflict, 409},
      {error_code::unknown_token, exit_code::not_found, 404},
      {error_code::unknown_tool, exit_code::not_found, 404},
      {error_code::bad_request, exit_code::usage, 400},
      {error_code::stale, exit_code::conflict, 412},
      {error_code::too_busy, exit_code::failed, 503},
    }));
  CHECK(exit_code_of(error) == code);
  CHECK(http_status_of(error) == status);
  CHECK(parse_error_code(to_string(error)) == error);
}

TEST_CASE("several outcomes make one", "[cli]") {
  using codes = std::vector<exit_code>;
  const auto [all, one] = GENERATE(table<codes, exit_code>({
    {codes{}, exit_code::ok},
    {{exit_code::ok, exit_code::ok}, exit_code::ok},
    {{exit_code::conflict, exit_code::conflict}, exit_code::conflict},
    {{exit_code::ok, exit_code::not_found}, exit_code::partly_failed},
    {{exit_code::conflict, exit_code::not_found}, exit_code::failed},
  }));
  CHECK(combined(all) == one);
}

TEST_CASE("an error is split into its code and the rest", "[cli]") {
  CHECK(detail_of(error{error_code::unknown_run, "no such run"})
        == "no such run");
  CHECK_FALSE(parse_error_code("E-NONE-001"));
}

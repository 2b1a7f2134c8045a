#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/api/problem.hpp>

#include <nlohmann/json.hpp>

namespace stanchion {

using nlohmann::json;

int http_status_of(error_code x) {
  switch (x) {
  case error_code::usage:
  case error_code::invalid_json:
  case error_code::bad_request:
    return 400;
  case error_code::unauthorized:
    return 401;
  case error_code::forbidden:
    return 403;
  case error_code::unknown_agent:
  case error_code::unknown_run:
  case error_code::unknown_ticket:
  case error_code::unknown_tool:
  case error_code::unknown_token:
    return 404;
  case error_code::run_conflict:
  case error_code::ticket_conflict:
  case error_code::idempotency_mismatch:
  case error_code::token_conflict:
    return 409;
  case error_code::stale:
    return 412;
  case error_code::input_too_large:
    return 413;
  case error_code::bad_decision:
    return 422;
  case error_code::not_running:
  case error_code::too_busy:
  case error_code::store_in_use:
  case error_code::store_read_only:
    return 503;
  case error_code::store_full:
    return 507;
  default:
    return 500;
  }
}

json problem_document(error_code code, std::string_view detail) {
  return {{"type", "urn:stanchion:" + std::string{to_string(code)}},
          {"title", to_string(code)},
          {"status", http_status_of(code)},
          {"code", to_string(code)},
          {"detail", detail}};
}

http_response problem(error_code code, std::string_view detail, int status) {
  auto doc = problem_document(code, detail);
  if (status != 0)
    doc["status"] = status;
  return {.status = doc["status"].get<int>(),
          .type = "application/problem+json",
          .body = json_text(doc)};
}

http_response problem(const error& x) {
  return problem(x.code(), detail_of(x));
}

} // namespace stanchion

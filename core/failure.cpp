#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/failure.hpp>

#include <utility>

namespace stanchion {

namespace {

/// One line stays one line, whatever a service puts into its messages.
void append_line(std::string& to, std::string_view text) {
  for (const char c : text)
    to += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
}

void append_one(std::string& to, const failure& x) {
  to += to_string(x.kind);
  to += " (side effect ";
  to += to_string(x.effect);
  to += ')';
  if (x.attempts > 0) {
    to += " after " + std::to_string(x.attempts);
    to += x.attempts == 1 ? " attempt" : " attempts";
  }
  if (x.status != 0)
    to += " [HTTP " + std::to_string(x.status) + ']';
  if (!x.code.empty()) {
    to += " [";
    append_line(to, x.code);
    to += ']';
  }
  if (!x.message.empty()) {
    to += ": ";
    append_line(to, x.message);
  }
  if (x.retry_after)
    to += "; retry after " + to_text(*x.retry_after);
}

} // namespace

failure_category category_of(failure_kind kind) {
  switch (kind) {
  case failure_kind::timeout:
  case failure_kind::http_4xx:
  case failure_kind::http_5xx:
  case failure_kind::rate_limited:
  case failure_kind::overloaded:
  case failure_kind::auth:
  case failure_kind::network:
  case failure_kind::schema_violation:
  case failure_kind::crashed:
  case failure_kind::circuit_open:
  case failure_kind::bulkhead_full:
  case failure_kind::conflict:
    return failure_category::tool;
  case failure_kind::malformed_output:
  case failure_kind::empty_output:
  case failure_kind::truncated:
  case failure_kind::refused:
  case failure_kind::unknown_tool:
  case failure_kind::bad_arguments:
    return failure_category::model;
  case failure_kind::permission_denied:
  case failure_kind::invalid_input:
  case failure_kind::not_found:
    return failure_category::user_data;
  case failure_kind::budget_exhausted:
  case failure_kind::loop_detected:
  case failure_kind::step_limit:
  case failure_kind::deadline_exceeded:
  case failure_kind::cancelled:
  case failure_kind::nondeterminism:
  case failure_kind::internal:
    break;
  }
  return failure_category::workflow;
}

std::string_view to_string(failure_category x) {
  switch (x) {
  case failure_category::tool:
    return "tool";
  case failure_category::model:
    return "model";
  case failure_category::workflow:
    return "workflow";
  case failure_category::user_data:
    return "user_data";
  }
  return detail::no_name;
}

std::string_view to_string(failure_kind x) {
  switch (x) {
  case failure_kind::timeout:
    return "timeout";
  case failure_kind::http_4xx:
    return "http_4xx";
  case failure_kind::http_5xx:
    return "http_5xx";
  case failure_kind::rate_limited:
    return "rate_limited";
  case failure_kind::overloaded:
    return "overloaded";
  case failure_kind::auth:
    return "auth";
  case failure_kind::network:
    return "network";
  case failure_kind::budget_exhausted:
    return "budget_exhausted";
  case failure_kind::schema_violation:
    return "schema_violation";
  case failure_kind::malformed_output:
    return "malformed_output";
  case failure_kind::empty_output:
    return "empty_output";
  case failure_kind::truncated:
    return "truncated";
  case failure_kind::refused:
    return "refused";
  case failure_kind::unknown_tool:
    return "unknown_tool";
  case failure_kind::bad_arguments:
    return "bad_arguments";
  case failure_kind::loop_detected:
    return "loop_detected";
  case failure_kind::step_limit:
    return "step_limit";
  case failure_kind::deadline_exceeded:
    return "deadline_exceeded";
  case failure_kind::crashed:
    return "crashed";
  case failure_kind::circuit_open:
    return "circuit_open";
  case failure_kind::bulkhead_full:
    return "bulkhead_full";
  case failure_kind::cancelled:
    return "cancelled";
  case failure_kind::permission_denied:
    return "permission_denied";
  case failure_kind::invalid_input:
    return "invalid_input";
  case failure_kind::not_found:
    return "not_found";
  case failure_kind::conflict:
    return "conflict";
  case failure_kind::nondeterminism:
    return "nondeterminism";
  case failure_kind::internal:
    return "internal";
  }
  return detail::no_name;
}

std::string_view to_string(side_effect x) {
  switch (x) {
  case side_effect::not_started:
    return "not_started";
  case side_effect::none:
    return "none";
  case side_effect::unknown:
    return "unknown";
  }
  return detail::no_name;
}

std::optional<failure_kind> parse_failure_kind(std::string_view text) {
  return detail::parse_name(text, failure_kind::internal);
}

std::optional<side_effect> parse_side_effect(std::string_view text) {
  return detail::parse_name(text, side_effect::unknown);
}

std::string to_string(const failure& x) {
  std::string text;
  append_one(text, x);
  for (const auto* cause = x.cause.get(); cause != nullptr;
       cause = cause->cause.get()) {
    text += "; caused by ";
    append_one(text, *cause);
  }
  return text;
}

step_error::step_error(failure why)
  : why_(std::make_shared<const failure>(std::move(why))),
    text_(std::make_shared<const std::string>(to_string(*why_))) {
  // nop
}

const char* step_error::what() const noexcept {
  return text_->c_str();
}

tool_error::tool_error(failure_kind kind, side_effect effect,
                       std::string message)
  : tool_error(
      failure{.kind = kind, .effect = effect, .message = std::move(message)}) {
  // nop
}

tool_error::tool_error(failure why)
  : why_(std::make_shared<const failure>(std::move(why))) {
  // nop
}

const char* tool_error::what() const noexcept {
  return why_->message.c_str();
}

} // namespace stanchion

#include <stanchion/actors/telemetry/log_line.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>

namespace stanchion {

namespace {

using line = nlohmann::ordered_json;

/// Whether `subject` is the tool: a guard's word, or a tool's own.
bool is_about_tool(event_kind kind, const json& fields) {
  switch (kind) {
  case event_kind::breaker_opened:
  case event_kind::breaker_half_opened:
  case event_kind::breaker_closed:
  case event_kind::breaker_isolated:
  case event_kind::limit_lowered:
    return true;
  default:
    return fields.contains("attempt") && !fields.contains("tool");
  }
}

/// Takes a member out of `from`; null if there is none.
json take(json& from, const char* member) {
  const auto found = from.find(member);
  if (found == from.end())
    return {};
  auto x = std::move(*found);
  from.erase(found);
  return x;
}

/// Reads the failure out of `fields`; what is left of it stays there.
void put_error(line& to, const event& x, json& fields) {
  const auto failure = fields.find("failure");
  if (failure != fields.end() && failure->is_object()) {
    const auto kind = take(*failure, "kind");
    const auto message = take(*failure, "message");
    if (kind.is_string())
      to["error_type"] = kind;
    if (message.is_string())
      to["error_message"] = message;
  } else if (x.kind == event_kind::run_crashed) {
    to["error_type"] = "crashed";
    to["error_message"] = take(fields, "message");
  } else if (x.kind == event_kind::child_down
             && x.severity >= severity::warning) {
    to["error_type"] = take(fields, "cause");
    if (const auto text = take(fields, "text"); text.is_string())
      to["error_message"] = text;
  } else if (x.kind == event_kind::store_trouble) {
    to["error_type"] = "store_io";
    to["error_message"] = take(fields, "why");
  }
}

void put_numbers(line& to, json& fields) {
  const auto attempt = fields.find("attempt");
  if (attempt != fields.end() && attempt->is_number_unsigned()) {
    const auto made = attempt->get<std::uint64_t>();
    to["retries"] = made > 0 ? made - 1 : 0;
  }
  const auto took = take(fields, "duration_us");
  if (took.is_number_integer())
    to["duration_ms"] = static_cast<double>(took.get<std::int64_t>()) / 1'000;
}

/// Cuts a text that is longer than a log bears, between two characters.
void clip(std::string& text) {
  if (text.size() <= longest_log_text)
    return;
  auto n = longest_log_text;
  while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xc0U) == 0x80U)
    --n;
  text.resize(n);
  text += "…";
}

void clip(json& doc) {
  if (auto* text = doc.get_ptr<json::string_t*>()) {
    clip(*text);
  } else if (doc.is_structured()) {
    for (auto& x : doc)
      clip(x);
  }
}

void put_names(line& to, const event& x, json& fields) {
  const auto about_tool = is_about_tool(x.kind, fields);
  if (!x.step.empty())
    to["step_name"] = x.step;
  if (about_tool)
    to["tool_name"] = x.subject;
  else if (const auto tool = take(fields, "tool"); tool.is_string())
    to["tool_name"] = tool;
  if (!about_tool && !x.subject.empty())
    fields[x.run.nil() ? "subject" : "agent"] = x.subject;
}

/// The event's own fields, fit to be shown.
json fields_of(const event& x, const redaction& hide) {
  auto fields = json(x).value("fields", json::object());
  if (!fields.is_object())
    fields = json{{"text", std::move(fields)}};
  hide.apply(fields);
  clip(fields);
  return fields;
}

} // namespace

std::string log_line(const event& x, const redaction& hide,
                     std::string_view user) {
  auto fields = fields_of(x, hide);
  auto to = line::object();
  to["timestamp"] = to_rfc3339_micros(x.at);
  to["level"] = to_string(x.severity);
  to["event"] = to_string(x.kind);
  if (!x.run.nil())
    to["trace_id"] = to_string(x.trace.nil() ? trace_of(x.run) : x.trace);
  if (!user.empty())
    to["user_id"] = hide.text(user);
  if (!x.run.nil())
    to["workflow_id"] = to_string(x.run);
  put_names(to, x, fields);
  put_error(to, x, fields);
  put_numbers(to, fields);
  if (!fields.empty())
    to["context"] = fields;
  return to.dump(-1, ' ', false, line::error_handler_t::replace);
}

} // namespace stanchion

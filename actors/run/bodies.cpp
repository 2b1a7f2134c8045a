#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/confidence.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::bodies {

namespace {

/// An open object with room for a typical body.
std::string object() {
  auto to = std::string{};
  to.reserve(256);
  to = "{";
  return to;
}

std::string close(std::string to) {
  to += '}';
  return to;
}

/// Appends `"key":` with the comma that belongs before it. Keys are ours and
/// need no escaping.
void key(std::string& to, std::string_view name) {
  to.append(to.size() > 1 ? ",\"" : "\"").append(name).append("\":");
}

void member(std::string& to, std::string_view name, std::string_view text) {
  key(to, name);
  append_canonical(to, text);
}

void member(std::string& to, std::string_view name, std::uint64_t number) {
  key(to, name);
  to.append(std::to_string(number));
}

void member(std::string& to, std::string_view name, bool x) {
  key(to, name);
  to.append(x ? "true" : "false");
}

void member(std::string& to, std::string_view name, const value& x) {
  key(to, name);
  append_canonical(to, x.get());
}

void member(std::string& to, std::string_view name, const failure& x) {
  key(to, name);
  append_canonical(to, json(x), wrapping_limits);
}

void member(std::string& to, const spending& x) {
  if (x.tokens != 0)
    member(to, "tokens", x.tokens);
  if (x.cost != 0)
    member(to, "cost", x.cost);
}

/// A member whose text is canonical JSON already.
void member_text(std::string& to, std::string_view name,
                 std::string_view text) {
  key(to, name);
  to.append(text);
}

/// How sure a value is, if that is known.
void member_confidence(std::string& to, const value& x) {
  const auto sure = x.confidence();
  if (!sure)
    return;
  key(to, "confidence");
  append_canonical(to, json(*sure));
  if (x.confidence_by() != confidence_method::reported)
    member(to, "confidence_by", to_string(x.confidence_by()));
}

void member(std::string& to, const stanchion::outcome& x) {
  if (!x.ok()) {
    member(to, "failure", x.why());
    return;
  }
  member(to, "source", std::string_view{x.get().source()});
  member_confidence(to, x.get());
  // What became of a child wraps the child's result.
  key(to, "value");
  append_canonical(to, x.get().get(), wrapping_limits);
}

} // namespace

std::string started(const beginning& x) {
  auto to = object();
  member(to, "agent", std::string_view{x.agent});
  member(to, "version", std::string_view{x.version});
  if (x.depth != 0)
    member(to, "depth", std::uint64_t{x.depth});
  if (x.parent != 0) {
    member(to, "parent", std::uint64_t{x.parent});
    member(to, "parent_step", std::string_view{x.parent_step});
  }
  if (x.before != 0)
    member(to, "before", std::uint64_t{x.before});
  if (!x.submitter.empty())
    member(to, "submitter", std::string_view{x.submitter});
  if (!x.traceparent.empty())
    member(to, "traceparent", std::string_view{x.traceparent});
  if (!x.fork.empty())
    member_text(to, "fork", x.fork);
  if (!x.limits.unlimited()) {
    key(to, "budget");
    append_canonical(to, json(x.limits));
  }
  member_confidence(to, x.input);
  member(to, "input", x.input);
  return close(std::move(to));
}

std::string intent(const step& s, std::string_view undo, const failure* why) {
  auto to = object();
  member(to, "kind", to_string(s.kind));
  if (!s.name.empty())
    member(to, "name", std::string_view{s.name});
  if (s.tool_effect)
    member(to, "effect", to_string(*s.tool_effect));
  if (!s.arguments_text.empty())
    member_text(to, "arguments", s.arguments_text);
  if (s.due)
    member(to, "due", static_cast<std::uint64_t>(to_micros(*s.due)));
  if (!s.child.nil()) {
    member(to, "child", std::string_view{to_string(s.child)});
    member(to, "child_number", std::uint64_t{s.child_number});
  }
  if (!undo.empty())
    member(to, "undo", undo);
  if (why != nullptr)
    member(to, "why", *why);
  return close(std::move(to));
}

std::string attempt(std::uint32_t n, std::string_view key,
                    const spending& reserved) {
  auto to = object();
  member(to, "n", std::uint64_t{n});
  member(to, "key", key);
  member(to, reserved);
  return close(std::move(to));
}

std::string spent(std::uint32_t n, const spending& much) {
  auto to = object();
  member(to, "n", std::uint64_t{n});
  member(to, much);
  return close(std::move(to));
}

std::string attempt_end(std::uint32_t n, const failure& why) {
  auto to = object();
  member(to, "n", std::uint64_t{n});
  member(to, "failure", why);
  return close(std::move(to));
}

std::string outcome(const stanchion::outcome& x, bool held) {
  auto to = object();
  member(to, x);
  if (held)
    member(to, "held", true);
  return close(std::move(to));
}

std::string side_value(std::string_view name, const value& x) {
  auto to = object();
  member(to, "name", name);
  member_confidence(to, x);
  member(to, "value", x);
  return close(std::move(to));
}

std::string patch(std::string_view id, bool taken) {
  auto to = object();
  member(to, "id", id);
  member(to, "taken", taken);
  return close(std::move(to));
}

std::string wait(instant until, std::string_view why) {
  auto to = object();
  member(to, "until", static_cast<std::uint64_t>(to_micros(until)));
  member(to, "why", why);
  return close(std::move(to));
}

std::string parked(park_reason reason, std::string_view ticket,
                   std::uint32_t version, std::string_view why,
                   ticket_kind kind, std::string_view terms) {
  auto to = object();
  member(to, "reason", to_string(reason));
  member(to, "ticket", ticket);
  member(to, "version", std::uint64_t{version});
  member(to, "why", why);
  if (kind != ticket_kind::escalation)
    member(to, "kind", to_string(kind));
  if (!terms.empty())
    member_text(to, "terms", terms);
  return close(std::move(to));
}

std::string mode(stanchion::mode effective, const mode_setting& own) {
  auto to = object();
  member(to, "mode", to_string(effective));
  if (own.mode != stanchion::mode::autonomous)
    member(to, "own", to_string(own.mode));
  if (!own.by.empty())
    member(to, "by", std::string_view{own.by});
  if (!own.reason.empty())
    member(to, "reason", std::string_view{own.reason});
  return close(std::move(to));
}

std::string signal(std::string_view name, std::string_view id,
                   std::string_view by, const value& content) {
  auto to = object();
  member(to, "name", name);
  member(to, "id", id);
  if (!by.empty())
    member(to, "by", by);
  member(to, "value", content);
  return close(std::move(to));
}

std::string decided(std::string_view ticket, const decision& x) {
  auto to = object();
  member(to, "ticket", ticket);
  key(to, "decision");
  append_canonical(to, json(x), wrapping_limits);
  return close(std::move(to));
}

std::string reopened(std::uint32_t revision, std::string_view arguments,
                     std::uint32_t nth) {
  auto to = object();
  member(to, "revision", std::uint64_t{revision});
  if (nth != 0)
    member(to, "nth", std::uint64_t{nth});
  if (!arguments.empty())
    member_text(to, "arguments", arguments);
  return close(std::move(to));
}

std::string death(bool alone) {
  auto to = object();
  member(to, "alone", alone);
  return close(std::move(to));
}

std::string crash(std::string_view message) {
  auto to = object();
  member(to, "message", message);
  return close(std::move(to));
}

std::string cancel(std::string_view reason, std::string_view by) {
  auto to = object();
  member(to, "reason", reason);
  member(to, "by", by);
  return close(std::move(to));
}

std::string completed(const value& result) {
  auto to = object();
  member(to, "result", result);
  return close(std::move(to));
}

std::string failed(const failure& why) {
  auto to = object();
  member(to, "failure", why);
  return close(std::move(to));
}

std::string cancelled(std::string_view reason) {
  auto to = object();
  member(to, "reason", reason);
  return close(std::move(to));
}

std::string continued(const run_id& as) {
  auto to = object();
  member(to, "run", std::string_view{to_string(as)});
  return close(std::move(to));
}

std::string undoing(record_kind as, std::string_view body) {
  auto to = object();
  member(to, "as", to_string(as));
  member_text(to, "body", body);
  return close(std::move(to));
}

std::string policy_decision(std::string_view event, std::string_view fields) {
  auto to = object();
  member(to, "event", event);
  member_text(to, "fields", fields);
  return close(std::move(to));
}

std::string late(std::uint32_t n, const stanchion::outcome& x) {
  auto to = object();
  member(to, "n", std::uint64_t{n});
  member(to, x);
  return close(std::move(to));
}

} // namespace stanchion::bodies

#include <stanchion/actors/notifier/notice.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/plain_text.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

constexpr auto longest_name = std::size_t{120};

/// A name as it may be shown: some are chosen by models.
std::string shown(std::string_view name) {
  return shortened(one_line(name), longest_name);
}

/// What a group is about: it is `kind:operation`.
std::string operation_in(const std::string& group) {
  const auto colon = group.find(':');
  return colon == std::string::npos ? group : group.substr(colon + 1);
}

/// The tool that a step of a ticket's context calls; empty for none.
std::string tool_in(const json& context) {
  for (const auto* member : {"failing_step", "done"})
    if (const auto found = context.find(member);
        found != context.end() && found->is_object()
        && text_in(*found, "kind") != "escalation"
        && text_in(*found, "kind") != "question"
        && text_in(*found, "kind") != "approval")
      return text_in(*found, "name");
  return {};
}

/// Of whom a ticket of the supervision tree speaks.
void name_part(notice& to, const ticket& x) {
  if (x.group.starts_with("isolated:"))
    to.tool = shown(operation_in(x.group));
  else if (x.group.starts_with("stopped:") || x.group.starts_with("version:"))
    to.agent = shown(operation_in(x.group));
}

std::string version_of(const ticket& x) {
  return std::to_string(x.version);
}

/// Tells what happened to one ticket apart.
std::string id_of(const ticket& x, notice_kind what) {
  auto id = x.id + "." + std::string{to_string(what)} + "." + version_of(x);
  if (what == notice_kind::ticket_escalated)
    id += "." + std::to_string(x.terms.ladder.size());
  return id;
}

std::string of_whom(const notice& x) {
  auto text = std::string{};
  if (!x.tool.empty())
    text += " of tool " + x.tool;
  if (!x.agent.empty())
    text += (text.empty() ? " of agent " : ", agent ") + x.agent;
  return text;
}

std::string name_of_ticket(const notice& x) {
  if (x.group == "crashed:root")
    return "the runtime stopped";
  if (x.run.empty() && x.group.starts_with("stopped:"))
    return "agent " + x.agent + " was stopped";
  if (x.run.empty() && x.group.starts_with("isolated:"))
    return "tool " + x.tool + " is isolated";
  if (x.run.empty() && x.group.starts_with("version:"))
    return "runs wait for a missing version, " + x.agent;
  if (x.kind == ticket_kind::escalation && x.reason)
    return std::string{to_string(*x.reason)} + of_whom(x);
  return std::string{x.kind ? to_string(*x.kind) : "ticket"} + of_whom(x);
}

} // namespace

std::string_view to_string(notice_kind x) {
  switch (x) {
  case notice_kind::ticket_opened:
    return "ticket_opened";
  case notice_kind::ticket_escalated:
    return "ticket_escalated";
  case notice_kind::ticket_decided:
    return "ticket_decided";
  case notice_kind::ticket_expired:
    return "ticket_expired";
  case notice_kind::ticket_withdrawn:
    return "ticket_withdrawn";
  case notice_kind::alert_raised:
    return "alert_raised";
  case notice_kind::alert_cleared:
    return "alert_cleared";
  case notice_kind::test:
    return "test";
  }
  return "?";
}

bool is_over(notice_kind x) {
  return x == notice_kind::ticket_decided || x == notice_kind::ticket_expired
         || x == notice_kind::ticket_withdrawn
         || x == notice_kind::alert_cleared;
}

severity severity_of(const ticket& x) {
  if (x.run == 0 && x.reason == park_reason::restart_budget_spent)
    return severity::critical;
  if (x.kind == ticket_kind::review)
    return severity::info;
  switch (x.reason) {
  case park_reason::ambiguous_state:
  case park_reason::nondeterminism:
  case park_reason::poison_step:
  case park_reason::restart_budget_spent:
  case park_reason::store_damaged:
    return severity::error;
  default:
    return x.run == 0 ? severity::error : severity::warning;
  }
}

notice notice_of(const ticket& x, notice_kind what, instant at) {
  auto to = notice{};
  to.id = id_of(x, what);
  to.what = what;
  to.severity = severity_of(x);
  to.at = at;
  to.group = shown(x.group);
  to.ticket = x.id;
  to.kind = x.kind;
  to.reason = x.reason;
  to.run = x.run == 0 ? std::string{} : to_string(x.run_id);
  to.step = x.step;
  to.assignee = shown(x.terms.assignee);
  const auto context = json::parse(x.context, nullptr, false);
  if (context.is_object()) {
    to.agent = shown(text_in(context, "agent"));
    to.tool = shown(tool_in(context));
  }
  if (x.run == 0)
    name_part(to, x);
  if (x.decided && is_over(what)) {
    to.verb = to_string(x.decided->verb);
    to.by = shown(x.decided->by);
  }
  return to;
}

notice notice_of(const event& alert) {
  const auto fields = json::parse(alert.fields, nullptr, false);
  auto to = notice{};
  to.what = alert.kind == event_kind::alert_cleared ? notice_kind::alert_cleared
                                                    : notice_kind::alert_raised;
  to.severity = alert.severity;
  to.at = alert.at;
  to.alert = fields.is_object() ? text_in(fields, "alert") : std::string{};
  to.group = to.alert + ":" + shown(alert.subject);
  to.id = to.alert + "." + to_string(sha256(alert.subject)).substr(0, 8) + "."
          + std::string{to_string(to.what)} + "."
          + std::to_string(to_micros(alert.at));
  if (to.alert == "critical_tool_failed" || to.alert == "breaker_open")
    to.tool = shown(alert.subject);
  to.last = is_over(to.what);
  return to;
}

notice test_notice(instant at) {
  auto to = notice{};
  to.what = notice_kind::test;
  to.severity = severity::info;
  to.at = at;
  to.group = "test";
  to.id = "test." + std::to_string(to_micros(at));
  return to;
}

std::string headline(const notice& x) {
  switch (x.what) {
  case notice_kind::ticket_opened:
    return "A person is needed: " + name_of_ticket(x);
  case notice_kind::ticket_escalated:
    return "Still open, now for "
           + (x.assignee.empty() ? std::string{"everybody"} : x.assignee) + ": "
           + name_of_ticket(x);
  case notice_kind::ticket_decided:
    return "Decided (" + x.verb + " by " + x.by + "): " + name_of_ticket(x);
  case notice_kind::ticket_expired:
    return "Nobody decided in time: " + name_of_ticket(x);
  case notice_kind::ticket_withdrawn:
    return "Nothing left to decide: " + name_of_ticket(x);
  case notice_kind::alert_raised:
    return "Alert: " + x.group;
  case notice_kind::alert_cleared:
    return "Over: " + x.group;
  case notice_kind::test:
    return "A test: messages of this channel arrive";
  }
  return {};
}

// -- as JSON ------------------------------------------------------------------

void put_particulars(json& to, const notice& x) {
  put_text(to, "ticket", x.ticket);
  put_text(to, "kind", x.kind ? to_string(*x.kind) : "");
  put_text(to, "reason", x.reason ? to_string(*x.reason) : "");
  put_text(to, "run", x.run);
  put_text(to, "step", x.step);
  put_text(to, "agent", x.agent);
  put_text(to, "tool", x.tool);
  put_text(to, "assignee", x.assignee);
  put_text(to, "verb", x.verb);
  put_text(to, "by", x.by);
  put_text(to, "alert", x.alert);
}

void to_json(json& to, const notice& x) {
  to = json{{"id", x.id},
            {"what", to_string(x.what)},
            {"severity", to_string(x.severity)},
            {"at", to_micros(x.at)},
            {"group", x.group}};
  put_particulars(to, x);
  if (x.last)
    to["last"] = true;
}

namespace {

/// The enumerator up to `last` that is called `name`.
template <class Enum>
std::optional<Enum> by_name(std::string_view name, Enum last) {
  for (auto n = 1U; n <= static_cast<unsigned>(last); ++n)
    if (const auto x = static_cast<Enum>(n); to_string(x) == name)
      return x;
  return std::nullopt;
}

} // namespace

std::optional<notice> parse_notice(std::string_view text) {
  const auto doc = json::parse(text, nullptr, false);
  if (!doc.is_object())
    return std::nullopt;
  const auto what = by_name(text_in(doc, "what"), notice_kind::test);
  const auto level = by_name(text_in(doc, "severity"), severity::critical);
  const auto at = doc.find("at");
  if (!what || !level || at == doc.end() || !at->is_number_integer())
    return std::nullopt;
  auto to = notice{};
  to.id = text_in(doc, "id");
  to.what = *what;
  to.severity = *level;
  to.at = from_micros(at->get<std::int64_t>());
  to.group = text_in(doc, "group");
  to.ticket = text_in(doc, "ticket");
  to.kind = parse_ticket_kind(text_in(doc, "kind"));
  to.reason = parse_park_reason(text_in(doc, "reason"));
  to.run = text_in(doc, "run");
  to.step = text_in(doc, "step");
  to.agent = text_in(doc, "agent");
  to.tool = text_in(doc, "tool");
  to.assignee = text_in(doc, "assignee");
  to.verb = text_in(doc, "verb");
  to.by = text_in(doc, "by");
  to.alert = text_in(doc, "alert");
  to.last = doc.contains("last");
  return to;
}

} // namespace stanchion

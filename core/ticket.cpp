#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/ticket.hpp>

#include <nlohmann/json.hpp>

namespace stanchion {

std::string_view to_string(park_reason x) {
  switch (x) {
  case park_reason::max_retries_exceeded:
    return "max_retries_exceeded";
  case park_reason::restart_budget_spent:
    return "restart_budget_spent";
  case park_reason::ambiguous_state:
    return "ambiguous_state";
  case park_reason::low_confidence:
    return "low_confidence";
  case park_reason::requires_human:
    return "requires_human";
  case park_reason::irreversible_action:
    return "irreversible_action";
  case park_reason::validation_failed:
    return "validation_failed";
  case park_reason::loop_detected:
    return "loop_detected";
  case park_reason::step_limit:
    return "step_limit";
  case park_reason::budget_exhausted:
    return "budget_exhausted";
  case park_reason::deadline_exceeded:
    return "deadline_exceeded";
  case park_reason::nondeterminism:
    return "nondeterminism";
  case park_reason::poison_step:
    return "poison_step";
  case park_reason::stopped_mode:
    return "stopped_mode";
  case park_reason::store_damaged:
    return "store_damaged";
  }
  return detail::no_name;
}

std::optional<park_reason> parse_park_reason(std::string_view text) {
  return detail::parse_name(text, park_reason::store_damaged);
}

std::string_view to_string(ticket_kind x) {
  switch (x) {
  case ticket_kind::approval:
    return "approval";
  case ticket_kind::review:
    return "review";
  case ticket_kind::question:
    return "question";
  case ticket_kind::escalation:
    return "escalation";
  }
  return detail::no_name;
}

std::optional<ticket_kind> parse_ticket_kind(std::string_view text) {
  return detail::parse_name(text, ticket_kind::escalation);
}

std::string_view to_string(ticket_state x) {
  switch (x) {
  case ticket_state::open:
    return "open";
  case ticket_state::decided:
    return "decided";
  case ticket_state::expired:
    return "expired";
  case ticket_state::withdrawn:
    return "withdrawn";
  }
  return detail::no_name;
}

std::optional<ticket_state> parse_ticket_state(std::string_view text) {
  return detail::parse_name(text, ticket_state::withdrawn);
}

std::string review_ticket_id(const run_id& run, const step_path& step,
                             std::uint32_t revision) {
  return ticket_id(run, step + "~review", revision);
}

std::string_view to_string(verb x) {
  switch (x) {
  case verb::retry:
    return "retry";
  case verb::edit:
    return "edit";
  case verb::skip:
    return "skip";
  case verb::abort:
    return "abort";
  case verb::happened:
    return "happened";
  case verb::did_not_happen:
    return "did_not_happen";
  case verb::answer:
    return "answer";
  case verb::resume:
    return "resume";
  case verb::extend:
    return "extend";
  case verb::restart:
    return "restart";
  case verb::approve:
    return "approve";
  case verb::reject:
    return "reject";
  case verb::accept:
    return "accept";
  case verb::undo:
    return "undo";
  case verb::reassign:
    return "reassign";
  case verb::fork:
    return "fork";
  }
  return detail::no_name;
}

std::optional<verb> parse_verb(std::string_view text) {
  return detail::parse_name(text, verb::fork);
}

namespace {

/// A member that is a text; empty for any other, or none.
std::string text_in(const nlohmann::json& from, const char* member) {
  const auto found = from.find(member);
  return found != from.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string{};
}

} // namespace

ticket_subject subject_of_context(std::string_view context) {
  const auto all = nlohmann::json::parse(context, nullptr, false);
  if (!all.is_object())
    return {};
  auto about = ticket_subject{text_in(all, "agent"), text_in(all, "tool")};
  const auto step = all.find("failing_step");
  if (about.tool.empty() && step != all.end() && step->is_object()
      && text_in(*step, "kind") == "call")
    about.tool = text_in(*step, "name");
  return about;
}

} // namespace stanchion

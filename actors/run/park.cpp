#include <stanchion/actors/run/park.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

namespace stanchion {

namespace {

json describe(const step_path& path, const recorded_step& s) {
  auto x = json{{"step", path}, {"kind", to_string(s.kind)}};
  if (!s.name.empty())
    x["name"] = s.name;
  if (!s.arguments_text.empty())
    x["arguments"] = json::parse(s.arguments_text);
  if (s.attempts.made != 0)
    x["attempts"] = s.attempts.made;
  if (s.tool_effect)
    x["effect"] = to_string(*s.tool_effect);
  return x;
}

json steps_done(const history& past) {
  auto done = json::array();
  for (const auto& x : past.deliveries) {
    const auto found = past.steps.find(x.path);
    if (found == past.steps.end())
      continue;
    auto line = describe(x.path, found->second);
    line["ended"] = x.content.ok() ? "succeeded" : "failed";
    if (x.content.ok())
      line["source"] = x.content.get().source();
    done.push_back(std::move(line));
  }
  return done;
}

std::string_view explain(verb x) {
  switch (x) {
  case verb::retry:
    return "retry: do the step again";
  case verb::edit:
    return "edit: do the step with other arguments";
  case verb::skip:
    return "skip: take a result of yours instead";
  case verb::abort:
    return "abort: end the run as cancelled";
  case verb::happened:
    return "happened: the call took effect, with this result";
  case verb::did_not_happen:
    return "did_not_happen: it may be sent again";
  case verb::answer:
    return "answer: the value the agent asks for";
  case verb::resume:
    return "resume: drive the run again, what stopped it being mended";
  case verb::extend:
    return "extend: a larger budget, such as {\"seconds\": 600}; without "
           "numbers, as much again";
  case verb::restart:
    return "restart: start the stopped part again";
  case verb::approve:
    return "approve: do what is proposed, with exactly these arguments";
  case verb::reject:
    return "reject: do not do it; the agent is told that it may not";
  case verb::accept:
    return "accept: what was done may stay";
  case verb::undo:
    return "undo: take back what was done";
  case verb::reassign:
    return "reassign: let somebody else decide";
  case verb::fork:
    return "fork: let another run go on from the step that no longer fits; "
           "this one ends, and nothing that it did is undone";
  }
  return "";
}

/// What the agent itself would do, as it said when it asked; empty if it did
/// not.
std::string suggestion_of(const recorded_step& escalation) {
  const auto arguments = json::parse(escalation.arguments_text);
  const auto found = arguments.find("suggestion");
  return found == arguments.end() || found->is_null() ? std::string{}
                                                      : found->dump();
}

/// Whether a park for `reason` is about the failure of an attempt.
bool speaks_of(park_reason reason, const failure* last) {
  return last != nullptr
         && (reason == park_reason::ambiguous_state
             || reason == reason_for(last->kind));
}

std::string group_of(const run_row& row, const history& past,
                     const park_request& x) {
  const auto* found = past.find(x.step);
  const auto& operation
    = found == nullptr || found->name.empty() ? row.agent : found->name;
  const auto kind = x.why ? to_string(x.why->kind) : to_string(x.reason);
  return std::string{kind} + ":" + operation;
}

/// The step did what it was to do, or may be doing it: it is not to be done
/// again because the run leads nowhere.
std::optional<std::vector<verb>> circle_options(const step_path& path,
                                                const recorded_step& s,
                                                const history& past) {
  if (s.attempts.open)
    return std::vector{verb::retry, verb::abort};
  const auto other = past.own.find(fallback_path(path, 1));
  const auto reads
    = s.tool_effect == effect::read_only && other == past.own.end();
  if (s.done_at != 0 && !reads)
    return std::vector{verb::resume, verb::abort};
  return std::nullopt;
}

/// The run is to end in any case: there is nothing to abort.
std::vector<verb> undo_options(park_reason reason) {
  if (reason == park_reason::ambiguous_state)
    return {verb::happened, verb::did_not_happen};
  if (reason == park_reason::stopped_mode)
    return {verb::resume, verb::skip};
  return {verb::retry, verb::skip};
}

} // namespace

bool is_about_budget(park_reason reason) {
  return reason == park_reason::step_limit
         || reason == park_reason::budget_exhausted
         || reason == park_reason::deadline_exceeded;
}

std::vector<verb> options_for(park_reason reason, bool at_escalation,
                              bool own_budget, ticket_kind kind) {
  if (kind == ticket_kind::approval)
    return {verb::approve, verb::edit, verb::reject, verb::abort};
  if (at_escalation || kind == ticket_kind::question)
    return {verb::answer, verb::abort};
  if (own_budget)
    return {verb::extend, verb::abort};
  switch (reason) {
  case park_reason::ambiguous_state:
    return {verb::happened, verb::did_not_happen, verb::abort};
  case park_reason::restart_budget_spent:
    return {verb::retry, verb::abort};
  case park_reason::poison_step:
    return {verb::retry, verb::skip, verb::abort};
  case park_reason::nondeterminism:
    return {verb::resume, verb::fork, verb::abort};
  case park_reason::store_damaged:
  case park_reason::stopped_mode:
    return {verb::resume, verb::abort};
  default:
    return {verb::retry, verb::edit, verb::skip, verb::abort};
  }
}

park_reason reason_for(failure_kind kind) {
  switch (kind) {
  case failure_kind::bad_arguments:
  case failure_kind::schema_violation:
  case failure_kind::malformed_output:
  case failure_kind::empty_output:
  case failure_kind::truncated:
    return park_reason::validation_failed;
  case failure_kind::loop_detected:
    return park_reason::loop_detected;
  case failure_kind::step_limit:
    return park_reason::step_limit;
  case failure_kind::budget_exhausted:
    return park_reason::budget_exhausted;
  case failure_kind::deadline_exceeded:
    return park_reason::deadline_exceeded;
  default:
    return park_reason::max_retries_exceeded;
  }
}

std::string ticket_id_of(const run_id& run, const park_request& x) {
  const auto approval = x.kind == ticket_kind::approval;
  return ticket_id(run, approval ? x.step + "~approval" : x.step, x.revision);
}

ticket make_ticket(const run_row& row, const history& past, park_request x,
                   instant now) {
  const auto* failing = past.find(x.step);
  const auto at_escalation
    = failing != nullptr && failing->kind == step_kind::escalation;
  // A process that died before the ticket was durable knew more than the
  // record of the park tells.
  if (at_escalation && x.suggestion.empty())
    x.suggestion = suggestion_of(*failing);
  if (failing != nullptr && !x.why
      && speaks_of(x.reason, failing->attempts.last.get()))
    x.why = *failing->attempts.last;
  auto t = ticket{};
  t.id = ticket_id_of(row.id, x);
  t.kind = x.kind;
  t.terms = x.terms;
  if (x.kind == ticket_kind::approval && failing != nullptr)
    t.terms.digest = to_string(sha256(failing->arguments_text));
  t.reason = x.reason;
  t.run = row.number;
  t.run_id = row.id;
  t.step = x.step;
  t.revision = x.revision;
  t.title = x.title;
  t.group = group_of(row, past, x);
  t.options = is_undo(x.step)
                ? undo_options(x.reason)
                : options_for(x.reason, at_escalation,
                              !x.why && is_about_budget(x.reason), x.kind);
  if (failing != nullptr && x.reason == park_reason::loop_detected)
    if (auto fewer = circle_options(x.step, *failing, past))
      t.options = *std::move(fewer);
  const auto acted = failing != nullptr
                     && (failing->attempts.open
                         || failing->attempts.ended == side_effect::unknown);
  if (acted || (x.why && x.why->effect == side_effect::unknown))
    std::erase(t.options, verb::edit); // other arguments: a second effect
  t.created = now;
  auto context = json{{"user_input", past.input.get()},
                      {"agent", row.agent},
                      {"steps_executed", steps_done(past)},
                      {"suggested_next_step", x.suggestion}};
  if (failing != nullptr)
    context["failing_step"] = describe(x.step, *failing);
  if (x.why)
    context["error"] = json(*x.why);
  if (!x.evidence.is_null())
    context["evidence"] = x.evidence.get();
  for (const auto v : t.options)
    context["suggested_actions"].push_back(explain(v));
  t.context = canonical(context, wrapping_limits);
  return t;
}

} // namespace stanchion

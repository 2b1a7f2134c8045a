#include <stanchion/actors/run/fork.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/stuck_watch.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/confidence.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace stanchion {

namespace {

/// How sure `x` is, if the record says so.
value with_confidence_of(const json& body, value x) {
  if (const auto sure = body.find("confidence"); sure != body.end())
    x = x.with_confidence(
      sure->get<double>(),
      parse_confidence_method(body.value("confidence_by", std::string{}))
        .value_or(confidence_method::reported));
  return x;
}

value value_of(const json& body) {
  auto x = value{body.at("value")};
  if (const auto source = body.find("source");
      source != body.end() && *source != "primary")
    x = x.with_source(source->get<std::string>());
  return with_confidence_of(body, std::move(x));
}

outcome outcome_of(const json& body) {
  if (const auto failed = body.find("failure"); failed != body.end())
    return failure_from_json(*failed);
  return value_of(body);
}

std::string text_of(const json& body, const char* member) {
  return body.value(member, std::string{});
}

/// What the decision adds to the budget; nothing for another verb.
std::optional<extension> extension_of(const parking& x, const json& decision) {
  if (text_of(decision, "verb") != to_string(verb::extend))
    return std::nullopt;
  const auto payload = decision.find("payload");
  if (payload == decision.end() || !payload->is_object())
    return extension{x.reason, {}};
  return extension{x.reason, extension_from_json(*payload)};
}

/// As much again of what was used up.
budget same_again(park_reason reason, const budget& of) {
  switch (reason) {
  case park_reason::deadline_exceeded:
    return {.time = of.time};
  case park_reason::step_limit:
    return {.steps = of.steps};
  default: // of what can be used up by calls, each
    return {.attempts = of.attempts, .tokens = of.tokens, .cost = of.cost};
  }
}

/// Whether a value from there says that the step itself took effect.
bool is_own_deed(std::string_view source) {
  return source == "primary" || source == "reconciled"
         || source.starts_with("person:");
}

std::optional<instant> instant_of(const json& body, const char* member) {
  const auto found = body.find(member);
  if (found == body.end())
    return std::nullopt;
  return from_micros(found->get<std::int64_t>());
}

} // namespace

void recorded_step::restore(step& to) const {
  to.tool_effect = tool_effect;
  to.revision = revision;
  to.attempts = attempts;
  to.due = due;
  to.waits_for = waits_for;
  to.child = child;
  to.child_number = child_number;
  to.deaths = deaths;
  to.charged = charged;
  to.charged_at = charged_at;
  to.asked = asked;
  to.grant = grant;
  to.known_abandoned = abandoned;
}

history::history(std::span<const record> records) {
  for (const auto& r : records) {
    try {
      read(r);
    } catch (const std::exception& e) {
      throw error{error_code::store_damaged,
                  "record " + std::to_string(r.seq) + " of run "
                    + std::to_string(r.run) + " ("
                    + std::string{to_string(r.kind)} + ") cannot be read: "
                    + e.what() + "; run `stanchion journal verify`"};
    }
    next_seq = r.seq + 1;
    if (inherited != 0 && next_seq == inherited)
      end_inheritance(r.at);
  }
}

void history::read_fork(const json& from) {
  forked = std::make_shared<const fork_origin>(fork_origin_from_json(from));
  if (forked->inherited != 0)
    inherited = forked->inherited + 1;
}

/// Nobody drove it in between.
void history::end_inheritance(instant last) {
  const auto begun_at = forked->when;
  paused += std::max(begun_at - last, duration::zero());
  for (auto& [path, s] : steps)
    s.asked = s.has_outcome ? s.asked : std::max(s.asked, begun_at);
}

outcome history::ending() const {
  const auto body = json::parse(terminal->body);
  switch (terminal->kind) {
  case record_kind::completed:
    return value{body.at("result")};
  case record_kind::failed:
    return failure_from_json(body.at("failure"));
  default:
    return failure{.kind = failure_kind::cancelled,
                   .effect = side_effect::none,
                   .message = text_of(body, "reason")};
  }
}

void history::read(const record& r) {
  if (terminal)
    return; // the first terminal record won
  if (is_terminal(r.kind)) {
    terminal = r;
    return;
  }
  begun = begun
          || (r.kind != record_kind::started && r.kind != record_kind::mode
              && r.kind != record_kind::signal);
  const auto body = [&r] { return json::parse(r.body); };
  switch (r.kind) {
  case record_kind::started: {
    const auto x = body();
    agent = text_of(x, "agent");
    version = text_of(x, "version");
    depth = x.value("depth", 0U);
    before = x.value("before", run_number{0});
    input = with_confidence_of(x, value{x.at("input")});
    started = r.at;
    if (const auto known = parse_traceparent(text_of(x, "traceparent")))
      trace = known->trace;
    if (const auto found = x.find("fork"); found != x.end())
      read_fork(*found);
    if (const auto found = x.find("budget"); found != x.end())
      given = budget_from_json(*found);
    break;
  }
  case record_kind::intent:
    read_intent(r);
    break;
  case record_kind::attempt:
    read_attempt(r);
    break;
  case record_kind::spent:
    read_spent(r);
    break;
  case record_kind::stuck:
    stuck.insert_or_assign(r.step, r.body);
    break;
  case record_kind::attempt_end: {
    auto& s = at(r.step);
    auto& a = s.attempts;
    a.last = std::make_shared<const failure>(
      failure_from_json(body().at("failure")));
    a.open = false;
    a.ended = a.last->effect;
    if (a.made > s.charged_at) { // the process outlived it
      s.charged = false;
      s.deaths = 0;
    }
    break;
  }
  case record_kind::outcome:
    read_outcome(r);
    break;
  case record_kind::side_value: {
    const auto x = body();
    side_values.emplace(r.step, std::pair{text_of(x, "name"), value_of(x)});
    break;
  }
  case record_kind::patch: {
    const auto x = body();
    patches.emplace(text_of(x, "id"), x.at("taken").get<bool>());
    break;
  }
  case record_kind::wait: {
    const auto x = body();
    auto& s = at(r.step);
    s.due = instant_of(x, "until");
    if (std::exchange(s.attempts.open, false)) // its guard gave it back
      s.attempts.ended = side_effect::not_started;
    if (s.reopenings != 0 && s.attempts.made == 0 && s.due)
      s.asked = *s.due; // the time of the call begins then
    s.waits_for
      = parse_wait_reason(text_of(x, "why")).value_or(wait_reason::backoff);
    break;
  }
  case record_kind::parked:
    read_parked(r);
    break;
  case record_kind::mode:
    read_mode(r);
    break;
  case record_kind::signal:
    read_signal(r);
    break;
  case record_kind::decided:
    read_decided(r);
    break;
  case record_kind::reopened:
    read_reopened(r);
    break;
  case record_kind::death:
    read_death(r);
    break;
  case record_kind::crash:
    crashes.push_back(r.at);
    break;
  case record_kind::survived:
    if (r.step.empty()) {
      code_deaths = 0;
      code_charged = false;
    } else {
      at(r.step).deaths = 0;
      at(r.step).charged = false;
    }
    break;
  case record_kind::undoing:
    undoing = r.body;
    break;
  case record_kind::abandoned:
    at(r.step).abandoned = true;
    break;
  case record_kind::cancel:
    cancel_requested = true;
    cancel_reason = text_of(body(), "reason");
    break;
  default:
    break; // evidence only
  }
}

void history::read_parked(const record& r) {
  const auto x = json::parse(r.body);
  const auto* s = find(r.step);
  const auto reason = parse_park_reason(text_of(x, "reason"))
                        .value_or(park_reason::requires_human);
  if (parked.empty())
    parked_since_ = r.at;
  const auto terms = x.find("terms");
  parked[text_of(x, "ticket")] = {
    .reason = reason,
    .step = r.step,
    .why = text_of(x, "why"),
    .version = x.value("version", 0U),
    .unknown = s != nullptr && s->kind == step_kind::call
               && (s->attempts.ended == side_effect::unknown
                   || (reason == park_reason::poison_step && s->attempts.open)),
    .kind
    = parse_ticket_kind(text_of(x, "kind")).value_or(ticket_kind::escalation),
    .terms = terms == x.end() ? std::string{} : terms->dump()};
}

void history::read_mode(const record& r) {
  const auto x = json::parse(r.body);
  mode = parse_mode(text_of(x, "mode")).value_or(mode::stopped);
  own_mode = {};
  if (const auto own = x.find("own"); own != x.end())
    own_mode = {parse_mode(own->get<std::string>()).value_or(mode::stopped),
                text_of(x, "by"), text_of(x, "reason")};
  if (!begun)
    first.mode = mode;
}

void history::read_signal(const record& r) {
  const auto x = json::parse(r.body);
  if (known_signals.insert(text_of(x, "id")).second)
    signals.push_back({text_of(x, "name"), text_of(x, "id"), text_of(x, "by"),
                       value{x.at("value")}});
}

/// The oldest one of its name is the step's.
void history::take_signal(const recorded_step& s, const outcome& x) {
  if (s.kind != step_kind::signal || !x.ok())
    return;
  const auto found = std::ranges::find(signals, s.name, &waiting_signal::name);
  if (found != signals.end())
    signals.erase(found);
}

standing history::stands() const {
  return {.mode = mode,
          .used = {.steps = static_cast<std::uint32_t>(steps.size()),
                   .attempts = attempts,
                   .spent = spent},
          .paused = paused,
          .extensions = extensions.size()};
}

void history::know_limits(const budget& own) {
  const auto at_first = tighter(own, given);
  if (at_first.unlimited())
    return;
  limits = {at_first};
  for (const auto& x : extensions)
    limits.push_back(enlarged(
      limits.back(), x.by.unlimited() ? same_again(x.reason, at_first) : x.by));
}

void history::read_intent(const record& r) {
  const auto x = json::parse(r.body);
  auto s = own_step{};
  s.asked = r.at;
  s.undo = text_of(x, "undo");
  if (const auto why = x.find("why"); why != x.end())
    s.why = std::make_shared<const failure>(failure_from_json(*why));
  s.kind = parse_step_kind(text_of(x, "kind")).value_or(step_kind::call);
  s.name = text_of(x, "name");
  if (const auto arguments = x.find("arguments"); arguments != x.end())
    s.requested_text = canonical(*arguments, wrapping_limits);
  s.arguments_text = s.requested_text;
  s.tool_effect = parse_effect(text_of(x, "effect"));
  s.due = instant_of(x, "due");
  if (const auto child = x.find("child"); child != x.end()) {
    s.child
      = parse_uuid(child->get<std::string>()).value_or(stanchion::run_id{});
    s.child_number = x.at("child_number").get<run_number>();
  }
  if (is_own(r.step))
    own.emplace(r.step, std::move(s));
  else
    steps.emplace(r.step, std::move(s));
}

void history::read_attempt(const record& r) {
  const auto x = json::parse(r.body);
  ++attempts;
  auto& s = at(r.step);
  s.attempts.made = x.at("n").get<std::uint32_t>();
  retries += s.attempts.made > 1 ? 1 : 0;
  s.attempts.first = s.attempts.first.value_or(r.at);
  s.attempts.open = true;
  s.attempts.ended.reset();
  s.due.reset();
  reserved.erase(r.step); // of the attempt before: it stays spent
  if (const auto much = spending_from_json(x); !much.nothing()) {
    reserved[r.step] = much;
    spent = spent + much;
  }
}

void history::read_spent(const record& r) {
  if (auto much = reserved.extract(r.step))
    spent = spent - much.mapped();
  const auto& s = at(r.step);
  if (s.kind != step_kind::call)
    paid_children.insert(s.child);
  spent = spent + spending_from_json(json::parse(r.body));
}

const recorded_step* history::find(const step_path& path) const {
  if (const auto found = steps.find(path); found != steps.end())
    return &found->second;
  const auto found = own.find(path);
  return found == own.end() ? nullptr : &found->second;
}

recorded_step& history::at(const step_path& path) {
  return is_own(path) ? own.at(path) : steps.at(path);
}

void history::read_outcome(const record& r) {
  const auto x = json::parse(r.body);
  auto& s = at(r.step);
  s.attempts.open = false;
  s.charged = false;
  s.deaths = 0;
  auto ended = outcome_of(x);
  if (s.done_at == 0 && ended.ok() && is_own_deed(ended.get().source())
      && !skipped_.contains(r.step))
    s.done_at = r.seq;
  if (is_own(r.step)) {
    s.has_outcome = true;
    own.at(r.step).ended = std::move(ended);
    return;
  }
  if (x.value("held", false)) {
    held.insert_or_assign(r.step, std::move(ended));
    return;
  }
  held.erase(r.step);
  s.has_outcome = true;
  take_signal(s, ended);
  deliveries.push_back({r.step, std::move(ended), r.at, stands()});
}

void history::read_reopened(const record& r) {
  const auto x = json::parse(r.body);
  auto& s = at(r.step);
  s.has_outcome = false;
  s.attempts = {};
  if (x.value("revision", s.revision) != s.revision)
    held.erase(r.step); // of what was asked before
  s.asked = r.at;
  s.done_at = 0;
  s.reopenings = x.value("nth", 0U);
  retries += s.reopenings > 0 ? 1 : 0;
  if (const auto found = stuck.find(r.step);
      found != stuck.end()
      && stuck_finding_from(found->second).rung != stuck_rung::escalate)
    stuck.erase(found); // its outcome is to come again
  if (is_own(r.step))
    own.at(r.step).ended.reset();
  else // what was tried in its place is tried anew as well
    std::erase_if(own, [&r](const auto& o) {
      return fallback_number(o.first) != 0 && served_by(o.first) == r.step
             && o.second.done_at == 0;
    });
  s.revision = x.value("revision", s.revision);
  if (const auto edited = x.find("arguments"); edited != x.end())
    s.arguments_text = canonical(*edited);
  std::erase_if(deliveries,
                [&r](const delivery& d) { return d.path == r.step; });
}

void history::read_decided(const record& r) {
  const auto x = json::parse(r.body);
  const auto said = text_of(x.at("decision"), "verb");
  const auto ticket = parked.find(text_of(x, "ticket"));
  const auto approved
    = ticket != parked.end() && ticket->second.kind == ticket_kind::approval
      && (said == to_string(verb::approve) || said == to_string(verb::edit));
  const auto grant = approved ? ticket->first : std::string{};
  if (ticket != parked.end()) {
    if (const auto more = extension_of(ticket->second, x.at("decision")))
      extensions.push_back(*more);
    parked.erase(ticket);
  }
  if (parked.empty() && parked_since_)
    paused += std::max(r.at - *std::exchange(parked_since_, std::nullopt),
                       duration::zero());
  if (parked.empty()) { // a person's time is not the call's
    for (auto& [path, s] : steps)
      s.asked = s.has_outcome ? s.asked : std::max(s.asked, r.at);
    for (auto& [path, s] : own)
      s.asked = s.ended ? s.asked : std::max(s.asked, r.at);
  }
  crashes.clear();
  code_deaths = 0;
  code_charged = false;
  if (find(r.step) == nullptr)
    return;
  auto& s = at(r.step);
  s.deaths = 0;
  s.charged = false;
  s.reopenings = 0;
  s.grant = grant.empty() ? s.grant : grant;
  if (said == to_string(verb::abort))
    s.attempts.ended.reset(); // it is left at what is known
  if (said == to_string(verb::skip))
    skipped_.insert(r.step);
}

void history::read_death(const record& r) {
  const auto alone = json::parse(r.body).at("alone").get<bool>();
  auto& deaths = r.step.empty() ? code_deaths : at(r.step).deaths;
  auto& charged = r.step.empty() ? code_charged : at(r.step).charged;
  charged = true;
  if (!r.step.empty())
    at(r.step).charged_at = at(r.step).attempts.made;
  if (alone)
    ++deaths;
}

std::optional<run_row> present_run(store& in, run_number child) {
  auto row = in.find_run(child);
  while (row && row->state == run_state::continued) {
    const auto records = in.read(row->number, 0);
    const auto last
      = std::ranges::find(records, record_kind::continued, &record::kind);
    if (last == records.end())
      return std::nullopt;
    const auto next = parse_uuid(text_of(json::parse(last->body), "run"));
    row = next ? in.find_run(*next) : std::nullopt;
  }
  return row;
}

} // namespace stanchion

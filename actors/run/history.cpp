#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

value value_of(const json& body) {
  auto x = value{body.at("value")};
  if (const auto source = body.find("source");
      source != body.end() && *source != "primary")
    x = x.with_source(source->get<std::string>());
  if (const auto sure = body.find("confidence"); sure != body.end())
    x = x.with_confidence(sure->get<double>());
  return x;
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

std::optional<instant> instant_of(const json& body, const char* member) {
  const auto found = body.find(member);
  if (found == body.end())
    return std::nullopt;
  return from_micros(found->get<std::int64_t>());
}

} // namespace

history::history(std::span<const record> records) {
  for (const auto& r : records) {
    try {
      read(r);
    } catch (const json::exception& e) {
      throw error{error_code::store_damaged,
                  "record " + std::to_string(r.seq) + " of run "
                    + std::to_string(r.run) + " ("
                    + std::string{to_string(r.kind)} + ") cannot be read: "
                    + e.what() + "; run `stanchion journal verify`"};
    }
    next_seq = r.seq + 1;
  }
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
  const auto body = [&r] { return json::parse(r.body); };
  switch (r.kind) {
  case record_kind::started: {
    const auto x = body();
    agent = text_of(x, "agent");
    version = text_of(x, "version");
    depth = x.value("depth", 0U);
    input = value{x.at("input")};
    started = r.at;
    if (const auto found = x.find("budget"); found != x.end())
      given = budget_from_json(*found);
    break;
  }
  case record_kind::intent:
    read_intent(r);
    break;
  case record_kind::attempt: {
    ++attempts;
    auto& a = steps.at(r.step).attempts;
    a.made = body().at("n").get<std::uint32_t>();
    a.first = a.first.value_or(r.at);
    a.open = true;
    a.ended.reset();
    steps.at(r.step).due.reset();
    break;
  }
  case record_kind::attempt_end: {
    auto& a = steps.at(r.step).attempts;
    a.last = std::make_shared<const failure>(
      failure_from_json(body().at("failure")));
    a.open = false;
    a.ended = a.last->effect;
    if (a.made > steps.at(r.step).charged_at) { // the process outlived it
      steps.at(r.step).charged = false;
      steps.at(r.step).deaths = 0;
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
    auto& s = steps.at(r.step);
    s.due = instant_of(x, "until");
    s.waits_for
      = parse_wait_reason(text_of(x, "why")).value_or(wait_reason::backoff);
    break;
  }
  case record_kind::parked: {
    const auto x = body();
    const auto s = steps.find(r.step);
    if (parked.empty())
      parked_since_ = r.at;
    parked[text_of(x, "ticket")]
      = {.reason = parse_park_reason(text_of(x, "reason"))
                     .value_or(park_reason::requires_human),
         .step = r.step,
         .why = text_of(x, "why"),
         .version = x.value("version", 0U),
         .unknown = s != steps.end() && s->second.kind == step_kind::call
                    && s->second.attempts.ended == side_effect::unknown};
    break;
  }
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
      steps.at(r.step).deaths = 0;
      steps.at(r.step).charged = false;
    }
    break;
  case record_kind::abandoned:
    steps.at(r.step).abandoned = true;
    break;
  case record_kind::cancel:
    cancel_requested = true;
    cancel_reason = text_of(body(), "reason");
    break;
  default:
    break; // evidence only
  }
}

void history::read_intent(const record& r) {
  const auto x = json::parse(r.body);
  auto s = recorded_step{};
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
  steps.emplace(r.step, std::move(s));
}

void history::read_outcome(const record& r) {
  const auto x = json::parse(r.body);
  auto& s = steps.at(r.step);
  s.attempts.open = false;
  s.charged = false;
  s.deaths = 0;
  if (x.value("held", false)) {
    held.insert_or_assign(r.step, outcome_of(x));
    return;
  }
  held.erase(r.step);
  s.has_outcome = true;
  deliveries.push_back({r.step, outcome_of(x), r.at});
}

void history::read_reopened(const record& r) {
  const auto x = json::parse(r.body);
  auto& s = steps.at(r.step);
  s.has_outcome = false;
  s.attempts = {};
  s.revision = x.value("revision", s.revision);
  if (const auto edited = x.find("arguments"); edited != x.end())
    s.arguments_text = canonical(*edited);
  std::erase_if(deliveries,
                [&r](const delivery& d) { return d.path == r.step; });
}

void history::read_decided(const record& r) {
  const auto x = json::parse(r.body);
  const auto ticket = parked.find(text_of(x, "ticket"));
  if (ticket != parked.end()) {
    if (const auto more = extension_of(ticket->second, x.at("decision")))
      extensions.push_back(*more);
    parked.erase(ticket);
  }
  if (parked.empty() && parked_since_)
    paused += std::max(r.at - *std::exchange(parked_since_, std::nullopt),
                       duration::zero());
  crashes.clear();
  code_deaths = 0;
  code_charged = false;
  if (!r.step.empty() && steps.contains(r.step)) {
    steps.at(r.step).deaths = 0;
    steps.at(r.step).charged = false;
  }
}

void history::read_death(const record& r) {
  const auto alone = json::parse(r.body).at("alone").get<bool>();
  auto& deaths = r.step.empty() ? code_deaths : steps.at(r.step).deaths;
  auto& charged = r.step.empty() ? code_charged : steps.at(r.step).charged;
  charged = true;
  if (!r.step.empty())
    steps.at(r.step).charged_at = steps.at(r.step).attempts.made;
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

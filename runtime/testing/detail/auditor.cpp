#include <stanchion/actors/run/step.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/runtime/testing/detail/auditor.hpp>
#include <stanchion/supervisors/modes/modes.hpp>
#include <stanchion/supervisors/policy/mode_watch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

std::string label(const simulated_call& x) {
  return x.tool + " was asked for " + x.key + ", attempt "
         + std::to_string(x.attempt);
}

std::string label(const record& r) {
  return "record " + std::to_string(r.seq) + " of run " + std::to_string(r.run)
         + " (" + std::string{to_string(r.kind)} + ")";
}

bool acts(effect x) {
  return x != effect::read_only;
}

/// A key without its revision: the run and the step.
std::string step_in(const std::string& key) {
  return key.substr(0, key.rfind('/'));
}

std::string word_of(const std::string& whose, mode to) {
  return whose + " " + std::string{to_string(to)};
}

} // namespace

auditor::auditor(happened truth, limit most, asking asks)
  : truth_(std::move(truth)), most_(std::move(most)), asks_(std::move(asks)) {
  // nop
}

void auditor::complain(std::string rule, std::string what) {
  violations_.push_back({std::move(rule), std::move(what)});
}

// -- submitters ---------------------------------------------------------------

void auditor::acknowledged(const run_row& row) {
  const auto known = runs_.find(row.number);
  if (known == runs_.end() || known->second.next_seq == 0)
    complain("I1", "run " + to_string(row.id)
                     + " was acknowledged before it was durable");
  acknowledged_.push_back(row);
}

void auditor::started(store& in) {
  for (const auto& x : acknowledged_)
    if (const auto row = in.find_run(x.number); !row || row->id != x.id)
      complain("I1", "run " + to_string(x.id)
                       + " was acknowledged and is not in the store");
}

void auditor::process_died() {
  ++deaths_;
  // What only reads may have left before anything of it was durable: nobody
  // knows any more what it was asked.
  for (auto& [key, s] : steps_)
    if (s.reads && s.durable.empty())
      s.arguments.clear();
}

void auditor::heard(const event& x) {
  if (x.kind == event_kind::child_down)
    ++crashes_;
  else if (x.kind == event_kind::replay_differed)
    complain("I13", "a second replay of run " + to_string(x.run)
                      + " asked for something else: " + x.fields);
}

// -- tools --------------------------------------------------------------------

void auditor::attempted(const simulated_call& x) {
  auto& s = steps_[x.key];
  if (s.outcome)
    complain("I3", label(x) + " although its outcome is on record");
  s.reads = !acts(x.effect);
  if (s.arguments.empty())
    s.arguments = x.arguments;
  else if (s.arguments != x.arguments)
    complain("I5", label(x) + " with " + x.arguments + " and not with "
                     + s.arguments);
  if (asks_(x.tool))
    check_approved(x);
  check_mode(x);
  if (acts(x.effect)) {
    check_order(x, s);
    check_repeat(x, s);
  }
  const auto most = most_(x.tool) * (1 + s.words) + deaths_ + crashes_;
  if (x.attempt > most)
    complain("I9", label(x) + ", and at most " + std::to_string(most)
                     + " were allowed");
  s.asked = x.attempt;
}

void auditor::check_order(const simulated_call& x, const step_facts& s) {
  if (!s.durable.contains(x.attempt))
    complain("I2", label(x) + " before that was durable");
}

void auditor::check_repeat(const simulated_call& x, step_facts& s) {
  if (x.effect == effect::idempotent)
    return;
  if (std::exchange(s.permitted, false))
    return;
  if (truth_(x.key))
    complain("I4", label(x) + " although it has happened");
  if (s.asked != 0) {
    const auto end = s.ends.find(s.asked);
    if (end == s.ends.end() || !end->second)
      complain("I4", label(x) + " although nobody knew what became of attempt "
                       + std::to_string(s.asked));
  }
}

void auditor::check_approved(const simulated_call& x) {
  const auto found = approved_.find(step_in(x.key));
  if (found == approved_.end())
    complain("I5", label(x) + " although nobody had approved it");
  else if (found->second != to_string(sha256(x.arguments)))
    complain("I5", label(x) + " with " + x.arguments
                     + ", and people had approved other arguments");
}

// -- the store ----------------------------------------------------------------

void auditor::committed(const batch& x, instant now) {
  for (const auto& row : x.runs) {
    auto& run = runs_[row.number];
    run.id = to_string(row.id);
    run.agent = row.agent;
    by_id_[run.id] = row.number;
  }
  for (const auto& f : x.facts)
    mode_taken(f, now);
  for (const auto& t : x.tickets)
    if (t.run != 0 && t.decided
        && decided_.insert(t.id + " " + std::to_string(t.version)).second)
      word_taken(t);
  for (const auto& r : x.records)
    record_taken(r, now);
}

void auditor::word_taken(const ticket& t) {
  if (t.kind == ticket_kind::approval) {
    if (t.decided->verb == verb::approve || t.decided->verb == verb::edit)
      approved_[to_string(t.run_id) + "/" + t.step] = t.terms.digest;
    return; // it says nothing about attempts that were made
  }
  auto* s = step_of(runs_[t.run], t.step);
  if (s == nullptr)
    return;
  ++s->words;
  s->permitted = t.decided->verb != verb::happened;
}

void auditor::record_taken(const record& r, instant now) {
  auto& run = runs_[r.run];
  if (r.seq != run.next_seq)
    complain("I6", label(r) + " came instead of record "
                     + std::to_string(run.next_seq));
  run.next_seq = r.seq + 1;
  if (run.over && r.kind != record_kind::late)
    complain("I6", label(r) + " follows the one that ended the run");
  if (!run.over && is_terminal(r.kind)) {
    check_undone(run, r);
    check_settled(run, r);
  }
  if (run.cancelled && !run.over
      && (r.kind == record_kind::completed || r.kind == record_kind::continued))
    complain("I16", label(r) + " although the run was cancelled");
  run.over = run.over || is_terminal(r.kind);
  switch (r.kind) {
  case record_kind::attempt: {
    const auto body = json::parse(r.body);
    const auto key = body.value("key", "");
    run.keys[r.step] = key;
    steps_[key].durable.insert(body.value("n", 0U));
    return;
  }
  case record_kind::intent:
    return intent_taken(run, r);
  case record_kind::attempt_end:
    return end_taken(run, r);
  case record_kind::outcome:
    return outcome_taken(run, r);
  case record_kind::reopened:
    return reopened(run, r);
  case record_kind::mode:
    return own_mode_taken(run, r, now);
  case record_kind::cancel:
    run.cancelled = true;
    return;
  default:
    return;
  }
}

void auditor::intent_taken(run_facts& run, const record& r) {
  if (run.cancelled && !is_undo(r.step))
    complain("I16", label(r) + " although the run was cancelled");
  const auto body = json::parse(r.body);
  if (!body.value("undo", "").empty())
    run.undoable.insert(r.step);
  const auto kind = body.value("effect", "");
  if (!kind.empty() && kind != to_string(effect::read_only))
    run.acting.insert(r.step);
}

void auditor::end_taken(run_facts& run, const record& r) {
  auto* s = step_of(run, r.step);
  if (s == nullptr)
    return;
  const auto body = json::parse(r.body);
  const auto effect = body.at("failure").value("side_effect", "unknown");
  s->ends[body.value("n", 0U)] = effect != "unknown";
}

void auditor::outcome_taken(run_facts& run, const record& r) {
  auto* s = step_of(run, r.step);
  if (s == nullptr)
    return;
  s->outcome = true;
  const auto body = json::parse(r.body);
  const auto source = body.value("source", "");
  const auto says_so = source.starts_with("person:");
  const auto did = source == "primary" || source == "reconciled"
                   || (says_so && truth_(run.keys[r.step]));
  if (did && run.undoable.contains(r.step)
      && std::ranges::find(run.done, r.step) == run.done.end())
    run.done.push_back(r.step);
  if (!source.empty() && is_undo(r.step))
    undone(run, r);
  const auto done = run.acting.contains(r.step)
                    && (source == "primary" || source == "reconciled");
  const auto& key = run.keys[r.step];
  if (done && !truth_(key))
    complain("I14", key
                      + " is recorded as done, and its tool knows nothing of "
                        "it");
}

void auditor::undone(run_facts& run, const record& r) {
  const auto of = served_by(r.step);
  if (!run.undoable.contains(of))
    return; // another run's, or the agent's own word
  if (run.done.empty() || run.done.back() != of)
    return complain("I15", label(r) + " is not about what was done last");
  run.done.pop_back();
}

void auditor::check_undone(const run_facts& run, const record& r) {
  const auto gives_up
    = r.kind == record_kind::failed || r.kind == record_kind::cancelled;
  if (gives_up && !run.done.empty())
    complain("I15",
             label(r) + ", and step " + run.done.back() + " was not undone");
}

void auditor::check_settled(const run_facts& run, const record& r) {
  for (const auto& step : run.acting) {
    const auto key = run.keys.find(step);
    const auto found
      = key == run.keys.end() ? steps_.end() : steps_.find(key->second);
    if (found == steps_.end())
      continue;
    const auto& s = found->second;
    if (s.outcome || s.words != 0 || s.asked == 0)
      continue;
    const auto end = s.ends.find(s.asked);
    if (end == s.ends.end() || !end->second)
      complain("I17",
               label(r) + ", and nobody knows what became of step " + step);
  }
}

void auditor::reopened(run_facts& run, const record& r) {
  if (auto* s = step_of(run, r.step)) {
    s->outcome = false;
    run.keys.erase(r.step);
  }
}

auditor::step_facts* auditor::step_of(run_facts& run, const step_path& step) {
  const auto key = run.keys.find(step);
  return key == run.keys.end() ? nullptr : &steps_[key->second];
}

// -- modes --------------------------------------------------------------------

bool auditor::known_mode::set(mode to, instant now) {
  const auto before = std::exchange(mode_, to);
  const auto loosest = now == since_ ? loosest_ : before;
  loosest_ = std::min(loosest, to);
  since_ = now;
  return to < before;
}

void auditor::said(const std::string& agent, mode to) {
  said_.insert(word_of(agent, to));
}

void auditor::mode_taken(const fact& x, instant now) {
  const auto prefix = mode_fact("");
  if (!x.key.starts_with(prefix))
    return;
  const auto agent = x.key.substr(prefix.size());
  const auto to = parse_mode_setting(x.text);
  if (modes_[agent].set(to.mode, now))
    check_widened(agent, to);
}

void auditor::own_mode_taken(run_facts& run, const record& r, instant now) {
  const auto doc = json::parse(r.body);
  const auto to
    = mode_setting{parse_mode(doc.value("own", "autonomous")).value(),
                   doc.value("by", ""),
                   {}};
  if (run.own.set(to.mode, now))
    check_widened(run.id, to);
}

void auditor::check_widened(const std::string& whose, const mode_setting& to) {
  if (to.by != mode_rule && !said_.contains(word_of(whose, to.mode)))
    complain("I10", whose + " may do more (" + std::string{to_string(to.mode)}
                      + ", by " + to.by + "), and nobody has said so");
}

void auditor::check_mode(const simulated_call& x) {
  const auto [id, path] = place_of(x.key);
  const auto& run = runs_[by_id_[to_string(id)]];
  const auto allowed
    = stricter(modes_[""].at(x.at),
               stricter(modes_[run.agent].at(x.at), run.own.at(x.at)));
  const auto asked_for = approved_.contains(step_in(x.key)) || is_undo(path);
  if (allowed == mode::stopped
      || (allowed == mode::advisory && acts(x.effect) && !asked_for))
    complain("I10", label(x) + " although " + run.agent + " was "
                      + std::string{to_string(allowed)});
}

// -- the end ------------------------------------------------------------------

void auditor::over(std::size_t actors, std::size_t at_first) {
  if (actors > at_first)
    complain("I11", std::to_string(actors)
                      + " actors live although nothing is "
                        "open; they were "
                      + std::to_string(at_first)
                      + " before there was anything");
}

void auditor::quiet(store& in,
                    const std::function<bool(const run_row&)>& waits) {
  in.each_open_run([&](const run_row& row) {
    if (!waits(row))
      complain("I8", "run " + to_string(row.id) + " of agent " + row.agent
                       + " is " + std::string{to_string(row.state)}
                       + (row.waiting_for.empty() ? "" : ": " + row.waiting_for)
                       + "; nothing will ever move it");
  });
  for (const auto& damage : in.verify().damages)
    complain("I6", "the store says: " + damage.what);
}

} // namespace stanchion::detail

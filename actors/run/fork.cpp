#include <stanchion/actors/run/fork.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <set>

namespace stanchion {

namespace {

json body_of(const record& r) {
  return json::parse(r.body);
}

/// The step of the program that a step is for.
step_path program_step(step_path path) {
  while (is_own(path))
    path = served_by(path);
  return path;
}

/// Where `at` was asked for; behind the last record for none.
std::size_t cut_of(const std::vector<record>& xs, const step_path& at) {
  if (at.empty())
    return xs.size();
  const auto asked = std::ranges::find_if(xs, [&at](const record& r) {
    return r.kind == record_kind::intent && r.step == at;
  });
  return static_cast<std::size_t>(asked - xs.begin());
}

/// Steps whose outcome had reached the program by then.
std::set<step_path> settled_by(const std::vector<record>& xs, std::size_t cut) {
  auto settled = std::set<step_path>{};
  for (auto i = std::size_t{0}; i < cut; ++i) {
    const auto& r = xs[i];
    if (r.kind == record_kind::outcome && !body_of(r).value("held", false))
      settled.insert(r.step);
    else if (r.kind == record_kind::reopened)
      settled.erase(r.step);
  }
  return settled;
}

// -- what was done ------------------------------------------------------------

/// What a run's records say about one of its calls.
struct call_trace {
  past_act act;
  bool acted = false;
  /// Of those since it was last reopened: whether each may have acted.
  std::map<std::uint32_t, bool> attempts = {};

  [[nodiscard]] bool may_have_acted() const {
    return acted || std::ranges::any_of(attempts, [](const auto& x) {
             return x.second;
           });
  }
};

bool may_act(const json& failure) {
  const auto effect = failure_from_json(failure).effect;
  return effect == side_effect::unknown;
}

/// One run, read for what it did.
struct run_acts {
  run_row row;
  std::vector<step_path> order = {}; ///< of `calls`, as they were asked for
  std::map<step_path, call_trace> calls = {};
  std::map<step_path, run_number> children = {};
  std::set<step_path> undone = {}; ///< own steps that undid something

  void read(const record& r) {
    const auto body = body_of(r);
    if (r.kind == record_kind::intent)
      return intent(r, body);
    if (r.kind == record_kind::outcome && is_undo(r.step)
        && !body.contains("failure"))
      undone.insert(r.step);
    const auto found = calls.find(r.step);
    if (found == calls.end())
      return;
    auto& x = found->second;
    switch (r.kind) {
    case record_kind::attempt:
      x.attempts[body.at("n").get<std::uint32_t>()] = true;
      break;
    case record_kind::attempt_end:
      x.attempts[body.at("n").get<std::uint32_t>()]
        = may_act(body.at("failure"));
      break;
    case record_kind::outcome:
      outcome(x, body);
      break;
    case record_kind::late:
      x.acted = x.acted || !body.contains("failure");
      break;
    case record_kind::reopened:
      x.acted = x.may_have_acted();
      x.attempts.clear();
      x.act.revision = body.value("revision", x.act.revision);
      if (const auto edited = body.find("arguments"); edited != body.end())
        x.act.digest = to_string(sha256(canonical(*edited, wrapping_limits)));
      break;
    default:
      break;
    }
  }

private:
  void intent(const record& r, const json& body) {
    const auto kind = parse_step_kind(body.value("kind", std::string{}));
    if (kind == step_kind::spawn && body.contains("child_number"))
      children[r.step] = body.at("child_number").get<run_number>();
    const auto effect = parse_effect(body.value("effect", std::string{}));
    if (kind != step_kind::call || !effect || *effect == effect::read_only
        || is_undo(r.step))
      return;
    auto x = call_trace{};
    x.act = {.run = row.id,
             .step = r.step,
             .tool = body.value("name", std::string{}),
             .effect = *effect};
    if (const auto given = body.find("arguments"); given != body.end())
      x.act.digest = to_string(sha256(canonical(*given, wrapping_limits)));
    if (calls.emplace(r.step, std::move(x)).second)
      order.push_back(r.step);
  }

  static void outcome(call_trace& x, const json& body) {
    const auto last = x.attempts.rbegin();
    if (const auto why = body.find("failure"); why != body.end()) {
      if (last != x.attempts.rend())
        last->second = may_act(*why);
      return;
    }
    x.act.source = body.value("source", std::string{});
    x.acted
      = x.acted || x.act.source == "primary" || x.act.source == "reconciled";
  }
};

/// Where it may be recorded that an act was undone: in the run itself, and in
/// those whose list it stands on.
using undoer = std::pair<std::string, const std::set<step_path>*>;

class act_collector {
public:
  explicit act_collector(store& in) : in_(in) {
    // nop
  }

  /// `kept`: steps of the first run that do not count.
  void add(const run_row& first, const std::set<step_path>& kept,
           const std::vector<undoer>& above) {
    auto chain = std::vector<const run_acts*>{};
    for (auto row = std::optional{first};
         row && seen_.insert(row->number).second; row = next_of(*row))
      chain.push_back(&read(*row));
    for (auto i = std::size_t{0}; i < chain.size(); ++i) {
      auto undoers = above;
      auto prefix = std::string{};
      for (auto j = i; j < chain.size(); ++j) {
        undoers.emplace_back(prefix, &chain[j]->undone);
        prefix += "before~";
      }
      add_run(*chain[i], i == 0 ? kept : std::set<step_path>{}, undoers);
    }
  }

  [[nodiscard]] std::vector<past_act> take() {
    return std::move(acts_);
  }

private:
  const run_acts& read(const run_row& row) {
    auto& run = runs_.emplace_back(run_acts{.row = row});
    auto records = in_.read(row.number, 0);
    for (const auto& r : records)
      if (!is_terminal(r.kind))
        run.read(r);
    return run;
  }

  std::optional<run_row> next_of(const run_row& row) {
    if (row.state != run_state::continued)
      return std::nullopt;
    for (const auto& r : in_.read(row.number, 0))
      if (r.kind == record_kind::continued)
        if (const auto id = parse_uuid(body_of(r).value("run", std::string{})))
          return in_.find_run(*id);
    return std::nullopt;
  }

  void add_run(const run_acts& run, const std::set<step_path>& kept,
               const std::vector<undoer>& undoers) {
    for (const auto& path : run.order) {
      const auto& x = run.calls.at(path);
      if (kept.contains(program_step(path)) || !x.may_have_acted())
        continue;
      acts_.push_back(x.act);
      acts_.back().undone
        = std::ranges::any_of(undoers, [&path](const undoer& u) {
            return u.second->contains(u.first + undo_path(path));
          });
    }
    for (const auto& [path, number] : run.children)
      if (const auto child = in_.find_run(number);
          child && !kept.contains(path))
        add(*child, {}, below(undoers, path));
  }

  static std::vector<undoer> below(std::vector<undoer> undoers,
                                   const step_path& path) {
    for (auto& [prefix, steps] : undoers)
      prefix += path + "~";
    return undoers;
  }

  store& in_;
  std::list<run_acts> runs_; // addresses are stable
  std::set<run_number> seen_;
  std::vector<past_act> acts_;
};

/// All that it did but in these steps.
std::vector<past_act> acts_beside(store& in, const run_row& row,
                                  const std::set<step_path>& kept) {
  auto all = act_collector{in};
  all.add(row, kept, {});
  return all.take();
}

// -- what is kept -------------------------------------------------------------

/// Which of a run's records a fork begins with.
class inheritance {
public:
  inheritance(const std::vector<record>& xs, std::size_t cut)
    : settled_(settled_by(xs, cut)) {
    for (auto i = std::size_t{0}; i < cut; ++i)
      if (xs[i].kind == record_kind::decided)
        decided_.insert(body_of(xs[i]).value("ticket", std::string{}));
  }

  [[nodiscard]] bool keeps(const record& r) const {
    switch (r.kind) {
    case record_kind::side_value:
    case record_kind::patch:
    case record_kind::mode:
    case record_kind::signal:
      return true;
    case record_kind::parked:
    case record_kind::decided:
      return (r.step.empty() || is_settled(r.step))
             && decided_.contains(body_of(r).value("ticket", std::string{}));
    case record_kind::intent:
    case record_kind::abandoned:
      return is_own(r.step) ? !is_undo(r.step) && is_settled(r.step) : true;
    case record_kind::started:
    case record_kind::crash:
    case record_kind::cancel:
    case record_kind::undoing:
      return false;
    default:
      return !is_terminal(r.kind) && !r.step.empty() && !is_undo(r.step)
             && is_settled(r.step);
    }
  }

  [[nodiscard]] const std::set<step_path>& settled() const {
    return settled_;
  }

private:
  [[nodiscard]] bool is_settled(const step_path& path) const {
    return settled_.contains(program_step(path));
  }

  std::set<step_path> settled_;
  std::set<std::string> decided_; // tickets
};

[[noreturn]] void conflict(const run_row& row, const std::string& why) {
  throw error{error_code::run_conflict, "run " + to_string(row.id) + why};
}

/// The step of which the journal and the program say different things.
step_path divergence_of(store& in, const run_row& row) {
  for (const auto& t :
       in.list_tickets({.states = {ticket_state::open},
                        .run = row.number,
                        .reason = park_reason::nondeterminism})) {
    const auto context = json::parse(t.context, nullptr, false);
    if (context.is_object())
      if (const auto found = context.find("evidence"); found != context.end())
        return found->value("step", std::string{});
  }
  return {};
}

step_path default_point(store& in, const run_row& row, const history& past) {
  if (row.state == run_state::parked) {
    const auto at = divergence_of(in, row);
    return past.steps.contains(at) ? at : step_path{};
  }
  if (row.state == run_state::completed || row.state == run_state::continued)
    throw error{error_code::usage,
                "run " + to_string(row.id) + " ended well ("
                  + std::string{to_string(row.state)}
                  + "): say with --at from which step on it is to be done "
                    "anew; `run show` lists its steps"};
  const auto failed
    = !past.deliveries.empty() && !past.deliveries.back().content.ok();
  return failed ? past.deliveries.back().path : step_path{};
}

void require_step(const run_row& row, const history& past,
                  const step_path& at) {
  if (!past.steps.contains(at))
    throw error{error_code::usage,
                "run " + to_string(row.id) + " has no step " + at
                  + " that its program asked for; `run show` lists them"};
}

/// Nobody would tell the fork when another run's child ends.
void require_children_over(store& in, const run_row& row, const history& past,
                           const std::set<step_path>& settled) {
  for (const auto& path : settled) {
    const auto found = past.steps.find(path);
    if (found == past.steps.end() || found->second.kind != step_kind::spawn)
      continue;
    const auto child = present_run(in, found->second.child_number);
    if (child && !is_terminal(child->state))
      conflict(row, " spawned " + to_string(child->id) + " at step " + path
                      + ", which has not ended: wait for it or cancel it, or "
                        "fork before that step");
  }
}

/// A fork stands for itself: nobody spawned it, and it carries nothing on.
std::string first_body(const record& started, const fork_origin& origin,
                       const run_row& row) {
  auto body = body_of(started);
  for (const auto* member : {"parent", "parent_step", "before", "fork"})
    body.erase(member);
  body["agent"] = row.agent;
  body["version"] = row.version;
  body["fork"] = json(origin);
  return canonical(body, wrapping_limits);
}

} // namespace

void to_json(json& to, const past_act& from) {
  to = {{"run", to_string(from.run)}, {"step", from.step},
        {"tool", from.tool},          {"effect", to_string(from.effect)},
        {"digest", from.digest},      {"undone", from.undone}};
  if (from.revision != 0)
    to["revision"] = from.revision;
  if (!from.source.empty())
    to["source"] = from.source;
}

std::string to_line(const std::vector<past_act>& xs) {
  if (xs.empty())
    return {};
  const auto& last = xs.back();
  auto text = "run " + to_string(last.run) + ", behind the point of the fork, "
              + (last.source.empty() ? "may have done it" : "has done it")
              + " at step " + last.step
              + (last.undone ? ", and undone it since" : "");
  if (xs.size() > 1)
    text += ", and " + std::to_string(xs.size() - 1) + " times before";
  return text;
}

void to_json(json& to, const fork_origin& from) {
  to = {{"run", to_string(from.run)},
        {"number", from.number},
        {"records", from.inherited},
        {"when", to_micros(from.when)},
        {"acts", from.acts}};
  if (!from.at.empty())
    to["at"] = from.at;
  if (from.open)
    to["open"] = true;
  if (from.handed_on)
    to["handed_on"] = true;
}

fork_origin fork_origin_from_json(const json& from) {
  auto x
    = fork_origin{.run = parse_uuid(from.at("run").get<std::string>()).value(),
                  .number = from.at("number").get<run_number>(),
                  .at = from.value("at", step_path{}),
                  .inherited = from.at("records").get<std::uint32_t>(),
                  .handed_on = from.value("handed_on", false),
                  .when = from_micros(from.at("when").get<std::int64_t>()),
                  .open = from.value("open", false)};
  for (const auto& each : from.at("acts"))
    x.acts.push_back(
      {.run = parse_uuid(each.at("run").get<std::string>()).value(),
       .step = each.at("step").get<step_path>(),
       .revision = each.value("revision", 0U),
       .tool = each.at("tool").get<std::string>(),
       .effect = parse_effect(each.at("effect").get<std::string>())
                   .value_or(effect::once),
       .digest = each.value("digest", std::string{}),
       .source = each.value("source", std::string{}),
       .undone = each.value("undone", false)});
  return x;
}

std::vector<past_act> acts_behind(store& in, const run_row& row,
                                  const step_path& at) {
  const auto records = in.read(row.number, 0);
  return acts_beside(in, row, settled_by(records, cut_of(records, at)));
}

fork_plan plan_fork(store& in, const run_row& row,
                    const std::optional<step_path>& at, instant now) {
  if (!is_terminal(row.state) && row.state != run_state::parked)
    conflict(row, " is " + std::string{to_string(row.state)}
                    + ": only a run that is parked or has ended is forked; "
                      "cancel it first, or wait");
  const auto records = in.read(row.number, 0);
  const auto past = history{records};
  const auto point = at ? *at : default_point(in, row, past);
  if (!point.empty())
    require_step(row, past, point);
  const auto cut = cut_of(records, point);
  const auto kept = inheritance{records, cut};
  require_children_over(in, row, past, kept.settled());
  auto plan = fork_plan{.origin = {.run = row.id,
                                   .number = row.number,
                                   .at = point,
                                   .when = now,
                                   .open = !is_terminal(row.state)}};
  plan.origin.acts = acts_beside(in, row, kept.settled());
  for (const auto& x : acts_beside(in, row, {}))
    if (x.undone && x.run == row.id
        && kept.settled().contains(program_step(x.step)))
      plan.undone_before.push_back(x);
  plan.records.push_back(records.front());
  for (auto i = std::size_t{1}; i < cut; ++i)
    if (kept.keeps(records[i]))
      plan.records.push_back(records[i]);
  plan.origin.inherited = static_cast<std::uint32_t>(plan.records.size() - 1);
  return plan;
}

batch fork_batch(const fork_plan& plan, const run_row& row,
                 const std::function<std::pair<run_id, run_number>()>& name) {
  const auto settled = settled_by(plan.records, plan.records.size());
  auto x = batch{};
  for (const auto& from : plan.records) {
    auto r = from;
    r.run = row.number;
    r.seq = static_cast<std::uint32_t>(x.records.size());
    if (r.kind == record_kind::started) {
      r.body = first_body(from, plan.origin, row);
      if (plan.origin.inherited == 0)
        r.at = plan.origin.when;
    } else if (r.kind == record_kind::intent && !settled.contains(r.step)) {
      auto body = body_of(r);
      const auto kind = parse_step_kind(body.value("kind", std::string{}));
      if (kind == step_kind::spawn || kind == step_kind::renewal) {
        const auto [id, number] = name();
        body["child"] = to_string(id);
        body["child_number"] = number;
        r.body = canonical(body, wrapping_limits);
      }
    }
    x.records.push_back(std::move(r));
  }
  x.runs.push_back(row);
  return x;
}

} // namespace stanchion

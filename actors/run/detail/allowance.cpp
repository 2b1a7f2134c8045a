#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/defaults.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

/// What is added where `much` takes the place of `before`.
agent_use gap_of(const spending& before, const spending& much) {
  const auto gap = [](std::uint64_t from, std::uint64_t to) {
    return static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
  };
  return {.tokens = gap(before.tokens, much.tokens),
          .cost = gap(before.cost, much.cost)};
}

} // namespace

void run_actor::allow(history& past) {
  past.know_limits(options_.program->limits());
  if (past.limits.empty() && !shares_cost())
    return;
  if (allowance_ && allowance_->timer != 0)
    cancel(allowance_->timer);
  allowance_ = std::make_unique<allowance>(
    allowance{.limits = past.limits.empty() ? budget{} : past.limits.back(),
              .used = {.steps = static_cast<std::uint32_t>(past.steps.size()),
                       .attempts = past.attempts,
                       .spent = past.spent},
              .reserved = past.reserved,
              .since = past.started + past.paused,
              .paused = past.paused,
              .extensions = past.extensions.size()});
}

/// A process may have died between the step too many and the park.
bool run_actor::park_if_spent() {
  if (!allowance_)
    return false;
  const auto& limits = allowance_->limits;
  const auto& used = allowance_->used;
  if (limits.time && now() >= *deadline()) {
    park({.reason = park_reason::deadline_exceeded,
          .title = "its deadline of " + to_text(*limits.time) + " has passed",
          .suggestion = "extend it, or abort"});
    return true;
  }
  if (limits.steps && used.steps > *limits.steps) {
    park({.reason = park_reason::step_limit,
          .title
          = "it wants more than " + std::to_string(*limits.steps) + " steps",
          .suggestion = "see whether it goes in circles; extend, or abort"});
    return true;
  }
  return false;
}

// -- counting -----------------------------------------------------------------

bool run_actor::count_step() {
  use({.steps = 1});
  if (!allowance_)
    return true;
  const auto& most = allowance_->limits.steps;
  const auto used = ++allowance_->used.steps;
  if (most)
    say_low("steps", *most, used - 1, used);
  return !most || used <= *most;
}

void run_actor::count_attempt() {
  use({.attempts = 1});
  if (!allowance_)
    return;
  const auto used = ++allowance_->used.attempts;
  if (const auto& most = allowance_->limits.attempts)
    say_low("attempts", *most, used - 1, used);
}

bool run_actor::attempts_spent(const step& s) {
  if (!allowance_ || is_undo(s.path))
    return false;
  if (cannot_afford(s))
    return true;
  if (!allowance_->limits.attempts
      || allowance_->used.attempts < *allowance_->limits.attempts)
    return false;
  park({.reason = park_reason::budget_exhausted,
        .step = s.path,
        .revision = s.revision,
        .title = s.name + " needs another attempt, and all "
                 + std::to_string(*allowance_->limits.attempts)
                 + " of the run are used up",
        .suggestion = "see what keeps failing; extend, or abort"});
  return true;
}

void run_actor::say_low(std::string_view limit, std::uint64_t most,
                        std::uint64_t before, std::uint64_t used) {
  const auto percent = defaults::budget_warning;
  if (reached(most, used, percent) && !reached(most, before, percent))
    publish(event_kind::budget_low, severity::warning,
            json{{"limit", limit}, {"most", most}, {"used", used}}.dump());
}

void run_actor::begin_beyond(step& s) {
  if (s.kind == step_kind::call)
    if (const auto tool = services_.tools->find(s.name))
      s.tool_effect = tool->tool_effect;
  if (s.kind == step_kind::spawn || s.kind == step_kind::renewal)
    name_child(s);
  const auto tool
    = s.kind == step_kind::call ? services_.tools->find(s.name) : std::nullopt;
  const auto undo = tool ? std::string_view{tool->traits->undo} : "";
  has_acts_ = has_acts_ || !undo.empty();
  s.asked = now();
  log_->add(record_kind::intent, s.path, bodies::intent(s, undo), now());
  if (!engine_->frozen())
    park_if_spent();
}

// -- what calls cost ----------------------------------------------------------

bool run_actor::shares_cost() const {
  return services_.ledger
         && services_.ledger->limits_cost(options_.program->name());
}

bool run_actor::counts_cost() const {
  return allowance_
         && (allowance_->limits.tokens || allowance_->limits.cost
             || shares_cost());
}

void run_actor::use(const agent_use& x) const {
  if (services_.ledger)
    services_.ledger->add(options_.program->name(), x, now());
}

spending run_actor::most_cost(const step& s) const {
  if (!counts_cost())
    return {};
  const auto tool = services_.tools->find(s.name);
  return tool && tool->traits->costs ? tool->traits->costs(s.arguments)
                                     : spending{};
}

bool run_actor::knows_cost(step& s) {
  auto problem = std::string{};
  try {
    static_cast<void>(most_cost(s));
    return true;
  } catch (const std::exception& e) {
    problem = e.what();
  } catch (...) {
    problem = "no reason is given";
  }
  call_ended(s, refused(failure_kind::internal,
                        "nobody can say what the call costs: " + problem));
  return false;
}

bool run_actor::cannot_afford(const step& s) {
  if (!counts_cost())
    return false;
  const auto& limits = allowance_->limits;
  const auto after = allowance_->used.spent + most_cost(s);
  const auto tokens = limits.tokens && after.tokens > *limits.tokens;
  const auto cost = limits.cost && after.cost > *limits.cost;
  if (!tokens && !cost)
    return false;
  const auto what = std::string{tokens ? "tokens" : "cost"};
  const auto most = tokens ? *limits.tokens : *limits.cost;
  const auto used
    = tokens ? allowance_->used.spent.tokens : allowance_->used.spent.cost;
  park({.reason = park_reason::budget_exhausted,
        .step = s.path,
        .revision = s.revision,
        .title = s.name + " may need more " + what
                 + " than there are: " + std::to_string(used) + " of "
                 + std::to_string(most) + " are used up or set aside",
        .suggestion = "see what they went into; extend, or abort"});
  return true;
}

spending run_actor::reserve(const step& s) {
  if (!counts_cost() || is_undo(s.path))
    return {};
  // Of an attempt before, of which nobody has said what it cost, it stays
  // spent.
  allowance_->reserved.erase(s.path);
  const auto much = most_cost(s);
  if (much.nothing())
    return {};
  allowance_->reserved[s.path] = much;
  charge({}, much);
  use(gap_of({}, much));
  return much;
}

void run_actor::settle_cost(const step& s, const std::optional<spending>& said,
                            side_effect effect) {
  auto before = spending{};
  if (allowance_)
    if (const auto set_aside = allowance_->reserved.extract(s.path))
      before = set_aside.mapped();
  if (!said && (before.nothing() || effect != side_effect::not_started))
    return; // it counts as what was set aside
  const auto much = said.value_or(spending{});
  if (allowance_)
    charge(before, much);
  use(gap_of(before, much));
  log_->add(record_kind::spent, s.path, bodies::spent(s.attempts.made, much),
            now());
}

/// `much` takes the place of `before`.
void run_actor::charge(const spending& before, const spending& much) {
  const auto& limits = allowance_->limits;
  const auto old = allowance_->used.spent;
  const auto& spent = allowance_->used.spent = old - before + much;
  if (limits.tokens)
    say_low("tokens", *limits.tokens, old.tokens, spent.tokens);
  if (limits.cost)
    say_low("cost", *limits.cost, old.cost, spent.cost);
}

void run_actor::pay_for(const step& s, const run_row& child) {
  if (!counts_cost() || rare().paid.contains(s.child))
    return;
  auto much = spending{};
  for (auto n = child.number; n != 0;) { // and of those it carries on
    const auto past = history{services_.store->read(n, 0)};
    much = much + past.spent;
    n = past.before;
  }
  if (much.nothing())
    return;
  rare().paid.insert(s.child);
  charge({}, much);
  log_->add(record_kind::spent, s.path, bodies::spent(0, much), now());
}

// -- time ---------------------------------------------------------------------

std::optional<instant> run_actor::deadline() const {
  if (!allowance_ || !allowance_->limits.time)
    return std::nullopt;
  return allowance_->since + *allowance_->limits.time;
}

/// Wakes the run where its time is nearly up, and where it is. An evicted run
/// is woken by the timers.
void run_actor::watch_time() {
  const auto end = deadline();
  if (!end)
    return;
  const auto limit = *allowance_->limits.time;
  const auto warning
    = *end - limit / 100 * (100 - static_cast<int>(defaults::budget_warning));
  const auto next = now() < warning ? warning : *end;
  allowance_->timer = after(std::max(next - now(), duration::zero()), [this] {
    on_time();
    settle();
  });
}

void run_actor::on_time() {
  allowance_->timer = 0;
  if (over_ || cancelling_ || ending_ || finishing_ || reloading_
      || is_undoing() || !parked_.empty())
    return; // it is over, or stands still and looks again when it goes on
  if (park_if_spent())
    return;
  const auto limit = *allowance_->limits.time;
  publish(event_kind::budget_low, severity::warning,
          json{{"limit", "time"},
               {"most", limit.count()},
               {"used", (now() - allowance_->since).count()}}
            .dump());
  watch_time();
}

budget run_actor::remaining() const {
  if (!allowance_)
    return {};
  auto used = allowance_->used;
  used.time = now() - allowance_->since;
  return rest(allowance_->limits, used);
}

} // namespace stanchion::detail

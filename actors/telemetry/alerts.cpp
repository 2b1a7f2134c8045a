#include <stanchion/actors/telemetry/alerts.hpp>
#include <stanchion/core/problem_list.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

using nlohmann::json;

constexpr std::uint32_t usual_windows = 4;

double seconds(duration x) {
  return std::chrono::duration<double>(x).count();
}

} // namespace

std::vector<std::string> validate(const alert_options& x) {
  auto problems = problem_list{"alerts"};
  const auto positive = [&](duration d, const char* field) {
    problems.require(d > duration::zero(), field, "must be longer than zero");
  };
  problems.require(x.spike_least > 0, "spike_least", "must be at least 1");
  problems.require(x.spike_factor >= 1, "spike_factor", "must be at least 1");
  positive(x.spike_window, "spike_window");
  problems.require(x.retries_factor > 1, "retries_factor",
                   "must be more than 1");
  problems.require(x.retries_least >= 0, "retries_least",
                   "must not be negative");
  problems.require(x.retries_runs > 0, "retries_runs", "must be at least 1");
  positive(x.retries_window, "retries_window");
  positive(x.critical_quiet, "critical_quiet");
  problems.require(x.open_tickets > 0, "open_tickets", "must be at least 1");
  positive(x.breaker_open, "breaker_open");
  positive(x.approval_age, "approval_age");
  positive(x.check_every, "check_every");
  return problems.take();
}

// -- facts --------------------------------------------------------------------

alert_rules::alert_rules(const alert_options& x)
  : options_(x), retries_(x.retries_window, usual_windows + 1),
    runs_(x.retries_window, usual_windows + 1) {
  // nop
}

void alert_rules::attempt_failed(const std::string& tool,
                                 const std::string& kind, instant at) {
  auto& of
    = by_kind_.try_emplace(kind, failures{{options_.spike_window, 2}, {}})
        .first->second;
  of.all.add(at, 1);
  ++of.tools[tool];
}

void alert_rules::critical_failed(const std::string& tool,
                                  const std::string& kind, instant at) {
  auto& last = critical_[tool];
  last = {at, kind, last.times + 1};
}

void alert_rules::run_ended(double retries, instant at) {
  retries_.add(at, retries);
  runs_.add(at, 1);
}

void alert_rules::breaker(const std::string& tool, bool closed, instant at) {
  if (closed)
    not_closed_.erase(tool);
  else
    not_closed_.emplace(tool, at); // stays since when it is first not closed
}

// -- verdicts -----------------------------------------------------------------

std::vector<alert_change>
alert_rules::check(const std::vector<ticket_count>& open, instant now) {
  auto changes = verdicts{};
  look_for_spikes(changes, now);
  look_at_retries(changes, now);
  look_at_critical(changes, now);
  look_at_breakers(changes, now);
  look_at_tickets(changes, open, now);
  return changes;
}

bool alert_rules::is_active(const char* alert,
                            const std::string& subject) const {
  return active_.contains({alert, subject});
}

void alert_rules::hold(verdicts& to, bool holds, alert_change x) {
  auto key = std::pair{x.alert, x.subject};
  if (holds == active_.contains(key))
    return;
  x.raised = holds;
  if (holds)
    active_.insert(std::move(key));
  else
    active_.erase(key);
  to.push_back(std::move(x));
}

void alert_rules::look_for_spikes(verdicts& to, instant now) {
  for (auto& [kind, of] : by_kind_) {
    const auto count = of.all.recent(now);
    const auto before = of.all.before(now);
    const auto many = count >= options_.spike_least;
    // A spike that stays is not one more, and not over either.
    const auto holds = many
                       && (is_active("error_spike", kind)
                           || count >= options_.spike_factor * before);
    const auto most = std::max_element(
      of.tools.begin(), of.tools.end(),
      [](const auto& x, const auto& y) { return x.second < y.second; });
    hold(to, holds,
         {.alert = "error_spike",
          .subject = kind,
          .severity = severity::error,
          .fields = json{{"count", count},
                         {"before", before},
                         {"window_s", seconds(options_.spike_window)},
                         {"tool", most == of.tools.end() ? "" : most->first}}
                      .dump()});
    if (count == 0)
      of.tools.clear();
  }
}

void alert_rules::look_at_retries(verdicts& to, instant now) {
  const auto runs = runs_.recent(now);
  const auto earlier = runs_.before(now);
  const auto average = runs > 0 ? retries_.recent(now) / runs : 0;
  const auto usual
    = usual_retries_.value_or(earlier > 0 ? retries_.before(now) / earlier : 0);
  const auto known
    = runs >= options_.retries_runs && earlier >= options_.retries_runs;
  const auto high = average >= options_.retries_least
                    && average >= options_.retries_factor * usual;
  const auto holds = high && (known || usual_retries_);
  hold(to, holds,
       {.alert = "retries_doubled",
        .subject = {},
        .severity = severity::warning,
        .fields = json{{"average", average},
                       {"usual", usual},
                       {"runs", runs},
                       {"window_s", seconds(options_.retries_window)}}
                    .dump()});
  if (holds)
    usual_retries_ = usual;
  else
    usual_retries_.reset();
}

void alert_rules::look_at_critical(verdicts& to, instant now) {
  for (auto i = critical_.begin(); i != critical_.end();) {
    const auto& [tool, last] = *i;
    const auto holds = now - last.at < options_.critical_quiet;
    hold(to, holds,
         {.alert = "critical_tool_failed",
          .subject = tool,
          .severity = severity::critical,
          .fields = json{{"failures", last.times},
                         {"kind", last.kind},
                         {"last", to_rfc3339(last.at)}}
                      .dump()});
    i = holds ? std::next(i) : critical_.erase(i);
  }
}

void alert_rules::look_at_breakers(verdicts& to, instant now) {
  auto wanted = not_closed_;
  for (const auto& [alert, tool] : active_)
    if (alert == "breaker_open")
      wanted.try_emplace(tool, now); // closed again: not long open
  for (const auto& [tool, since] : wanted)
    hold(to, now - since >= options_.breaker_open,
         {.alert = "breaker_open",
          .subject = tool,
          .severity = severity::error,
          .fields = json{{"for_s", seconds(now - since)},
                         {"limit_s", seconds(options_.breaker_open)}}
                      .dump()});
}

void alert_rules::look_at_tickets(verdicts& to,
                                  const std::vector<ticket_count>& open,
                                  instant now) {
  auto count = std::size_t{0};
  auto age = duration::zero();
  for (const auto& of : open) {
    count += of.count;
    if (of.kind == ticket_kind::approval && of.count > 0)
      age = now - of.oldest;
  }
  hold(
    to, count >= options_.open_tickets,
    {.alert = "escalation_depth",
     .subject = "desk",
     .severity = severity::warning,
     .fields = json{{"open", count}, {"limit", options_.open_tickets}}.dump()});
  hold(to, age > options_.approval_age,
       {.alert = "approval_too_old",
        .subject = "desk",
        .severity = severity::warning,
        .fields = json{{"age_s", seconds(age)},
                       {"limit_s", seconds(options_.approval_age)}}
                    .dump()});
}

} // namespace stanchion

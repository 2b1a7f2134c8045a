#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/configuration/policies.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <memory>
#include <utility>

namespace stanchion::configuring {

namespace {

constexpr auto billion = std::uint64_t{1'000'000'000};

void read(object_reader& x, retry_options& to) {
  x.field({"max_attempts", "Attempts of one call, the first included."},
          to.max_attempts, whole(1U, 100U));
  x.field({"max_elapsed", "No attempt begins later than this after the first."},
          to.max_elapsed, span());
  x.section({"backoff", "Waits between attempts."},
            [&](object_reader& in) { read(in, to.backoff); });
}

void read(object_reader& x, retry_budget_options& to) {
  x.field({"share", "Retries that each new call adds."}, to.share, real(0, 10));
  x.field({"reserve", "Retries within the window, whatever the calls."},
          to.reserve, whole(0U, 100'000U));
  x.field({"window", "What was added or spent is forgotten after this."},
          to.window, span());
}

void read(object_reader& x, hedge_options& to) {
  x.field({"after", "Another copy leaves when none has answered so long."},
          to.after, span());
  x.field({"most", "Copies beside the first."}, to.most, whole(1U, 5U));
}

void read(object_reader& x, aimd_options& to) {
  x.field({"initial", "The limit at first."}, to.initial, whole(1U, 100'000U));
  x.field({"least", "It never falls below."}, to.least, whole(1U, 100'000U));
  x.field({"shrink", "What it is multiplied by when overloaded."}, to.shrink,
          real(0.5, 0.99));
  x.field({"slow_after", "A success that took longer is a sign of overload."},
          to.slow_after, span());
}

void read(object_reader& x, concurrency_options& to) {
  x.require({"most", "Attempts at a time."}, to.most, whole(1U, 100'000U));
  x.field({"queue", "New calls that may wait for a place."}, to.queue,
          whole<std::size_t>(0, 1'000'000));
  x.field({"max_wait", "A call that waits for longer fails."}, to.max_wait,
          span(true));
  auto adapt = aimd_options{};
  if (x.object({"adapt", "Lets the limit follow what the tool bears."},
               [&](object_reader& in) { read(in, adapt); }))
    to.adapt = adapt;
}

void read(object_reader& x, rate_options& to) {
  x.require({"requests", "Attempts that may leave within `per`."}, to.requests,
            natural(1, billion));
  x.field({"per", "The span that `requests` counts for."}, to.per, span());
  x.field({"burst", "How many may leave together after a pause; 0: as many as "
                    "within `per`."},
          to.request_burst, natural(0, billion));
  x.field({"excess", "What becomes of a call that would exceed it."}, to.excess,
          one_of({rate_excess::wait, rate_excess::reject}));
  x.field({"max_wait", "A call that would wait for longer fails at once."},
          to.max_wait, span(true));
}

void read(object_reader& x, breaker_options& to) {
  x.field({"consecutive_failures", "Failures in a row that open it."},
          to.consecutive_failures, whole(1U, 10'000U));
  x.field({"failure_rate", "The share of failures that opens it; 0: none."},
          to.failure_rate, real(0, 1));
  x.field({"minimum_calls", "Calls in the window before rates count."},
          to.minimum_calls, whole(1U, 10'000U));
  x.field({"window", "What rates are of."}, to.window, span());
  x.field({"slow_after", "A call that takes this long is slow."}, to.slow_after,
          span());
  x.field({"slow_rate", "The share of slow calls that opens it."}, to.slow_rate,
          real(0, 1));
  x.field({"open_for", "How long it stays open at first."}, to.open_for,
          span());
  x.field({"open_cap", "The longest it stays open by itself."}, to.open_cap,
          span());
  x.field({"probes", "Probes out at a time while half open."}, to.probes,
          whole(1U, 100U));
  x.field({"probe_lease", "How long a probe may stay unanswered."},
          to.probe_lease, span());
}

void read(object_reader& x, escalation_rung& to) {
  x.require({"target", "Who is asked next."}, to.target, name());
  x.require({"after", "How long the one before had."}, to.after, span());
}

void read(object_reader& x, approval_words& to) {
  x.field({"unless", "A JSON Schema: a call whose arguments fit it needs no "
                     "approval. Without it, every call does."},
          to.unless, json_schema());
  x.field({"expires_in", "Nobody has decided by then: the call is refused."},
          to.terms.expires_in, span());
  x.field({"needed", "How many people must approve."}, to.terms.needed,
          whole(1U, 100U));
  x.field({"roles", "Only people with one of these roles decide."},
          to.terms.roles, list_of(name()));
  x.field({"four_eyes", "Whoever submitted the run does not decide."},
          to.terms.four_eyes, flag());
  x.field({"assignee", "Whose ticket it is at first."}, to.terms.assignee,
          text());
  x.list({"ladder", "Who is asked next when nobody decides, in order."},
         [&](object_reader& in) {
           auto rung = escalation_rung{};
           read(in, rung);
           to.terms.ladder.push_back(std::move(rung));
         });
}

void read(object_reader& x, std::vector<fallback>& to) {
  auto other = std::string{};
  auto age = std::optional<duration>{};
  auto scope = cache_scope::everyone;
  auto content = std::optional<value>{};
  x.field({"instead", "The tool or model that is called in its place."}, other,
          name());
  x.field({"cached", "What it last answered to the same, up to this age."}, age,
          span());
  x.field({"scope", "Among whom cached answers are shared."}, scope,
          mapped<cache_scope>(
            word({"everyone", "agent", "run"}),
            [](std::size_t i) { return static_cast<cache_scope>(i + 1); },
            [](cache_scope s) { return static_cast<std::size_t>(s) - 1; }));
  x.field({"static", "Always this answer."}, content, any_value());
  x.exactly_one({"instead", "cached", "static"});
  if (x.has("scope") && !x.has("cached"))
    x.complain("scope", "is of cached answers; leave it out");
  if (age)
    to.push_back(cached(*age, scope));
  else if (content)
    to.push_back(static_value(content->get()));
  else if (!other.empty())
    to.push_back(instead(other));
}

void read(object_reader& x, spending& to) {
  x.field({"tokens", "Tokens that an attempt may cost at most."}, to.tokens,
          natural(0, billion * 1000));
  x.field({"cost", "Money that it may, in millionths of its unit."}, to.cost,
          natural(0, billion * billion));
}

form<failure_kind> kind_of_failure() {
  return any_of(failure_kind::internal);
}

/// What a failure is taken for.
void read_rule(object_reader& x, failure_rules& to) {
  auto code = std::optional<std::string>{};
  auto status = std::optional<std::uint16_t>{};
  auto kind = failure_kind::internal;
  auto effect = std::optional<side_effect>{};
  x.field({"code", "Failures with this code of the provider's."}, code, name());
  x.field({"status", "Failures with this HTTP status."}, status,
          whole<std::uint16_t>(400, 599));
  x.require({"kind", "What they are taken for."}, kind, kind_of_failure());
  x.field({"effect", "What they may have done; else as the tool says."}, effect,
          any_of(side_effect::unknown));
  x.exactly_one({"code", "status"});
  if (code)
    to.code(*code, kind, effect);
  else if (status)
    to.status(*status, kind, effect);
}

void read(object_reader& x, decision_row& to) {
  x.field({"retry", "Whether another attempt may help."}, to.retry,
          any_of(retry_when::repeated));
  x.field({"backoff", "Whether it waits for the backoff."}, to.backoff, flag());
  x.field({"costs_attempt", "Whether it is one of `max_attempts`."},
          to.costs_attempt, flag());
  x.field({"breaker", "Whether it speaks against the tool's health."},
          to.counts_for_breaker, flag());
  x.field({"alert", "When a person hears of it."}, to.alert,
          any_of(alert_when::always));
}

/// A row by the name of its kind; what it does not say is as by default.
void read_row(const std::string& called, object_reader& x,
              std::vector<decision_entry>& to) {
  static const auto table = decision_table{};
  const auto kind = parse_failure_kind(called);
  auto row = table[kind.value_or(failure_kind::internal)];
  read(x, row);
  if (kind)
    to.push_back({*kind, row});
  else
    x.complain({}, "no kind of failure has that name; `policy table` lists "
                   "them");
}

} // namespace

void read(object_reader& x, backoff_options& to) {
  x.field({"first", "The first delay."}, to.first, span(true));
  x.field({"factor", "What each delay is multiplied by to give the next."},
          to.factor, real(1, 100));
  x.field({"cap", "The longest delay."}, to.cap, span(true));
  x.field({"jitter", "How chance spreads it."}, to.jitter,
          any_of(jitter::decorrelated));
}

void read(object_reader& x, restart_words& to) {
  x.field({"most", "Restarts within the window; one more is too many."},
          to.most, whole(0U, 10'000U));
  x.field({"window", "The window, which slides."}, to.window, span());
}

void read(object_reader& x, failure_policy& to) {
  x.list({"classify", "What failures are taken for; the first that fits."},
         [&](object_reader& in) { read_rule(in, to.rules); });
  x.named({"decide", "What follows from a kind of failure, by kind."},
          [&](const std::string& kind, object_reader& in) {
            read_row(kind, in, to.rows);
          });
}

void read(object_reader& x, tool_policies& to) {
  x.field({"timeout", "Time of one attempt."}, to.timeout, span());
  x.field({"idle_timeout", "Time that an attempt may go without a sign."},
          to.idle_timeout, span());
  x.field({"call_timeout", "Time of a whole call, waits and all."},
          to.call_timeout, span());
  x.field({"answers_version",
           "Answers that were kept of another version are not used."},
          to.version, name());
  x.field({"critical", "Its first failed attempt raises an alert."},
          to.critical, flag());
  x.section({"retry", "How often a call is tried."},
            [&](object_reader& in) { read(in, to.retry); });
  x.section({"retry_budget", "How much of all calls may be retries."},
            [&](object_reader& in) { read(in, to.retry_budget); });
  auto hedge = hedge_options{};
  if (x.object({"hedge", "Sends an attempt that takes long once more."},
               [&](object_reader& in) { read(in, hedge); }))
    to.hedge = hedge;
  auto limit = concurrency_options{};
  if (x.object({"limit", "How many attempts there are at a time."},
               [&](object_reader& in) { read(in, limit); }))
    to.limit = limit;
  auto rate = rate_options{};
  if (x.object({"rate", "How fast attempts may leave."},
               [&](object_reader& in) { read(in, rate); }))
    to.rate = rate;
  x.section({"breaker", "When nothing is let through for a while."},
            [&](object_reader& in) { read(in, to.breaker); });
  x.section({"restarts", "Restarts of its actor that are borne."},
            [&](object_reader& in) { read(in, to.restarts); });
  x.section({"restart_backoff", "Delays between them."},
            [&](object_reader& in) { read(in, to.restart_backoff); });
  x.field({"stash", "Calls that wait while its actor is down."}, to.stash,
          natural(0, 1'000'000));
  x.list({"fallbacks", "What is tried in its place, in this order."},
         [&](object_reader& in) { read(in, to.fallbacks); });
  x.field({"always_approve", "People approve every call."}, to.always_approve,
          flag());
  auto approval = approval_words{};
  if (x.object({"approval", "When people approve a call, and on what terms."},
               [&](object_reader& in) { read(in, approval); }))
    to.approval = std::move(approval);
  x.section({"costs", "What is set aside from a run's budget for an attempt."},
            [&](object_reader& in) { read(in, to.costs); });
  x.section({"failures", "How its failures are read, and what follows."},
            [&](object_reader& in) { read(in, to.failures); });
  x.field({"secrets", "Secrets by the JSON pointer of the argument that may "
                      "be one."},
          to.secrets, texts());
  x.field({"inverse", "The tool that takes back what this one does."},
          to.inverse, text());
}

void apply(const tool_policies& x, tool& to) {
  to.timeout(x.timeout).version(x.version).retry(x.retry);
  to.retry_budget(x.retry_budget).breaker(x.breaker);
  to.restarts(x.restarts.most, x.restarts.window);
  to.restart_backoff(x.restart_backoff).stash(x.stash).inverse(x.inverse);
  if (x.idle_timeout)
    to.idle_timeout(*x.idle_timeout);
  if (x.call_timeout)
    to.call_timeout(*x.call_timeout);
  if (x.critical)
    to.critical();
  if (x.hedge)
    to.hedge(*x.hedge);
  if (x.limit)
    to.limit(*x.limit);
  if (x.rate)
    to.rate(*x.rate);
  for (const auto& each : x.fallbacks)
    to.fallback(each);
  if (x.approval && x.approval->unless)
    to.approve_if(
      [fits = schema{x.approval->unless->get()}](const value& arguments) {
        return fits.check(arguments.get()).has_value();
      },
      x.approval->terms);
  else if (x.approval)
    to.always_approve(x.approval->terms);
  if (x.always_approve)
    to.always_approve();
  if (!x.costs.nothing())
    to.costs([most = x.costs](const value&) { return most; });
  to.classify(x.failures.rules);
  for (const auto& row : x.failures.rows)
    to.decide(row.kind, row.row);
  for (const auto& [at, name] : x.secrets)
    to.secret(at, name);
}

} // namespace stanchion::configuring

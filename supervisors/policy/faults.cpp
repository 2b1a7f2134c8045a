#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <utility>

namespace stanchion {

namespace {

constexpr std::string_view commits = "commit";

bool is_about_commits(const fault_rule& x) {
  return x.target == commits;
}

bool is_of_store(fault_kind x) {
  return x == fault_kind::full || x == fault_kind::broken
         || x == fault_kind::lost;
}

bool is_death(fault_kind x) {
  return x == fault_kind::kill || x == fault_kind::power;
}

/// What is wrong with one rule; null for nothing.
const char* problem_of(const fault_rule& x) {
  if (x.target.empty())
    return "names no tool; write * for all of them";
  if (!(x.rate >= 0 && x.rate <= 1))
    return "its chance must be from 0 to 1";
  if (x.rate > 0 && x.nth > 0)
    return "has both a chance and a count; give one of them";
  if (x.rate <= 0 && x.nth == 0)
    return "never strikes; give a chance, such as @0.1, or a count, such as "
           "@#3";
  if (x.kind == fault_kind::latency && x.delay <= duration::zero())
    return "its delay must be positive";
  if (is_about_commits(x) && !is_of_store(x.kind) && !is_death(x.kind))
    return "cannot happen to a commit; kill, power, full, broken and lost can";
  if (!is_about_commits(x) && is_of_store(x.kind))
    return "can happen to a commit only";
  return nullptr;
}

} // namespace

faults rough_days() {
  return parse_faults(
    "*:timeout@0.03,*:timeout:after@0.03,*:http_5xx:after@0.02,"
    "*:rate_limited@0.02,*:crashed@0.01,*:crashed:after@0.01,"
    "*:hang@0.01,*:hang:after@0.01,*:drip:after@0.01,"
    "*:latency=2s:after@0.02,*:malformed_output:after@0.01,"
    "*:schema_violation:after@0.01,*:truncated:after@0.01,"
    "*:kill@0.01,*:kill:after@0.01,commit:kill@0.01,"
    "commit:kill:after@0.01,commit:power@0.005,"
    "commit:full@0.01,commit:broken@0.01,commit:lost@0.01");
}

std::vector<std::string> validate(const faults& x) {
  auto problems = std::vector<std::string>{};
  for (const auto& rule : x.rules)
    if (const auto* problem = problem_of(rule))
      problems.push_back("faults: " + to_text(rule) + " " + problem);
  return problems;
}

// -- the schedule -------------------------------------------------------------

fault_schedule::fault_schedule(faults what, std::uint64_t seed)
  : what_(std::move(what)), seed_(seed), seen_(what_.rules.size()) {
  // nop
}

fault_schedule::fault_schedule(faults what, std::uint64_t seed,
                               std::set<fired_fault> only)
  : fault_schedule(std::move(what), seed) {
  only_ = std::move(only);
}

const fault_rule* fault_schedule::at_attempt(std::string_view tool) {
  ++attempts_;
  return next([tool](const fault_rule& x) {
    return !is_about_commits(x) && (x.target == "*" || x.target == tool);
  });
}

const fault_rule* fault_schedule::at_commit() {
  ++commits_;
  return next([](const fault_rule& x) { return is_about_commits(x); });
}

/// Every rule that matches counts the occasion, whichever fires: what one rule
/// does moves no other.
template <class Matches>
const fault_rule* fault_schedule::next(Matches matches) {
  const fault_rule* found = nullptr;
  for (auto i = std::size_t{0}; i < what_.rules.size(); ++i) {
    const auto& rule = what_.rules[i];
    if (!matches(rule))
      continue;
    const auto nth = ++seen_[i];
    if (found != nullptr || !fires(i, nth))
      continue;
    found = &rule;
    fired_.push_back({i, nth});
  }
  return found;
}

bool fault_schedule::fires(std::size_t rule, std::uint64_t nth) const {
  if (only_)
    return only_->contains({rule, nth});
  const auto& x = what_.rules[rule];
  if (x.nth != 0)
    return x.nth == nth;
  const auto bits = mix64(mix64(seed_ + rule) ^ nth);
  return unit_interval(bits) < x.rate;
}

} // namespace stanchion

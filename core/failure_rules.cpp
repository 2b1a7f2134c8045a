#include <stanchion/core/failure_rules.hpp>

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace stanchion {

struct failure_rules::rule {
  std::string name;
  failure_class to;
  /// One of the two.
  predicate fits;
  type_test is;
  /// What is wrong with it; empty when it may be used.
  std::string problem;
};

namespace {

bool fits_safely(const failure_rules::predicate& fits, const failure& x) {
  try {
    return fits(x);
  } catch (...) {
    return false;
  }
}

std::string readable(const std::type_info& type) {
  auto status = 0;
  const auto text = std::unique_ptr<char, decltype(&std::free)>{
    abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free};
  return text ? text.get() : type.name();
}

} // namespace

failure_rules& failure_rules::add(rule x) {
  rules_.push_back(std::make_shared<const rule>(std::move(x)));
  return *this;
}

failure_rules& failure_rules::code(std::string code, failure_kind kind,
                                   std::optional<side_effect> effect) {
  auto x = rule{.name = "code " + code, .to = {kind, effect}};
  if (code.empty())
    x.problem = "a rule for a code needs the code";
  x.fits
    = [code = std::move(code)](const failure& why) { return why.code == code; };
  return add(std::move(x));
}

failure_rules& failure_rules::status(std::uint16_t status, failure_kind kind,
                                     std::optional<side_effect> effect) {
  auto x
    = rule{.name = "status " + std::to_string(status), .to = {kind, effect}};
  if (status < 400 || status > 599)
    x.problem = x.name + " is no error of HTTP; those are 400 to 599";
  x.fits = [status](const failure& why) { return why.status == status; };
  return add(std::move(x));
}

failure_rules& failure_rules::when(std::string name, predicate fits,
                                   failure_kind kind,
                                   std::optional<side_effect> effect) {
  auto x = rule{.name = "when " + name, .to = {kind, effect}};
  if (name.empty())
    x.problem = "a rule with a predicate needs a name";
  else if (!fits)
    x.problem = x.name + " has no predicate";
  x.fits = std::move(fits);
  return add(std::move(x));
}

failure_rules& failure_rules::exception(const std::type_info& type,
                                        type_test is, failure_class to) {
  auto x = rule{.name = "exception " + readable(type), .to = to};
  x.is = std::move(is);
  return add(std::move(x));
}

failure_rules failure_rules::then(const failure_rules& after) const {
  auto result = *this;
  result.rules_.insert(result.rules_.end(), after.rules_.begin(),
                       after.rules_.end());
  return result;
}

failure failure_rules::classify(failure x) const {
  if (!x.rule.empty())
    return x; // an exception that a rule has turned into this
  const auto found
    = std::find_if(rules_.begin(), rules_.end(), [&x](const auto& r) {
        return r->fits && fits_safely(r->fits, x);
      });
  if (found == rules_.end())
    return x;
  x.kind = (*found)->to.kind;
  x.effect = (*found)->to.effect.value_or(x.effect);
  x.rule = (*found)->name;
  return x;
}

std::optional<failure> failure_rules::caught(const std::exception& x) const {
  const auto found
    = std::find_if(rules_.begin(), rules_.end(),
                   [&x](const auto& r) { return r->is && r->is(x); });
  if (found == rules_.end())
    return std::nullopt;
  const auto& to = (*found)->to;
  return failure{.kind = to.kind,
                 .effect = to.effect.value_or(side_effect::unknown),
                 .message = x.what(),
                 .rule = (*found)->name};
}

std::vector<std::string> failure_rules::lines() const {
  std::vector<std::string> result;
  for (const auto& r : rules_) {
    auto line = r->name + ": " + std::string{to_string(r->to.kind)};
    if (r->to.effect)
      line += ", side effect " + std::string{to_string(*r->to.effect)};
    result.push_back(std::move(line));
  }
  return result;
}

std::vector<std::string> failure_rules::problems() const {
  std::vector<std::string> result;
  for (const auto& r : rules_)
    if (!r->problem.empty())
      result.push_back(r->problem);
  return result;
}

const failure_rules& default_failure_rules() {
  static const auto rules = [] {
    auto x = failure_rules{};
    for (const auto* code :
         {"insufficient_quota", "credit_balance_exhausted", "billing_error",
          "organization_spend_limit_exceeded", "project_spend_limit_exceeded",
          "organization_usage_limit_exceeded", "enforced_spend_limit_reached"})
      x.code(code, failure_kind::budget_exhausted);
    return x;
  }();
  return rules;
}

} // namespace stanchion

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/tool.hpp>
#include <stanchion/supervisors/policy/relations.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

namespace stanchion {

void tool::validate() const {
  auto problems = std::vector<std::string>{};
  if (name_.empty())
    problems.emplace_back("it has no name");
  if (!function_ && !coroutine_ && !worker_.make)
    problems.emplace_back("it has no function");
  if (!input_)
    problems.emplace_back("input: no schema; say any() to accept everything");
  if (!output_)
    problems.emplace_back("output: no schema; say any() to accept everything");
  if (timeout_ <= duration{0})
    problems.emplace_back("timeout: must be positive");
  if (effect_ == effect::reconcilable && !reconcile_)
    problems.emplace_back("reconcile: a reconcilable tool needs a function "
                          "that says whether a key took effect");
  if (effect_ != effect::reconcilable && reconcile_)
    problems.emplace_back("reconcile: only a reconcilable tool is asked");
  if (effect_ == effect::reconcilable && worker_.make)
    problems.emplace_back("effect: a tool that an actor of its own kind serves "
                          "cannot be asked; it is once or idempotent");
  const auto collect = [&problems](std::vector<std::string> found) {
    problems.insert(problems.end(), std::make_move_iterator(found.begin()),
                    std::make_move_iterator(found.end()));
  };
  collect(stanchion::validate(retry_, "retry"));
  if (retry_budget_)
    collect(stanchion::validate(*retry_budget_, "retry_budget"));
  if (rate_) {
    collect(stanchion::validate(*rate_, "rate"));
    if (rate_->tokens > 0 && !cost_)
      problems.emplace_back("rate.tokens: needs a function that says what a "
                            "call costs");
  }
  if (limit_)
    collect(stanchion::validate(*limit_, "limit"));
  for (const auto& x : approvals_)
    collect(stanchion::validate(x.terms, "approve_if"));
  if (hedge_) {
    collect(stanchion::validate(*hedge_, effect_, timeout_, "hedge"));
    if (inline_ && function_)
      problems.emplace_back("hedge: a tool that runs inline does one call at a "
                            "time");
  }
  collect(stanchion::validate(breaker_, "breaker"));
  collect(stanchion::validate(failures_));
  collect(stanchion::validate(restarts_, "restarts"));
  collect(stanchion::validate(backoff_, "restart_backoff"));
  if (idle_ && *idle_ <= duration::zero())
    problems.emplace_back("idle_timeout: must be positive");
  if (traits_.call_timeout && *traits_.call_timeout <= duration::zero())
    problems.emplace_back("call_timeout: must be positive");
  collect(stanchion::validate(traits_.fallbacks, effect_ == effect::read_only,
                              "fallback"));
  if (!traits_.undo.empty() && !undo_function_)
    problems.emplace_back("undo: has no function");
  if (!traits_.undo.empty() && effect_ == effect::read_only)
    problems.emplace_back("undo: a read_only tool does nothing to undo");
  if (traits_.review && *traits_.review <= duration::zero())
    problems.emplace_back("review_within: must be positive");
  if (traits_.review && traits_.undo.empty())
    problems.emplace_back("review_within: people can only have undone what has "
                          "an undo");
  if (undo_effect_ == effect::reconcilable)
    problems.emplace_back("undo: cannot be asked; it is once or idempotent");
  if (problems.empty()) // of what is invalid, relations say nothing
    collect(contradictions({.attempt = timeout_,
                            .idle = idle_,
                            .call = traits_.call_timeout,
                            .retry = retry_,
                            .breaker = breaker_,
                            .restarts = restarts_,
                            .restart_backoff = backoff_,
                            .rate = rate_,
                            .limit = limit_}));
  if (problems.empty())
    return;
  auto text = "tool " + name_ + ":";
  for (const auto& x : problems)
    text += "\n  " + x;
  throw error{error_code::invalid_spec, text};
}

bool tool::always_asks() const {
  return std::any_of(approvals_.begin(), approvals_.end(),
                     [](const auto& x) { return !x.when; });
}

std::optional<tool> tool::undo_tool() const {
  if (!undo_function_)
    return std::nullopt;
  auto x = tool{traits_.undo, undo_effect_, undo_function_};
  x.input(any()).output(any()).timeout(timeout_).retry(retry_);
  for (const auto& [at, name] : secrets_) // it gets them with the arguments
    x.secret("/arguments" + at, name);
  return x;
}

} // namespace stanchion

#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/hedging.hpp>

#include <algorithm>
#include <memory>

namespace stanchion {

namespace {

bool may_be_doubled(effect tool) {
  return tool == effect::read_only || tool == effect::idempotent;
}

side_effect worse(side_effect x, side_effect y) {
  return static_cast<std::uint8_t>(x) > static_cast<std::uint8_t>(y) ? x : y;
}

} // namespace

std::vector<std::string> validate(const hedge_options& x, effect tool,
                                  duration attempt_timeout,
                                  std::string_view where) {
  problem_list found{where};
  if (!may_be_doubled(tool))
    found.add("effect", "a tool that is " + std::string{to_string(tool)}
                          + " must not be called twice at a time; only "
                            "read_only and idempotent ones may");
  found.require(x.after > duration::zero(), "after",
                "must be longer than zero; give what 95 % of the attempts "
                "take");
  if (x.after >= attempt_timeout)
    found.add("after", "is " + to_text(x.after)
                         + ", but an attempt is given up after "
                         + to_text(attempt_timeout));
  found.require(x.most >= 1 && x.most <= 5, "most", "must be from 1 to 5");
  return found.take();
}

hedge_verdict decide_hedge(const hedge_options& options, const hedge_facts& x) {
  if (x.sent >= options.most)
    return hedge_verdict::enough;
  if (x.dropped || !x.healthy)
    return hedge_verdict::unwanted;
  return x.affordable ? hedge_verdict::send : hedge_verdict::denied;
}

failure merge_copies(const failure& before, failure last) {
  last.effect = worse(before.effect, last.effect);
  if (before.retry_after)
    last.retry_after
      = std::max(*before.retry_after, last.retry_after.value_or(duration{}));
  if (last.cause == nullptr)
    last.cause = std::make_shared<const failure>(before);
  return last;
}

} // namespace stanchion

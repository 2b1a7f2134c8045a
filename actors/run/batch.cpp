#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/batch.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace stanchion {

namespace {

failure not_wanted() {
  return {.kind = failure_kind::permission_denied,
          .effect = side_effect::not_started,
          .message = "a person ended the batch before it"};
}

/// What a person is asked after a slice.
std::string question(const std::string& tool, const batch_result& so_far,
                     std::size_t all, std::size_t next) {
  const auto done = so_far.items.size();
  const auto failed = done - so_far.succeeded();
  return std::to_string(done) + " of " + std::to_string(all) + " items of "
         + tool + " are done, " + std::to_string(failed)
         + " of them failed. Go on with the next " + std::to_string(next)
         + "? true, false, or how many";
}

/// The items that a person wants done next; 0 for none.
std::size_t wanted(const value& answer, std::size_t proposed) {
  const auto& x = answer.get();
  if (x.is_number_integer())
    return static_cast<std::size_t>(std::max(std::int64_t{0}, answer.as_int()));
  return x.is_boolean() && x.get<bool>() ? proposed : 0;
}

task<batch_result> run_batch(const agent_context& ctx, std::string tool,
                             std::vector<value> items, scope_policy policy) {
  auto result = batch_result{};
  const auto all = items.size();
  const auto careful = policy.cares(items);
  auto slice = careful ? std::size_t{1} : all;
  while (result.items.size() < all) {
    const auto stuck = ctx.stuck();
    const auto narrow = stuck && stuck->rung >= stuck_rung::narrow;
    const auto first = result.items.size();
    const auto count = std::min(narrow ? 1 : slice, all - first);
    auto calls = std::vector<try_call_operation>{};
    for (auto i = first; i < first + count; ++i)
      calls.push_back(ctx.try_call(tool, items[i]));
    const auto limit = policy.at_a_time();
    auto ended = co_await ctx.all(std::move(calls), limit);
    const auto good = std::all_of(ended.begin(), ended.end(),
                                  [](const outcome& x) { return x.ok(); });
    for (auto& x : ended)
      result.items.push_back(std::move(x));
    if (!careful || result.items.size() == all)
      continue;
    const auto next
      = std::min(policy.next_slice(slice), all - result.items.size());
    slice = next;
    if (first != 0 && good)
      continue; // it was asked, and nothing has gone wrong since
    const auto text = question(tool, result, all, next);
    const auto proposal = value{good};
    const auto answer
      = co_await ctx.escalate(park_reason::requires_human, text, proposal);
    slice = wanted(answer, next);
    if (slice == 0)
      while (result.items.size() < all)
        result.items.emplace_back(not_wanted());
  }
  co_return result;
}

} // namespace

bool scope_policy::cares(const std::vector<value>& items) const {
  if (above_ && items.size() > *above_)
    return true;
  return below_
         && std::any_of(items.begin(), items.end(), [this](const value& x) {
              return x.confidence() < *below_;
            });
}

std::size_t scope_policy::next_slice(std::size_t before) const {
  const auto most = std::numeric_limits<std::size_t>::max() / growth_;
  return std::min(before, most) * growth_;
}

std::size_t batch_result::succeeded() const {
  return static_cast<std::size_t>(std::count_if(
    items.begin(), items.end(), [](const outcome& x) { return x.ok(); }));
}

task<batch_result> agent_context::batch(std::string tool,
                                        std::vector<value> items,
                                        scope_policy policy) const {
  return run_batch(*this, std::move(tool), std::move(items), policy);
}

} // namespace stanchion

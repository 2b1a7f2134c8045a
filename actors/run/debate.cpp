#include <stanchion/actors/run/debate.hpp>
#include <stanchion/core/confidence.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

/// What a member says; null when it failed.
task<value> speak(agent_context& ctx, std::string member, value input) {
  auto said = value{};
  try {
    auto child = co_await ctx.spawn(std::move(member), std::move(input));
    said = co_await child.result();
  } catch (const step_error&) {
    // It says nothing; its own run tells why.
  }
  co_return said;
}

value input_of(const value& question, std::uint32_t round,
               const json& positions) {
  return args("question", question, "round", round, "positions", positions);
}

bool all_the_same(const std::vector<value>& said) {
  return std::all_of(said.begin(), said.end(), [&said](const value& x) {
    return !x.is_null() && x == said.front();
  });
}

json positions_of(const std::vector<std::string>& members,
                  const std::vector<value>& said) {
  auto all = json::array();
  for (auto i = std::size_t{0}; i < said.size(); ++i)
    if (!said[i].is_null())
      all.push_back({{"by", members[i]}, {"says", said[i].get()}});
  return all;
}

value verdict(const value& answer, bool agreed, std::uint32_t rounds) {
  return args("answer", answer, "agreed", agreed, "rounds", rounds);
}

void require_sound(const debate_plan& x) {
  if (x.members().size() < 2 || x.most_rounds() == 0)
    throw step_error{{.kind = failure_kind::invalid_input,
                      .effect = side_effect::not_started,
                      .message = "a debate needs two members and a round"}};
}

} // namespace

task<value> debate(agent_context& ctx, value question, debate_plan plan) {
  require_sound(plan);
  auto positions = json::array();
  auto said = std::vector<value>{};
  for (auto round = std::uint32_t{1}; round <= plan.most_rounds(); ++round) {
    auto turns = std::vector<task<value>>{};
    for (const auto& member : plan.members())
      turns.push_back(speak(ctx, member, input_of(question, round, positions)));
    said = co_await ctx.all(std::move(turns), 0);
    positions = positions_of(plan.members(), said);
    if (all_the_same(said))
      co_return verdict(
        said.front().with_confidence(1, confidence_method::agreement), true,
        round);
  }
  if (!plan.last_word().empty()) {
    auto input = input_of(question, plan.most_rounds() + 1, positions);
    auto child = co_await ctx.spawn(plan.last_word(), std::move(input));
    auto word = co_await child.result();
    co_return verdict(word, false, plan.most_rounds());
  }
  std::erase_if(said, [](const value& x) { return x.is_null(); });
  if (said.empty())
    throw step_error{{.kind = failure_kind::empty_output,
                      .effect = side_effect::none,
                      .message = "nobody in the debate said anything"}};
  co_return verdict(agreement(said), false, plan.most_rounds());
}

} // namespace stanchion

#pragma once

#include <stanchion/actors/run/agent_context.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

/// Who debates, and how long.
class debate_plan {
public:
  /// `members` are agents. Their input is `{"question", "round", "positions":
  /// [{"by", "says"}]}`, with what each said in the round before; their result
  /// is what they say. At least 2.
  explicit debate_plan(std::vector<std::string> members)
    : members_(std::move(members)) {
    // nop
  }

  /// Rounds after which it ends, whether they agree or not. At least 1; default
  /// 3.
  debate_plan& rounds(std::uint32_t x) {
    rounds_ = x;
    return *this;
  }
  /// The agent that has the last word where they do not agree; its input is
  /// that of a member. Default: what most of them say.
  debate_plan& judge(std::string agent) {
    judge_ = std::move(agent);
    return *this;
  }

  [[nodiscard]] const std::vector<std::string>& members() const {
    return members_;
  }
  [[nodiscard]] std::uint32_t most_rounds() const {
    return rounds_;
  }
  [[nodiscard]] const std::string& last_word() const {
    return judge_;
  }

private:
  std::vector<std::string> members_;
  std::uint32_t rounds_ = 3;
  std::string judge_;
};

/// Has several agents answer a question side by side, each hearing what the
/// others said, until all say the same or the rounds are over. Yields
/// `{"answer", "agreed", "rounds"}`, as sure as the share of members that say
/// so. One that fails says nothing in that round.
///
/// Throws `step_error`: `invalid_input` for fewer than two members or no
/// rounds; what the judge failed with; `empty_output` when nobody said
/// anything.
[[nodiscard]] task<value> debate(agent_context& ctx, value question,
                                 debate_plan plan);

} // namespace stanchion

#pragma once

#include <stanchion/actors/model/chat.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/defaults.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// How far an LLM agent may go before somebody else must.
struct llm_limits {
  /// Turns of the model, corrections and repairs among them. At least 1.
  std::uint32_t turns = defaults::llm_turns;
  /// Calls of one turn that are made at once. At least 1.
  std::size_t calls_at_once = defaults::llm_calls_at_once;
  /// Times that calls of tools that there are not, or with arguments that do
  /// not fit, are answered to the model.
  std::uint32_t corrections = defaults::llm_corrections;
  /// Times that the model is asked again for an answer that fits.
  std::uint32_t repairs = defaults::llm_repairs;
  /// Bytes of one tool's result that the model is shown; the rest is cut off,
  /// and it is told so.
  std::size_t result_bytes = defaults::llm_result_bytes;
};

/// What is done when a conversation no longer fits into the model's context:
/// all but the last messages are replaced by a summary that the model makes.
struct llm_compaction {
  /// Messages that stay as they are, at least. At least 1; default 6.
  std::size_t keep = 6;
};

/// How sure an agent is of its answer, and what follows.
struct llm_confidence {
  /// Below it a person confirms or replaces the answer. In [0, 1].
  double least = 0;
  /// `reported`: the answer's own member `confidence`. `agreement`: of
  /// `samples` answers. `validator`: what the tool of that name says,
  /// `{"confidence": …}`, when it is called with `{"input", "output"}`.
  confidence_method how = confidence_method::reported;
  /// For `agreement`: at least 2.
  std::uint32_t samples = 3;
  /// For `validator`.
  std::string validator;
};

/// What an LLM agent is made of, ready to run. Immutable and shared.
struct llm_program {
  std::string model;
  std::string instructions;
  /// What it may call.
  std::vector<chat_tool> tools;
  /// Those of `tools` that are agents: their runs are children.
  std::vector<std::string> agents;
  /// Those of `tools` that end it: an agent goes on in its place, by the name
  /// of the tool.
  std::map<std::string, std::string> hand_offs;
  /// What its answer must look like; nothing: text.
  std::optional<value> output;
  /// Asked when the first model cannot give an answer that fits; empty: none.
  std::string simpler;
  std::optional<llm_compaction> compaction;
  std::optional<llm_confidence> confidence;
  llm_limits limits;
  /// Of an answer; nothing: as the model is set up.
  std::optional<std::uint32_t> max_tokens;
  std::optional<double> temperature;
  /// Those of `tools` whose breakers are open right now; may be empty.
  std::function<std::vector<std::string>()> out_of_service;
};

/// The loop of a model and its tools: it is asked, what it calls is called, it
/// hears the results, until it answers. All of it are steps of the run.
///
/// A tool's failure is a result like any other. The conversation that the model
/// sees is always whole: every call in it has its result.
///
/// Ends with `step_error`: what a call of the model fails with; `step_limit`
/// when the turns are used up; `malformed_output` when it goes on asking for
/// what there is not.
[[nodiscard]] task<json> converse(agent_context& ctx, value input,
                                  std::shared_ptr<const llm_program> program);

} // namespace stanchion

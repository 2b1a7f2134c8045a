#pragma once

#include <stanchion/actors/model/chat.hpp>
#include <stanchion/actors/run/agent.hpp>
#include <stanchion/core/confidence.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

class tool;
struct llm_program;
struct llm_limits;
struct llm_compaction;
struct llm_confidence;

/// An agent whose next step a language model chooses: instructions, a model,
/// and what it may call. Its loop is `converse` (actors/model/llm_program.hpp).
///
///     rt.add(openai_model("clever", {.url = …, .model = …, .key = …}));
///     rt.add(llm_agent{"support", "1", "clever"}
///              .instructions("You answer customers of a shop.")
///              .tool("orders.lookup").tool("payments.refund")
///              .output(answer_schema)
///              .policies([](agent& x) { x.deadline(10min); }));
class llm_agent {
public:
  /// `model` is the name of a tool that `openai_model` or its like has made.
  llm_agent(std::string name, std::string version, std::string model);

  llm_agent& instructions(std::string text);
  /// It may call this tool of the runtime's.
  llm_agent& tool(std::string name);
  /// It may have a run of this agent do something, as a child of its own. The
  /// arguments that fit `input`, a JSON Schema, are the child's input. Default
  /// schema: `{"task": string}`.
  llm_agent& agent(std::string name, std::string description);
  llm_agent& agent(std::string name, std::string description, value input);
  /// It may let this agent go on in its place: a child gets `{"task",
  /// "conversation"}`, and what that returns is its own result. Its model sees
  /// a tool `hand_off.<name>`.
  llm_agent& hand_off(const std::string& name, std::string description);
  /// What its answer must look like, a JSON Schema. Default: text.
  llm_agent& output(value schema);
  /// The model that is asked when this one gives no answer that fits.
  llm_agent& simpler(std::string model);
  llm_agent& limits(const llm_limits& x);
  llm_agent& compact(const llm_compaction& x);
  llm_agent& confidence(const llm_confidence& x);
  /// Tokens of an answer. Default: as the model is set up.
  llm_agent& max_tokens(std::uint32_t x);
  llm_agent& temperature(double x);
  /// What any agent can be told: deadline, budgets, modes, restarts.
  llm_agent& policies(const std::function<void(stanchion::agent&)>& set);

  /// The agent itself. A supervisor may have it (`child(x.plain())`); added to
  /// the runtime after that supervisor, this then only says what it may call.
  [[nodiscard]] const stanchion::agent& plain() const {
    return agent_;
  }

  /// What a runtime has that such an agent may use.
  struct surroundings {
    /// Null where there is no tool of that name.
    std::function<const stanchion::tool*(const std::string&)> find;
    std::function<bool(const std::string&)> is_agent;
    /// Whether nothing is let through to that tool right now.
    std::function<bool(const std::string&)> is_closed;
  };

  /// Fills in what it offers to its model; called when the runtime starts.
  /// Errors: `invalid_spec` naming what there is not.
  void resolve(const surroundings& with) const;

private:
  // Shared with the function of `agent_`; complete once resolved.
  std::shared_ptr<llm_program> program_;
  std::vector<std::string> tools_;
  std::vector<chat_tool> agents_; // that its model may call as tools
  stanchion::agent agent_;
};

} // namespace stanchion

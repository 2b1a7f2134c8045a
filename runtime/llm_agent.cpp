#include <stanchion/actors/model/llm_program.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/tool.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

agent made_of(std::string name, std::string version,
              const std::shared_ptr<llm_program>& program) {
  return {std::move(name), std::move(version),
          [program](agent_context& ctx, value input) {
            return converse(ctx, std::move(input), program);
          }};
}

value one_task() {
  return args("type", "object", "properties",
              args("task", args("type", "string")), "required",
              json::array({"task"}), "additionalProperties", false);
}

} // namespace

llm_agent::llm_agent(std::string name, std::string version, std::string model)
  : program_(std::make_shared<llm_program>()),
    agent_(made_of(std::move(name), std::move(version), program_)) {
  program_->model = std::move(model);
}

llm_agent& llm_agent::instructions(std::string text) {
  program_->instructions = std::move(text);
  return *this;
}

llm_agent& llm_agent::tool(std::string name) {
  tools_.push_back(std::move(name));
  return *this;
}

llm_agent& llm_agent::agent(std::string name, std::string description) {
  return agent(std::move(name), std::move(description), one_task());
}

llm_agent& llm_agent::agent(std::string name, std::string description,
                            value input) {
  static_cast<void>(schema{input.get()}); // throws for what is none
  program_->agents.push_back(name);
  agents_.push_back(
    {std::move(name), std::move(description), std::move(input)});
  return *this;
}

llm_agent& llm_agent::hand_off(const std::string& name,
                               std::string description) {
  const auto as = "hand_off." + name;
  program_->hand_offs[as] = name;
  agents_.push_back({as, std::move(description), one_task()});
  return *this;
}

llm_agent& llm_agent::output(value schema) {
  static_cast<void>(stanchion::schema{schema.get()});
  program_->output = std::move(schema);
  return *this;
}

llm_agent& llm_agent::simpler(std::string model) {
  program_->simpler = std::move(model);
  return *this;
}

llm_agent& llm_agent::limits(const llm_limits& x) {
  program_->limits = x;
  return *this;
}

llm_agent& llm_agent::compact(const llm_compaction& x) {
  program_->compaction = x;
  return *this;
}

llm_agent& llm_agent::confidence(const llm_confidence& x) {
  program_->confidence = x;
  return *this;
}

llm_agent& llm_agent::max_tokens(std::uint32_t x) {
  program_->max_tokens = x;
  return *this;
}

llm_agent& llm_agent::temperature(double x) {
  program_->temperature = x;
  return *this;
}

llm_agent&
llm_agent::policies(const std::function<void(stanchion::agent&)>& set) {
  set(agent_);
  return *this;
}

void llm_agent::resolve(const surroundings& with) const {
  const auto refuse = [this](const std::string& why) {
    throw error{error_code::invalid_spec,
                "llm_agent " + agent_.name() + ": " + why};
  };
  const auto require = [&](const std::string& name, std::string_view as) {
    const auto* found = with.find(name);
    if (found == nullptr)
      refuse("there is no " + std::string{as} + ' ' + name);
    return found;
  };
  auto& p = *program_;
  static_cast<void>(require(p.model, "model"));
  if (!p.simpler.empty())
    static_cast<void>(require(p.simpler, "model"));
  if (p.confidence && p.confidence->how == confidence_method::validator)
    static_cast<void>(require(p.confidence->validator, "tool"));
  if (p.confidence && p.confidence->how == confidence_method::agreement
      && p.confidence->samples < 2)
    refuse("confidence.samples: must be at least 2");
  if (p.confidence && !(p.confidence->least >= 0 && p.confidence->least <= 1))
    refuse("confidence.least: must be in [0, 1]");
  if (p.compaction && p.compaction->keep == 0)
    refuse("compact.keep: must be at least 1");
  if (p.limits.turns == 0 || p.limits.calls_at_once == 0)
    refuse("limits: turns and calls_at_once must be at least 1");
  auto others = p.agents;
  for (const auto& [as, name] : p.hand_offs)
    others.push_back(name);
  for (const auto& name : others)
    if (!with.is_agent(name))
      refuse("there is no agent " + name);
  p.tools = agents_;
  for (const auto& name : tools_) {
    const auto* found = require(name, "tool");
    const auto& document = found->input_schema().document();
    p.tools.push_back(
      {name, found->about(),
       value{document.is_object() ? document : json{{"type", "object"}}}});
  }
  p.out_of_service = [names = tools_, is_closed = with.is_closed] {
    auto closed = names;
    std::erase_if(closed, [&](const auto& x) { return !is_closed(x); });
    return closed;
  };
}

} // namespace stanchion

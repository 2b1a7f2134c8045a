#pragma once

#include <stanchion/actors/run/task.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/runtime/tool.hpp>

#include <string>

namespace stanchion {
class agent_context;
} // namespace stanchion

/// Agents and tools that many tests need.
namespace stanchion::test {

/// An agent that returns its input.
task<json> returns(agent_context&, value input);

/// An agent that asks people something, and returns what they say.
task<json> asks(agent_context& ctx, value);

/// A `read_only` tool that always fails of its own: `http_4xx`.
[[nodiscard]] tool failing_tool(std::string name);

} // namespace stanchion::test

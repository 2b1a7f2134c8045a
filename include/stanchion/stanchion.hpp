#pragma once

/// Everything a program that runs agents needs.

#include <stanchion/actors/model/llm_program.hpp>
#include <stanchion/actors/run/agent.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/cli/command_line.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/http_failure.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/secret.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/runtime/config.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/mcp_server.hpp>
#include <stanchion/runtime/model.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/runtime/tool.hpp>

#include <nlohmann/json.hpp>

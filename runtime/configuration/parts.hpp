#pragma once

#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/actors/telemetry/log_sink.hpp>
#include <stanchion/runtime/configuration/object_reader.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/tool.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// What a configuration consists of, read and not yet made.
namespace stanchion::configuring {

/// A name that must be somebody's, and where it stands.
struct mention {
  std::string name;
  configuration_problem where; ///< says nothing yet
};

struct part {
  std::string name;
  configuration_problem where; ///< says nothing yet
};

/// A model or a tool.
struct tool_part : part {
  bool model = false;
  /// Throws `error` for what only the machine can tell, such as a key that is
  /// not there.
  std::function<tool()> make;
  std::vector<mention> tools; ///< that it needs
};

struct agent_part : part {
  std::function<llm_agent()> make;
  std::vector<mention> models;
  std::vector<mention> tools;
  std::vector<mention> agents;
};

struct supervisor_part : part {
  strategy how = strategy::one_for_one;
  std::uint32_t restarts = defaults::tool_restarts;
  duration window = defaults::restart_window;
  duration backoff = defaults::restart_backoff;
  std::vector<mention> children;
};

struct parts {
  std::vector<tool_part> tools; ///< and models
  std::vector<agent_part> agents;
  std::vector<supervisor_part> supervisors;
  std::optional<failure_policy> failures;
  configuration_problem failures_at;
  std::optional<notification_options> notifications;
  std::optional<log_options> log;
};

struct tool_policies;

void read_model(const std::string& name, object_reader& x, parts& to);
void read_tool(const std::string& name, object_reader& x, parts& to);
void read_agent(const std::string& name, object_reader& x, parts& to);
void read_supervisor(const std::string& name, object_reader& x, parts& to);
void read(object_reader& x, notification_options& to);
void read(object_reader& x, log_options& to);

/// What stands in place of a tool, or takes back what it does.
[[nodiscard]] std::vector<mention> needed_by(const tool_policies& of,
                                             const object_reader& x);
/// What all of these names are.
[[nodiscard]] std::vector<mention>
mentions(const std::vector<std::string>& names, const object_reader& x,
         const char* member);

/// A place that a problem can be told about later.
[[nodiscard]] configuration_problem place_of(const object_reader& x,
                                             const char* member = nullptr);

} // namespace stanchion::configuring

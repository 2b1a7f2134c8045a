#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// Asks an actor of the supervision tree how it stands; answered with a
/// `tree_node`.
struct describe_tree {};

/// One line of the supervision tree, with what is below it.
struct tree_node {
  std::string name;
  std::string kind;  ///< `supervisor`, `guard`, `tool`, `agent`, `run`, `system`
  std::string state; ///< `running`, `restarting`, `stopped`, …
  std::string detail; ///< one more fact, such as a breaker's state
  std::uint32_t restarts = 0; ///< within the window
  std::optional<instant> next_at; ///< when a restart is due
  std::vector<tree_node> children;
};

/// A child that gives up tells its parent why, before it ends: the cause
/// chain that the bare end of an actor cannot carry.
struct escalation {
  std::string child;
  failure why;
};

/// To a supervisor's parent side: a child has been started anew; whoever keeps
/// its handle must use this one. Sent to `child_watcher` of the spec.
struct child_replaced {
  std::string child;
};

} // namespace stanchion

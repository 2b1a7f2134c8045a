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
struct describe_tree {
  /// How long to wait for the answers of what is below; passed on shortened.
  duration patience = 500ms;
};

/// Asks an actor to answer once it has started. Most need not know of it: any
/// answer will do, "not understood" included, since it comes after `start`.
/// Only an actor whose start goes on after that keeps the promise until it is
/// up.
struct await_start {};

/// The answer to `await_start` of an actor that knows of it.
struct started {};

/// One line of the supervision tree, with what is below it.
struct tree_node {
  std::string name;
  std::string kind; ///< `supervisor`, `guard`, `tool`, `agent`, `run`, `system`
  std::string state;              ///< `running`, `restarting`, `stopped`, …
  std::string detail;             ///< one more fact, such as a breaker's state
  std::uint32_t restarts = 0;     ///< within the window
  std::optional<instant> next_at; ///< when a restart is due
  std::vector<tree_node> children;
};

/// A child that gives up tells its parent why, before it ends: the cause
/// chain that the bare end of an actor cannot carry.
struct escalation {
  std::string child;
  failure why;
};

} // namespace stanchion

#pragma once

#include <stanchion/supervisors/tree/child_spec.hpp>

#include <string>

/// What an operator may ask of a running supervisor. All are requests, and all
/// are answered with `child_changed`; none counts as a failure.
namespace stanchion {

/// Adds a child at the end and starts it. Answered when it is up, or when its
/// first start failed; it is then retried like any other.
struct add_child {
  child_spec spec;
};

/// Stops a child and keeps its spec; a temporary one is forgotten. Answered
/// when it is down. Until `restart_child` nothing starts it, not even the
/// restart of its group.
struct terminate_child {
  std::string id;
};

/// Starts a child that is down, at once, even if its restart is due later.
/// Answered when it is up, or when that start failed.
struct restart_child {
  std::string id;
};

/// Forgets a child that was terminated or has ended for good.
struct delete_child {
  std::string id;
};

/// The answer.
struct child_changed {
  /// Why it was not done; empty when it was.
  std::string problem;
};

} // namespace stanchion

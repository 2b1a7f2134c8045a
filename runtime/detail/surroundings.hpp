#pragma once

#include <stanchion/fabric/actor.hpp>
#include <stanchion/runtime/detail/fault_injector.hpp>

#include <memory>

namespace stanchion {

class tool;

namespace detail {

/// What stands for the world outside of a runtime in a simulation.
///
/// Threads: the simulation's only.
class surroundings {
public:
  virtual ~surroundings() = default;

  /// Makes the actor that does a tool's work in the tool's place: it answers
  /// `tool_job` with `tool_answer`. Called at each start of the tool.
  [[nodiscard]] virtual std::unique_ptr<fabric::actor> work_of(const tool& t)
    = 0;

  /// Chooses faults across the deaths of the process; null for none.
  [[nodiscard]] virtual std::shared_ptr<fault_injector> faults() = 0;
};

} // namespace detail
} // namespace stanchion

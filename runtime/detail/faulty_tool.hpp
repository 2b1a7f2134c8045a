#pragma once

#include <stanchion/core/schema.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/runtime/detail/fault_injector.hpp>

#include <functional>
#include <memory>
#include <string>

namespace stanchion::detail {

struct faulty_tool_options {
  std::string name;
  /// What its answers must look like.
  schema output = any();
  /// Makes the actor that does the work.
  std::function<std::unique_ptr<fabric::actor>()> work;
  std::shared_ptr<fault_injector> faults;
};

/// Makes an actor that stands before a tool's own and does to its attempts
/// what the faults say, before they have acted or after.
///
/// Accepts:  tool_job → tool_answer
/// Emits:    fault_injected
/// Ends:     with the tool's own actor, as it did
/// Owns:     the tool's own actor
[[nodiscard]] std::unique_ptr<fabric::actor>
make_faulty_tool(faulty_tool_options options);

} // namespace stanchion::detail

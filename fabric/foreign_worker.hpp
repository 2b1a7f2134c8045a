#pragma once

#include <stanchion/fabric/actor.hpp>

#include <functional>
#include <memory>
#include <string>

namespace stanchion::fabric {

/// An actor of the library's that does a tool's work.
struct foreign_worker_options {
  /// The tool's name.
  std::string name;
  /// The actor, or a new one at each start of the tool. Not null.
  std::function<actor_ref()> worker;
  /// The worker was made for this tool: it ends with it.
  bool owned = false;
};

/// Stands for the worker in the tree: hands it jobs, answers with what it says,
/// and fails when it ends. `<stanchion/caf.hpp>` has the contract.
///
/// Accepts:  tool_job → tool_answer
/// Ends:     failed, when the worker ends or there is none. Jobs the worker had
///           are not answered then.
[[nodiscard]] std::unique_ptr<actor>
make_foreign_worker(foreign_worker_options options);

} // namespace stanchion::fabric

#pragma once

/// For programs that use CAF themselves: the only public header that includes
/// CAF's.
///
/// A runtime lives in an actor system of the program's when `config::host`
/// points to it. The runtime never shuts that system down, several runtimes may
/// share one, and it must outlive them all:
///
///     caf::actor_system system{settings};
///     runtime rt{config{.host = &system}};
///
/// A plain CAF actor serves as a tool through `caf_tool`.

#include <stanchion/core/failure.hpp>
#include <stanchion/fabric/foreign_worker.hpp>
#include <stanchion/runtime/config.hpp>
#include <stanchion/runtime/tool.hpp>

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/actor_system.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace stanchion {

/// A tool whose work a CAF actor does. To be completed like any other tool
/// (`.input(…).output(…).timeout(…)`), but it cannot be `reconcilable`.
///
/// The actor gets `(std::string arguments, std::string key)`, canonical JSON
/// and the idempotency key, and answers
///
///     std::string                 its result as JSON text
///     caf::error                  a failure: what `tool_failure` was told, or
///                                 else `crashed`, as if a function had thrown
///     nothing                     the attempt times out; an answer that comes
///                                 later is recorded as late
///
/// Its end is a crash of the tool. A `worker` that was given as a handle stays
/// dead: every later attempt crashes, too, until the tool's restarts are spent.
/// `start` is asked for a new one at each restart of the tool, and what it
/// returned ends with the tool.
///
/// Threads: the actor may live in any actor system that outlives the runtime.
[[nodiscard]] inline tool caf_tool(std::string name, effect e,
                                   std::function<caf::actor()> start) {
  auto options = fabric::foreign_worker_options{
    .name = name,
    .worker =
      [start = std::move(start)] {
        return fabric::actor_ref{
          caf::actor_cast<caf::strong_actor_ptr>(start()).get()};
      },
    .owned = true};
  return tool{
    std::move(name), e,
    tool_worker{[options = std::move(options)](const tool_surroundings&) {
      return fabric::make_foreign_worker(options);
    }}};
}

[[nodiscard]] inline tool caf_tool(std::string name, effect e,
                                   const caf::actor& worker) {
  auto options = fabric::foreign_worker_options{
    .name = name, .worker = [worker] {
      return fabric::actor_ref{
        caf::actor_cast<caf::strong_actor_ptr>(worker).get()};
    }};
  return tool{
    std::move(name), e,
    tool_worker{[options = std::move(options)](const tool_surroundings&) {
      return fabric::make_foreign_worker(options);
    }}};
}

/// What such an actor answers to say how it failed, as `tool_error` does for
/// functions.
[[nodiscard]] inline caf::error
tool_failure(failure_kind kind, side_effect effect, std::string message) {
  return {
    static_cast<std::uint8_t>(kind), caf::atom("stanchion"),
    caf::make_message(static_cast<std::uint8_t>(effect), std::move(message))};
}

} // namespace stanchion

#pragma once

#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace stanchion::bench {

/// A guard of an inline, read-only tool, as the runtime would make it, that
/// restarts and retries without delay.
[[nodiscard]] guard_options eager_guard(tool_function fn);

/// An actor that does what a run does to call a tool, `calls` times in a row,
/// through what `through` makes; `answered` hears of each end, and the last of
/// them all ends the actor.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_caller(std::function<std::unique_ptr<fabric::actor>()> through,
            std::uint64_t calls, std::function<void()> answered);

} // namespace stanchion::bench

#pragma once

#include <cstdint>

/// What the same work costs on the bare actor library: one actor where the
/// product has one, one message where it has one, and nothing else.
namespace stanchion::bench::bare {

/// Calls per second from `pairs` callers, each through a relay of its own to
/// an actor of its own: four messages a call. Each caller makes `calls`.
[[nodiscard]] double calls_per_second(std::uint64_t pairs, std::uint64_t calls);

/// Seconds from a crash of an actor until its caller has the answer of the one
/// that a monitoring actor put in its place; the median of `crashes`.
[[nodiscard]] double crash_to_answer(std::uint64_t crashes);

/// Starts a system, exchanges two messages and calls `done`.
void first_answer(void (*done)());

} // namespace stanchion::bench::bare

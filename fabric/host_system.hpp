#pragma once

namespace caf {
class actor_system;
} // namespace caf

namespace stanchion::fabric {

/// The library's actor system, for a program that brings its own.
using host_system = caf::actor_system;

} // namespace stanchion::fabric

#pragma once

#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <memory>

namespace stanchion {

/// Works on a runtime of this process, which must be started and must outlive
/// the result. Following ends with `not_running` when it stops.
///
/// Threads: any.
[[nodiscard]] std::unique_ptr<operations> make_owner_operations(runtime& of);

} // namespace stanchion

#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/detail/fault_injector.hpp>

#include <functional>
#include <memory>

namespace stanchion::detail {

/// A store that stands before another one and does to its commits what the
/// faults say. After `broken` and `lost` every commit fails until `reopen`.
///
/// Errors and threads: as `store`.
[[nodiscard]] std::shared_ptr<store>
make_faulty_store(std::shared_ptr<store> inner,
                  std::shared_ptr<fault_injector> faults,
                  std::function<instant()> now);

} // namespace stanchion::detail

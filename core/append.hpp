#pragma once

#include <stanchion/core/store.hpp>

#include <cstdint>

namespace stanchion {

/// To the journal: make this durable. Batches of one sender stay in order.
/// With `acknowledge` the sender gets `appended` once it is.
struct append {
  batch content;
  std::uint64_t token = 0;
  bool acknowledge = false;
};

/// From the journal: everything up to and including the batch with `token` is
/// durable.
struct appended {
  std::uint64_t token = 0;
};

} // namespace stanchion

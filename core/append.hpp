#pragma once

#include <stanchion/core/backlog.hpp>
#include <stanchion/core/store.hpp>

#include <cstdint>

namespace stanchion {

/// To the journal: make this durable. Batches of one sender stay in order.
/// With `acknowledge` the sender gets `appended` once it is.
struct append {
  batch content;
  std::uint64_t token = 0;
  bool acknowledge = false;
  /// What it adds to the backlog; the journal takes it for who has not.
  backlog::share share;
};

/// From the journal: everything up to and including the batch with `token` is
/// durable.
struct appended {
  std::uint64_t token = 0;
};

} // namespace stanchion

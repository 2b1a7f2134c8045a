#pragma once

#include <cstdint>
#include <functional>
#include <utility>

namespace caf {
class actor_control_block;
} // namespace caf

namespace stanchion::fabric {

/// Names one incarnation of an actor; never reused within a process.
using actor_id = std::uint64_t;

/// A handle to an actor. Sending to one that has ended is harmless.
///
/// Threads: copies may be used from any thread.
/// Owns:    a share of the actor's memory, not of its life: its state is
///          destroyed in its own context when it ends.
class actor_ref {
public:
  actor_ref() = default;
  actor_ref(const actor_ref& other);
  actor_ref(actor_ref&& other) noexcept
    : block_(std::exchange(other.block_, nullptr)) {
    // nop
  }
  actor_ref& operator=(actor_ref other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~actor_ref();

  /// 0 for an empty handle.
  [[nodiscard]] actor_id id() const;
  explicit operator bool() const {
    return block_ != nullptr;
  }
  friend bool operator==(const actor_ref& x, const actor_ref& y) {
    return x.block_ == y.block_;
  }

  /// For `fabric/` only: wraps the block, adding a reference.
  explicit actor_ref(caf::actor_control_block* block);
  [[nodiscard]] caf::actor_control_block* block() const {
    return block_;
  }

private:
  caf::actor_control_block* block_ = nullptr;
};

} // namespace stanchion::fabric

#include <stanchion/fabric/actor_ref.hpp>

#include <caf/actor_control_block.hpp>

namespace stanchion::fabric {

actor_ref::actor_ref(caf::actor_control_block* block) : block_(block) {
  if (block_ != nullptr)
    caf::intrusive_ptr_add_ref(block_);
}

actor_ref::actor_ref(const actor_ref& other) : actor_ref(other.block_) {
  // nop
}

actor_ref::~actor_ref() {
  if (block_ != nullptr)
    caf::intrusive_ptr_release(block_);
}

actor_id actor_ref::id() const {
  return block_ == nullptr ? 0 : block_->id();
}

} // namespace stanchion::fabric

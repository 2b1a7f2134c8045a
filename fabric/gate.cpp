#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/gate.hpp>

#include <caf/send.hpp>

namespace stanchion::fabric {

void gate::enter(const actor_ref& x) {
  const std::lock_guard lock{state_->mutex};
  if (!state_->closed)
    state_->open.emplace(x.id(), x);
}

void gate::leave(actor_id x) {
  const std::lock_guard lock{state_->mutex};
  state_->open.erase(x);
}

bool gate::set(actor_id to, std::uint64_t id, message body) {
  // Sent under the lock: a handle copied out of it could become the last one
  // and destroy the actor here, on a foreign thread.
  const std::lock_guard lock{state_->mutex};
  const auto found = state_->open.find(to);
  if (found == state_->open.end())
    return false;
  caf::anon_send(to_handle(found->second), completion{id, std::move(body)});
  return true;
}

void gate::close() {
  auto dropped = decltype(state_->open){};
  const std::lock_guard lock{state_->mutex};
  state_->closed = true;
  dropped.swap(state_->open);
}

} // namespace stanchion::fabric

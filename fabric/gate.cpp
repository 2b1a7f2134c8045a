#include <stanchion/fabric/gate.hpp>

#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/detail/host.hpp>

#include <caf/send.hpp>

namespace stanchion::fabric {

void gate::enter(const actor_ref& x) {
  const std::lock_guard lock{mutex_};
  if (!closed_)
    open_.emplace(x.id(), x);
}

void gate::leave(actor_id x) {
  const std::lock_guard lock{mutex_};
  open_.erase(x);
}

bool gate::set(actor_id to, std::uint64_t id, message body) {
  // Sent under the lock: a handle copied out of it could become the last one
  // and destroy the actor here, on a foreign thread.
  const std::lock_guard lock{mutex_};
  const auto found = open_.find(to);
  if (found == open_.end())
    return false;
  caf::anon_send(to_handle(found->second), completion{id, std::move(body)});
  return true;
}

void gate::close() {
  auto dropped = decltype(open_){};
  const std::lock_guard lock{mutex_};
  closed_ = true;
  dropped.swap(open_);
}

} // namespace stanchion::fabric

#include <stanchion/fabric/detail/host.hpp>

#include <utility>

namespace stanchion::fabric {

caf::resumable::resume_result host::resume(caf::execution_unit* on,
                                           std::size_t most) {
  if (auto* watch = sys_->watcher.get()) {
    seat_ = &watch->mine();
    const auto look = watch->looks();
    if (std::exchange(looked_, look) != look)
      check_mailbox();
  }
  return caf::event_based_actor::resume(on, most);
}

caf::invoke_message_result host::consume(caf::mailbox_element& x) {
  if (seat_ == nullptr)
    return caf::event_based_actor::consume(x);
  const auto busy = sitting{seat_, id(), sys_->watcher->looks()};
  return caf::event_based_actor::consume(x);
}

void host::check_mailbox() {
  if (guest_ == nullptr)
    return;
  const auto waiting = mailbox().size();
  if (waiting > sys_->long_mailbox && !std::exchange(long_, true))
    sys_->on_overload({.kind = overload_kind::long_mailbox,
                       .actor = guest_->name(),
                       .waiting = waiting,
                       .at = sys_->time->now()});
  else if (waiting <= sys_->long_mailbox / 2)
    long_ = false;
}

} // namespace stanchion::fabric

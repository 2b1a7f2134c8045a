#pragma once

#include <stanchion/actors/notifier/notifier.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/runtime/event_bus.hpp>

#include <cstdint>
#include <functional>
#include <memory>

namespace stanchion::detail {

/// What of telling people outlives the actor that does it: what is to be told,
/// who carries it, and an ear for alerts.
///
/// Threads: any, but for the constructor and the end.
class notifications {
public:
  /// `to_notifier` sends the notifier a message, from any thread. Errors: those
  /// of `make_courier`.
  notifications(const notification_options& x, std::shared_ptr<event_bus> bus,
                std::function<void(fabric::message)> to_notifier);
  notifications(const notifications&) = delete;
  notifications& operator=(const notifications&) = delete;
  ~notifications();

  /// A store that keeps what is to be told, in place of `inner`, which has been
  /// searched for what happened while nobody looked. Errors: `store_full`,
  /// `store_io`, and those of `inner`.
  [[nodiscard]] std::shared_ptr<store>
  stand_before(const std::shared_ptr<store>& inner,
               const std::function<instant()>& now);

  [[nodiscard]] const std::shared_ptr<stanchion::outbox>& outbox() const {
    return outbox_;
  }
  [[nodiscard]] const std::shared_ptr<courier>& carrier() const {
    return carrier_;
  }

  /// The runtime is about to end for good: tells of `x` now, and waits no
  /// longer than `limit`; 5 s leave the half of `shutdown_grace`. What is told
  /// stays in the journal.
  void tell_at_once(const ticket& x, instant now, duration limit = 5s);

private:
  const notification_options options_;
  std::shared_ptr<event_bus> bus_;
  std::function<void(fabric::message)> to_notifier_;
  std::shared_ptr<stanchion::outbox> outbox_;
  std::shared_ptr<courier> carrier_;
  std::uint64_t subscription_ = 0;
};

} // namespace stanchion::detail

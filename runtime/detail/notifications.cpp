#include <stanchion/runtime/detail/commit.hpp>
#include <stanchion/runtime/detail/notifications.hpp>
#include <stanchion/runtime/notify/receivers.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace stanchion::detail {

notifications::notifications(const notification_options& x,
                             std::shared_ptr<event_bus> bus,
                             std::function<void(fabric::message)> to_notifier)
  : options_(x), bus_(std::move(bus)), to_notifier_(std::move(to_notifier)),
    outbox_(std::make_shared<stanchion::outbox>(x.channels)),
    carrier_(x.carrier ? x.carrier : make_courier(x)) {
  subscription_ = bus_->subscribe(
    [this](const event& e) {
      to_notifier_(fabric::message::of(tell_alert{e}));
    },
    {event_kind::alert_raised, event_kind::alert_cleared});
}

notifications::~notifications() {
  bus_->unsubscribe(subscription_);
}

std::shared_ptr<store>
notifications::stand_before(const std::shared_ptr<store>& inner,
                            const std::function<instant()>& now) {
  auto missed = outbox_->catch_up(*inner, now());
  if (!missed.content.facts.empty())
    commit_or_throw(*inner, missed.content);
  outbox_->commit(std::move(missed));
  return make_outbox_store(inner, outbox_, now, [send = to_notifier_] {
    send(fabric::message::of(look_at_outbox{}));
  });
}

void notifications::tell_at_once(const ticket& x, instant now, duration limit) {
  struct state {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t left = 0; // guarded by mutex
  };
  const auto on = std::make_shared<state>();
  const auto told = notice_of(x, notice_kind::ticket_opened, now);
  const auto content = message_of({told});
  for (const auto& channel : options_.channels) {
    if (!wants(channel, told.kind, told.severity))
      continue;
    {
      const std::lock_guard lock{on->mutex};
      ++on->left;
    }
    carrier_->deliver(channel.name, content, [on](const delivery_result&) {
      {
        const std::lock_guard lock{on->mutex};
        --on->left;
      }
      on->changed.notify_all();
    });
  }
  auto lock = std::unique_lock{on->mutex};
  on->changed.wait_for(lock, limit, [&on] { return on->left == 0; });
}

} // namespace stanchion::detail

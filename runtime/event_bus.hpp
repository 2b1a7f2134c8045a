#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/secret.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace stanchion {

/// Hands every event to everyone who listens.
///
/// Threads: any. Listeners run on the publishing thread, one event at a time,
///          and must not block or subscribe.
class event_bus final : public event_sink {
public:
  using listener = std::function<void(const event&)>;

  void publish(event x) override;
  [[nodiscard]] bool wants(event_kind x) const override;

  /// Hides in all events what the vault has handed out. Before anything is
  /// published.
  void hide_with(std::shared_ptr<const secret_vault> vault) {
    vault_ = std::move(vault);
  }

  /// Listens to events of `kinds` until `unsubscribe`. Returns the
  /// subscription. What nobody listens to costs next to nothing.
  std::uint64_t subscribe(listener x, event_kinds kinds = event_kinds::all());
  /// After it returns the listener is not running and will not run again.
  void unsubscribe(std::uint64_t subscription);

private:
  struct subscription {
    listener hear;
    event_kinds kinds;
  };

  void count_kinds();

  std::shared_ptr<const secret_vault> vault_; // may be null
  std::atomic<event_kinds> wanted_{event_kinds{}};
  std::mutex mutex_;
  std::map<std::uint64_t, subscription> listeners_; // guarded by mutex_
  std::uint64_t last_ = 0;                          // guarded by mutex_
};

/// The kinds that `x` wants to hear.
[[nodiscard]] event_kinds heard_by(const event_sink& x);

} // namespace stanchion

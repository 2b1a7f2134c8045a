#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/host_system.hpp>
#include <stanchion/fabric/overload.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stanchion::fabric {

/// Where virtual time starts unless told otherwise: 2026-01-01T00:00:00Z.
inline constexpr instant virtual_epoch{duration{1'767'225'600'000'000}};

struct system_options {
  /// Worker threads; 0 means max(2, cores). Ignored in virtual time.
  std::size_t threads = 0;
  /// Messages one actor may handle before others get their turn. Default 50:
  /// unlimited, the library's own default, lets one busy actor starve all.
  std::size_t throughput = 50;
  /// Set for virtual time: nothing runs but inside `simulation`, and the seed
  /// chooses which actor is next.
  std::optional<std::uint64_t> virtual_seed;
  /// What the clock shows when virtual time begins.
  instant virtual_start = virtual_epoch;
  /// An actor system of the user's to live in, which outlives this one and is
  /// not shut down with it; null for an own one. Its settings count then, not
  /// `threads` and `throughput`.
  host_system* host = nullptr;
  /// Hears of actors that do not keep up, on any thread; must not block. Null:
  /// nobody looks.
  std::function<void(const overload&)> on_overload;
  /// Time in one handler that is too long. At least `defaults::watch_period`.
  duration slow_after = defaults::handler_slow;
  /// Messages in a mailbox that are too many.
  std::size_t long_mailbox = defaults::mailbox_warning;
};

/// Where actors live: threads, clock, gate.
///
/// Threads: all members may be called from any thread, but `shutdown` once.
class system {
public:
  explicit system(const system_options& options = {});
  system(const system&) = delete;
  system& operator=(const system&) = delete;
  /// Calls `shutdown` with the default deadline if nobody did.
  ~system();

  [[nodiscard]] actor_ref spawn(std::unique_ptr<actor> x);
  void send(const actor_ref& to, message m);
  template <class T>
  void send(const actor_ref& to, T x) {
    send(to, message::of(std::move(x)));
  }
  /// Asks `x` to stop.
  void stop(const actor_ref& x);
  void kill(const actor_ref& x);

  [[nodiscard]] const stanchion::clock& clock() const;
  [[nodiscard]] fabric::gate& gate();
  /// Completions that came for an id nobody waited for any more.
  [[nodiscard]] std::size_t late_completions() const;
  /// Actors alive now.
  [[nodiscard]] std::size_t alive() const;

  /// Looks once for actors that do not keep up, as a thread of the system's
  /// does every `defaults::watch_period`, but not in virtual time.
  void watch();

  /// Closes the gate and waits for all actors to end. False when some had not
  /// after `deadline`: they, and the threads they block, are abandoned.
  bool shutdown(duration deadline);

  struct impl;
  [[nodiscard]] impl& internals() const {
    return *impl_;
  }

private:
  impl* impl_; // owned, unless its threads had to be abandoned
};

} // namespace stanchion::fabric

#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/open_call.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/concurrency.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// The one place where a guard puts its decisions into events. Those that are
/// about a call are also left in it, for its run to record.
class guard_report {
public:
  guard_report(std::string tool, std::shared_ptr<event_sink> sink);

  /// `verdict` names what follows, `because` the rule that says so.
  void attempt_ended(instant at, open_call& call, const failure& why,
                     std::string_view verdict, std::string_view because) const;
  void retry_scheduled(instant at, open_call& call, instant next,
                       wait_reason why) const;
  /// An attempt was not made; `by` says for want of what.
  void call_refused(instant at, open_call& call, const failure& why,
                    std::string_view by) const;
  void hedge_started(instant at, open_call& call, std::uint32_t copy) const;
  void hedge_denied(instant at, open_call& call) const;
  void limit_lowered(instant at, const limit_change& x) const;
  /// The budget has none left for it.
  void retry_denied(instant at, open_call& call, const failure& why) const;
  void late(instant at, const flight& x, const outcome& result) const;
  /// `call`: whose end or admission changed it; may be null.
  void breaker(const breaker_transition& x, const std::string& reason,
               open_call* call) const;
  void started(instant at, bool again) const;
  /// `next` is empty when it is not started again.
  void down(instant at, const fabric::down& d, std::size_t restarts,
            std::optional<instant> next) const;
  void stopped(instant at, bool killed) const;
  void gave_up(instant at, const failure& why) const;
  void worker_abandoned(instant at, const flight& x, std::size_t hanging) const;

private:
  void publish(event x, open_call& call) const;

  std::string tool_;
  std::shared_ptr<event_sink> sink_;
};

} // namespace stanchion

#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/open_call.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace stanchion {

/// The one place where a guard puts its decisions into events.
class guard_report {
public:
  guard_report(std::string tool, std::shared_ptr<event_sink> sink);

  /// `verdict` names what follows.
  void attempt_ended(instant at, const open_call& call, const failure& why,
                     const char* verdict) const;
  void retry_scheduled(instant at, const open_call& call, instant next,
                       const std::string& why) const;
  /// The budget has none left for it.
  void retry_denied(instant at, const open_call& call,
                    const failure& why) const;
  void late(instant at, const flight& x, const outcome& result) const;
  void breaker(const breaker_transition& x, const std::string& reason) const;
  void started(instant at, bool again) const;
  /// `next` is empty when it is not started again.
  void down(instant at, const fabric::down& d, std::size_t restarts,
            std::optional<instant> next) const;
  void stopped(instant at, bool killed) const;
  void gave_up(instant at, const failure& why) const;
  void worker_abandoned(instant at, const flight& x, std::size_t hanging) const;

private:
  std::string tool_;
  std::shared_ptr<event_sink> sink_;
};

} // namespace stanchion

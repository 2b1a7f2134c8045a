#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/policy/restart_decision.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion::detail {

/// The one place where supervisors put their decisions into events.
class reporter {
public:
  reporter(std::string supervisor, std::shared_ptr<event_sink> sink);

  void started(instant at, const std::string& child, bool again) const;
  /// `verdict` is null when the supervisor is ending and decides nothing.
  void down(instant at, const std::string& child, exit_cause cause,
            const failure* why, const restart_decision* verdict) const;
  void stopped(instant at, const std::string& child, bool killed) const;
  /// It was killed and did not end: its handler hangs.
  void abandoned(instant at, const std::string& child) const;
  void gave_up(instant at, const failure& why) const;
  /// Messages for a child that is down are dropped.
  void crowded(instant at, const std::string& child) const;
  /// An agent is stopped, since these runs of it are exhausted.
  void agent_stopped(instant at, const std::vector<run_number>& runs) const;

private:
  std::string supervisor_;
  std::shared_ptr<event_sink> sink_;
};

/// What an end that nobody explained is called, as a failure; empty for an end
/// that is none.
[[nodiscard]] std::optional<failure> failure_of(exit_cause cause,
                                                const fabric::down& d);

/// Why `supervisor` gives up.
[[nodiscard]] failure give_up_failure(const std::string& supervisor,
                                      const std::string& child,
                                      const stop_and_escalate& verdict,
                                      std::shared_ptr<const failure> cause);

} // namespace stanchion::detail

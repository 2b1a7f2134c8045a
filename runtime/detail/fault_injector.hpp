#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace stanchion::detail {

/// Chooses the faults of one runtime, says so in events, and remembers into
/// which attempts they went, so that their failures can be marked.
///
/// Threads: any.
class fault_injector {
public:
  /// Ends the process; returns only in a simulation.
  using death = std::function<void(const fault_rule& why)>;

  fault_injector(fault_schedule schedule, death die);

  /// Where strikes are told; may be null.
  void tell(std::shared_ptr<event_sink> events);

  /// The fault for an attempt that reached `tool`; it is told.
  [[nodiscard]] std::optional<fault_rule>
  at_attempt(const std::string& tool, const tool_job& job, instant now);
  /// The fault for a commit that is about to be made; it is told.
  [[nodiscard]] std::optional<fault_rule> at_commit(instant now);

  void die(const fault_rule& why) {
    die_(why);
  }

  /// What was done to the attempt, as a failure's code; empty for nothing.
  [[nodiscard]] std::string mark_of(const std::string& key,
                                    std::uint32_t attempt);
  /// The attempt ended well after all.
  void forget(const std::string& key);

  /// Precondition: nobody else uses this now.
  [[nodiscard]] const fault_schedule& schedule() const {
    return schedule_;
  }

private:
  void publish(const fault_rule& x, instant now, std::string subject,
               const tool_job* job);

  std::mutex mutex_;
  fault_schedule schedule_; // guarded by mutex_
  std::map<std::string, std::pair<std::uint32_t, std::string>>
    marks_;                            // by key; guarded by mutex_
  std::shared_ptr<event_sink> events_; // guarded by mutex_
  death die_;
};

/// What an injected failure bears as its code: `injected:timeout:after`.
[[nodiscard]] std::string code_of(const fault_rule& x);

} // namespace stanchion::detail

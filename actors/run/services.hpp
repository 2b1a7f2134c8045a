#pragma once

#include <stanchion/actors/run/tool_traits.hpp>
#include <stanchion/core/agent_ledger.hpp>
#include <stanchion/core/backlog.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/fabric/actor_ref.hpp>
#include <stanchion/fabric/message.hpp>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// Where a tool is to be found.
struct tool_entry {
  effect tool_effect = effect::once;
  /// Empty while its guard is being replaced.
  fabric::actor_ref guard;
  /// Never null.
  std::shared_ptr<const tool_traits> traits;
};

/// Which tools there are and who guards them. One per runtime.
///
/// Threads: any.
class tool_directory {
public:
  /// Nothing when there is no tool of that name.
  [[nodiscard]] std::optional<tool_entry> find(std::string_view name) const;
  void put(const std::string& name, effect tool_effect,
           tool_traits traits = {});
  void set_guard(const std::string& name, fabric::actor_ref guard);

private:
  mutable std::mutex mutex_;
  std::map<std::string, tool_entry, std::less<>> entries_; // guarded by mutex_
};

/// What a run needs of the rest of the runtime.
struct run_services {
  std::shared_ptr<stanchion::store> store;
  std::shared_ptr<event_sink> events;
  std::shared_ptr<random_source> random;
  std::shared_ptr<tool_directory> tools;
  /// What agents may do; null where they may do everything.
  std::shared_ptr<mode_directory> modes;
  /// Where runs say what they use; null where nobody adds it up.
  std::shared_ptr<agent_ledger> ledger;
  /// The version that new runs of an agent get, by agent.
  std::shared_ptr<const std::map<std::string, std::string>> agents;
  /// The last run number given out.
  std::shared_ptr<std::atomic<run_number>> last_number;
  /// The desk there is now; empty while it is being replaced. Any thread.
  std::function<fabric::actor_ref()> desk;
  /// How much waits for the journal; may be null.
  std::shared_ptr<stanchion::backlog> backlog;
  /// Whether a failure of a tool's may be gone in a while; empty: of none.
  std::function<bool(std::string_view tool, const failure& why)> may_pass;
  fabric::actor_ref journal;
  fabric::actor_ref timers;
  /// Takes `routed` messages for any run, alive or not.
  fabric::actor_ref router;
  /// What a commit makes durable is so at once: runs commit by themselves
  /// instead of asking the journal. Only for a store in memory.
  bool commit_here = false;
  /// Replay every run once more from its journal when it ends, and report the
  /// first difference.
  bool replay_twice = false;
};

} // namespace stanchion

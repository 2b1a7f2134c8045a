#pragma once

#include <stanchion/actors/telemetry/alerts.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/fabric/actor.hpp>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace stanchion {

/// What has been heard that alerts are about. Outlives the actor that looks at
/// it, so that an alert is not raised twice when that is restarted.
///
/// Threads: any.
class alert_feed {
public:
  /// `critical`: the tools whose first failure matters.
  alert_feed(const alert_options& x, std::set<std::string> critical);

  [[nodiscard]] static event_kinds kinds();
  /// Takes an event in. True if it must be looked at now.
  bool hear(const event& x);
  /// The breaker was found not to be closed.
  void found_open(const std::string& tool, instant at);

  [[nodiscard]] std::vector<alert_change>
  check(const std::vector<ticket_count>& open, instant now);
  /// How many alerts are raised.
  [[nodiscard]] std::size_t active();

private:
  const std::set<std::string> critical_;
  std::mutex mutex_;
  alert_rules rules_; // guarded by mutex_
};

struct alert_watch_options {
  /// Not null.
  std::shared_ptr<alert_feed> feed;
  /// Where the tickets are. Not null.
  std::shared_ptr<stanchion::store> store;
  /// Who hears of alerts; may be null.
  std::shared_ptr<event_sink> events;
  /// > 0.
  duration check_every = 15s;
};

/// To the watch: look at once.
struct check_alerts {};

/// Raises and clears alerts. One per runtime that wants them.
///
/// Accepts: check_alerts
///          describe_tree → a tree_node
/// Emits:   alert_raised, alert_cleared
/// State:   in its feed; safe to restart any time
[[nodiscard]] std::unique_ptr<fabric::actor>
make_alert_watch(alert_watch_options options);

} // namespace stanchion

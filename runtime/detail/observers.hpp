#pragma once

#include <stanchion/actors/telemetry/alert_watch.hpp>
#include <stanchion/actors/telemetry/log_sink.hpp>
#include <stanchion/actors/telemetry/metrics.hpp>
#include <stanchion/core/backlog.hpp>
#include <stanchion/core/executor.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/runtime/event_bus.hpp>
#include <stanchion/runtime/telemetry.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stanchion::detail {

/// Those of `telemetry_options` that are switched on, listening to the bus.
///
/// Threads: any, but for the constructor and the end. The end waits until what
///          is to be logged is written.
class observers {
public:
  /// `look_now` is called on any thread when an alert cannot wait. Errors:
  /// those of `make_line_writer`.
  observers(const telemetry_options& x, std::shared_ptr<event_bus> bus,
            std::shared_ptr<stanchion::store> store, metric_names known,
            std::function<void()> look_now);
  observers(const observers&) = delete;
  observers& operator=(const observers&) = delete;
  ~observers();

  /// What metrics are read from. Once, before `metrics_text`.
  void read_from(std::shared_ptr<const backlog> records,
                 const std::shared_ptr<const executor>& pool,
                 std::shared_ptr<const mode_directory> modes);
  /// Reads how breakers stood when the last owner stopped.
  void read_breakers(instant now);
  /// Whom the journal tells of commits; empty for nobody.
  [[nodiscard]] std::function<void(std::size_t, duration)> on_commit() const;
  /// Null where no alerts are wanted.
  [[nodiscard]] const std::shared_ptr<alert_feed>& alerts() const {
    return alerts_;
  }
  /// Empty where nothing is counted.
  [[nodiscard]] std::string metrics_text(instant now) const;

private:
  void listen(event_bus::listener x, event_kinds kinds);

  const metric_names known_;
  std::shared_ptr<event_bus> bus_;
  std::shared_ptr<stanchion::store> store_;
  std::shared_ptr<stanchion::metrics> metrics_; // null: none
  std::shared_ptr<alert_feed> alerts_;
  std::vector<std::uint64_t> subscriptions_;
  std::shared_ptr<const backlog> records_;
  std::weak_ptr<const executor> pool_; // its threads are not ours to keep
  std::shared_ptr<const mode_directory> modes_;
  std::unique_ptr<log_sink> log_; // null: none
};

} // namespace stanchion::detail

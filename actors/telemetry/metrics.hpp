#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace stanchion {

/// What metrics may name. Whatever else an event names is counted as `other`,
/// so that no input can make the number of time series grow.
struct metric_names {
  std::set<std::string> tools;
  /// Of the tools, those whose first failure matters.
  std::set<std::string> critical;
  std::set<std::string> agents;
  /// Other children of supervisors.
  std::set<std::string> parts;
};

/// What is looked at when somebody asks for the metrics.
struct metric_readings {
  instant now;
  std::vector<ticket_count> tickets;
  /// Bytes of records that wait for the store.
  std::size_t journal_waiting = 0;
  /// Jobs that wait for a thread of the pool.
  std::size_t pool_queue = 0;
  std::uint64_t log_lines_dropped = 0;
};

/// Counts events, for Prometheus. `docs/telemetry.md` lists every metric with
/// its labels.
///
/// Threads: any.
class metrics {
public:
  explicit metrics(const metric_names& known);
  metrics(const metrics&) = delete;
  metrics& operator=(const metrics&) = delete;
  ~metrics();

  /// What it has to hear: among it events that come with every step.
  [[nodiscard]] static event_kinds kinds();
  void hear(const event& x);

  // -- what no event has said yet ---------------------------------------------

  /// `state` by its name.
  void set_breaker(const std::string& tool, const std::string& state);
  void set_mode(const std::string& agent, const std::string& mode);
  /// The journal has made so many batches durable at once.
  void committed(std::size_t batches, duration took);

  /// The text that Prometheus reads (format 0.0.4), to be served as
  /// `content_type`.
  [[nodiscard]] std::string text(const metric_readings& x);

  static constexpr const char* content_type
    = "text/plain; version=0.0.4; charset=utf-8";

private:
  struct families;

  std::unique_ptr<families> all_;
};

} // namespace stanchion

#pragma once

#include <stanchion/actors/telemetry/alerts.hpp>
#include <stanchion/actors/telemetry/log_sink.hpp>

#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// What a runtime shows of itself beside its events. By default nothing: a
/// library is silent, and what nobody counts costs nothing.
struct telemetry_options {
  log_options log;
  /// Counts for `runtime::metrics`. Default off: it hears an event of every
  /// step.
  bool metrics = false;
  /// Raises and clears alerts, as events. Default off.
  std::optional<alert_options> alerts;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const telemetry_options& x);

} // namespace stanchion

#pragma once

#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/secret.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/host_system.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/telemetry.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace stanchion {

class store;

namespace detail {
class surroundings;
} // namespace detail

/// What a runtime is made with. Every member has a working default.
struct config {
  /// Holds everything durable; made if missing. One process owns it at a time.
  std::filesystem::path data_dir = "stanchion-data";
  /// A journal in memory instead: nothing survives the process.
  bool in_memory = false;
  /// A store of the caller's own instead of one in `data_dir`; for tests.
  std::shared_ptr<stanchion::store> store;
  /// Worker threads for actors; 0 means max(2, cores).
  std::size_t threads = 0;
  /// An actor system of the program's to live in instead of an own one, see
  /// <stanchion/caf.hpp>. Must outlive the runtime, which leaves it running;
  /// `threads` does not count then. Not with `virtual_seed`.
  fabric::host_system* host = nullptr;
  /// Threads for blocking tools; 0 means max(4, 2 x cores).
  std::size_t pool_threads = 0;
  /// Bytes of records that may wait for the store before `submit` blocks and
  /// runs ask for no further steps. Default 64 MiB.
  std::size_t journal_backlog = defaults::journal_backlog;
  /// Time `stop` may take before what is left is abandoned. Default 10 s.
  duration grace = defaults::shutdown_grace;
  /// Replays every completed run once more from its journal and reports the
  /// first difference. On in debug builds.
#ifdef NDEBUG
  bool replay_twice = false;
#else
  bool replay_twice = true;
#endif
  /// Hears every event of the kinds that it wants, as it says when the runtime
  /// is made; may be null. Must not block.
  std::shared_ptr<event_sink> events;
  /// Where `secret("name")` among a tool's arguments comes from; default the
  /// process's environment, see `environment_secret`.
  secret_source secrets = nullptr;
  /// Logs, metrics and alerts.
  telemetry_options telemetry = {};
  /// Who is told of tickets and alerts. With `telemetry.alerts` unset, alerts
  /// are raised as by default for channels that want them.
  notification_options notifications = {};
  /// Where chance comes from; null means the operating system.
  std::shared_ptr<random_source> random;
  /// What to do to tools, commits and the process, on purpose. Refused without
  /// `allow_faults`.
  stanchion::faults faults;
  /// That faults may be injected: their effects on the world are real.
  bool allow_faults = false;
  /// Chooses which attempts and commits they strike.
  std::uint64_t fault_seed = 1;
  /// Virtual time with this seed: nothing runs but inside a simulation.
  std::optional<std::uint64_t> virtual_seed;
  /// When virtual time begins.
  instant virtual_start = fabric::virtual_epoch;
  /// What stands for the world outside; set by simulations, else null.
  std::shared_ptr<detail::surroundings> around;
};

} // namespace stanchion

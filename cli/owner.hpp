#pragma once

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/cli/control_server.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <memory>
#include <string>

namespace stanchion {

class signal_watch;

/// This process as the owner of a data directory: a runtime that drives its
/// runs, and a socket at which other processes ask. A signal stops the runtime.
///
/// Threads: one makes, uses and destroys it.
class owner {
public:
  /// Makes a runtime, which shows of itself what `shown` says and tells people
  /// as the words say, and lets the program add to it; touches no file. Errors:
  /// `usage` for faults that make no sense.
  owner(const data_dir& dir, const command_context& x, signal_watch& signals,
        telemetry_options shown = {});
  owner(const owner&) = delete;
  owner& operator=(const owner&) = delete;
  /// Stops.
  ~owner();

  [[nodiscard]] bool has_agent(const std::string& name) const;

  /// Takes the directory over. Errors: those of `runtime::start`.
  void start();

  /// Precondition: started.
  [[nodiscard]] operations& work() const;

  /// The same, for servers of this process, which must not outlive it.
  [[nodiscard]] const std::shared_ptr<operations>& shared_work() const {
    return operations_;
  }
  /// What its runtime counts, for Prometheus; empty where it does not.
  [[nodiscard]] std::string metrics() const;
  /// Whether its runtime still drives runs.
  [[nodiscard]] bool running() const;

  /// Stops in order. False when threads had to be abandoned, which the process
  /// must not outlive.
  bool stop();

private:
  data_dir dir_;
  signal_watch& signals_;
  std::unique_ptr<runtime> runtime_;
  std::shared_ptr<operations> operations_;
  std::unique_ptr<control_server> server_;
  bool clean_ = true;
};

} // namespace stanchion

#pragma once

#include <stanchion/cli/invocation.hpp>
#include <stanchion/cli/owner.hpp>
#include <stanchion/cli/signals.hpp>
#include <stanchion/runtime/api/operations.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stanchion {

/// How one command reaches a data directory: through the server that `--url`
/// names, through the process that owns it, or by its files.
///
/// Threads: one.
class session {
public:
  /// `drives`: the command may have to drive or follow runs, and takes over the
  /// signals.
  session(command_context& x, bool drives);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  /// Stops what it drives; sets `abandoned` of the context.
  ~session();

  /// Asks the owner if there is one, else works on the files.
  [[nodiscard]] operations& reach();

  /// Does `what` where `reach` leads, and once more when the owner goes before
  /// it has answered: `again` is true then, since the first time may have taken
  /// effect. Gives up when an owner that stops should be gone by now.
  json ask(const std::function<json(operations& by, bool again)>& what);
  /// The same for what may be done twice.
  json ask(const std::function<json(operations& by)>& what);

  /// Asks the owner if there is one, else becomes it. Waits for one that is
  /// just starting or stopping. Errors: `unknown_agent` when this program has
  /// not the `agent` that is to be driven; `store_in_use` when there is an
  /// owner that does not answer; those of `runtime::start`.
  [[nodiscard]] operations& drive(const std::string& agent);

  /// Starts a run, where `drive` leads; see `operations::start_run`.
  [[nodiscard]] json start(const json& request);

  /// Whether this process drives the runs.
  [[nodiscard]] bool owns() const {
    return owner_ != nullptr;
  }
  /// Whether another process does, or did when it was asked last.
  [[nodiscard]] bool reaches_owner() const {
    return remote_ != nullptr;
  }
  [[nodiscard]] bool has_agent(const std::string& name);

  /// Follows a run, driving it if nobody else does, also when the owner goes
  /// meanwhile. Returns null when interrupted, or when the time is up.
  [[nodiscard]] json stay(const std::string& id, const std::string& agent,
                          const std::function<void(const json&)>& on_record);
  /// Follows a run until it has ended, whoever drives it.
  [[nodiscard]] json watch(const std::string& id,
                           const std::function<void(const json&)>& on_record);

  [[nodiscard]] bool interrupted() const;
  /// What a following that yielded nothing means: a signal, or the time.
  [[nodiscard]] exit_code why_stopped() const;

private:
  [[nodiscard]] bool keep_going() const;
  [[nodiscard]] bool try_remote();
  [[nodiscard]] bool try_own();
  void lose_owner();
  [[nodiscard]] bool may_come_back();
  void require_agent(const std::string& name);
  /// Waits a moment. False when there is no point any more.
  [[nodiscard]] bool
  wait_for_owner(std::chrono::steady_clock::time_point since);
  json follow(const std::string& id, follow_until until,
              const std::function<void(const json&)>& on_record,
              const std::function<operations&()>& connect);

  command_context& context_;
  data_dir dir_;
  std::optional<signal_watch> signals_;
  std::unique_ptr<operations> remote_;
  std::unique_ptr<operations> offline_;
  std::unique_ptr<owner> candidate_; // not started
  std::unique_ptr<owner> owner_;
  bool lost_owner_ = false;
  std::optional<std::chrono::steady_clock::time_point> lost_at_; // of a server
  std::optional<std::chrono::steady_clock::time_point> deadline_;
};

} // namespace stanchion

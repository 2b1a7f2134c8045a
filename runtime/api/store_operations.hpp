#pragma once

#include <stanchion/core/mode.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/api/token_file.hpp>
#include <stanchion/runtime/forking.hpp>
#include <stanchion/runtime/people.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stanchion {

class data_dir;

/// The operations that need no more than a store to read, and `decide`.
class store_operations : public operations {
public:
  [[nodiscard]] json list_runs(const run_filter& f) override;
  [[nodiscard]] json find_run(const std::string& id) override;
  [[nodiscard]] json list_steps(const std::string& id) override;
  [[nodiscard]] json export_run(const std::string& id) override;
  json follow(const std::string& id, const follower& f) override;
  [[nodiscard]] json list_tickets(const ticket_query& q) override;
  [[nodiscard]] json find_ticket(const std::string& id) override;
  json retry_run(const std::string& id, const json& request) override;
  json fork_run(const std::string& id, const json& request) override;
  json prune_journal(const json& request) override;
  [[nodiscard]] json list_audit(const audit_filter& f) override;
  [[nodiscard]] json list_tokens() override;
  json create_token(const json& request) override;
  json revoke_token(const std::string& name, const json& request) override;

protected:
  explicit store_operations(const std::filesystem::path& tokens);

  [[nodiscard]] virtual stanchion::store& reads() = 0;
  /// Which open runs nothing drives until a person acts: as their rows say.
  [[nodiscard]] virtual people_watch::predicate left_alone() const {
    return lacks_version;
  }
  /// Waits a moment, for something to happen to a run that is followed.
  virtual void pause() = 0;
  using commit_function = std::function<void(const batch&)>;
  /// Calls `work` with a store in which only those who drive runs write beside
  /// it, and with what makes a batch durable.
  virtual void
  change(const std::function<void(store&, const commit_function&)>& work)
    = 0;
  /// Makes a fork durable. Errors: those of `prepare_fork`.
  virtual forking begin_fork(const run_row& origin, const fork_wish& wish) = 0;
  /// Calls `change` while nobody else may write to the directory, and makes
  /// durable what it yields.
  virtual void note(const std::function<audit_entry()>& change) = 0;

private:
  /// Removes large bodies that no run needs any more; returns how many.
  static std::size_t sweep(store& in, const commit_function& commit);

  token_file tokens_;
};

/// A decision as the operator API has it. Errors: `bad_decision` naming the
/// member that is missing or wrong.
struct decision_words {
  std::uint32_t version = 0;
  stanchion::verb verb = stanchion::verb::abort;
  std::string by;
  std::string comment;
  std::string payload;
  std::vector<std::string> roles;
};
[[nodiscard]] decision_words read_decision(const json& request);

/// The reason that a request must have. Errors: `usage`.
[[nodiscard]] std::string required_reason(const json& request);

/// What an agent may do from now on: `mode`, `reason`, `by`. Errors: `usage`.
[[nodiscard]] mode_setting read_mode(const json& request);

/// Who did what to what, and why, by the `by` and `reason` or `comment` of a
/// request.
[[nodiscard]] audit_entry audit_of(const json& request, std::string act,
                                   std::string subject);

/// A string member of an object, or `otherwise`. Errors: `invalid_json`.
[[nodiscard]] std::string text_member(const json& from, const char* key,
                                      const std::string& otherwise = {});

/// Works on a data directory that no process owns: reads without touching it;
/// decisions and cancellations take the lock for as long as they are written,
/// and whoever drives the run next finds them.
///
/// Errors: additionally `store_in_use` when there is an owner after all, and
///         `no_server` for what only an owner can do.
[[nodiscard]] std::unique_ptr<operations>
make_offline_operations(const data_dir& dir);

} // namespace stanchion

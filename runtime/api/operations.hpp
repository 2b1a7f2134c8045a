#pragma once

#include <stanchion/core/audit.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/ticket.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

using nlohmann::json;

class event_feed;

/// Until when a run is followed.
enum class follow_until : std::uint8_t {
  settled, ///< it has ended, or only people can make it go on
  ended,
};

/// How a run is followed.
struct follower {
  /// The number of the first record to be told of.
  std::uint32_t from = 0;
  follow_until until = follow_until::settled;
  /// Told every record, as JSON. May be null.
  std::function<void(const json&)> on_record = {};
  /// Asked several times a second; false ends the following. May be null.
  std::function<bool()> keep_going = {};
};

/// Which tickets a list shows.
struct ticket_query {
  std::vector<ticket_state> states; ///< empty: all
  std::string run;                  ///< an id or the start of one; empty: all
  std::size_t limit = 100;
  std::optional<park_reason> reason = {}; ///< nothing: all
  std::optional<ticket_kind> kind = {};   ///< nothing: all
  std::string agent = {};                 ///< that it is about; empty: all
  std::string tool = {};                  ///< that it is about; empty: all
  std::string assignee = {};              ///< whose it is; empty: all
  std::uint64_t after = 0; ///< the `next` of the page before; 0: the first
};

/// What operators do with a data directory, in the JSON of the operator API.
/// The same whether this process owns the directory, asks the one that does, or
/// finds none.
///
/// Runs are named by their id or by its first 8 characters or more, where that
/// is unambiguous; tickets by their id.
///
/// Every change is audited under the request's `by`, in the commit that makes
/// it durable or in the one after.
///
/// Errors:  `error`; `unknown_run`, `unknown_ticket`, `unknown_tool`,
///          `unknown_token`, what the store throws, and `no_server` or
///          `not_running` when the owner is gone.
/// Threads: those of the implementation.
class operations {
public:
  virtual ~operations() = default;

  /// `{runs, next}`; `next` is the `before` of the page behind, if there is
  /// one.
  [[nodiscard]] virtual json list_runs(const run_filter& f) = 0;
  /// A run, with `why`, `settled`, its open `tickets`, and how it ended.
  [[nodiscard]] virtual json find_run(const std::string& id) = 0;
  /// `{steps}`, in the order in which they were asked for.
  [[nodiscard]] virtual json list_steps(const std::string& id) = 0;
  /// A run with all that is known of it and of its children, for archives and
  /// bug reports: `docs/formats/export.md`. Secrets are hidden as in logs.
  [[nodiscard]] virtual json export_run(const std::string& id) = 0;
  /// Tells of all records, those to come as well, and carries on with the run
  /// that a run continues as. Returns the run as `find_run` does, or null when
  /// it was made to stop.
  virtual json follow(const std::string& id, const follower& f) = 0;

  /// `{agent, input, key?, submitter?, budget?}`; returns the run once it is
  /// durable.
  virtual json start_run(const json& request) = 0;
  /// `{reason?, by?}`; returns the run.
  virtual json cancel_run(const std::string& id, const json& request) = 0;
  /// `{by?}`; returns the run.
  virtual json resume_run(const std::string& id, const json& request) = 0;
  /// `{name, id, content?, by?}`; returns the run. The same id, the same
  /// signal.
  virtual json signal_run(const std::string& id, const json& request) = 0;
  /// Says `retry` about the run's ticket; `{by, comment?}`. Returns the ticket.
  virtual json retry_run(const std::string& id, const json& request) = 0;

  /// `{at?, agent_version?, reason?, by?, key?, dry_run?}`: begins another run
  /// with what this one had done and heard up to a point. Returns `{from: {run,
  /// at}, effects, undone_before, run}`, without `run` where it was only asked
  /// what would be.
  virtual json fork_run(const std::string& id, const json& request) = 0;

  /// `{tickets, next}`, oldest first; `next` is the `after` of the page behind,
  /// if there is one.
  [[nodiscard]] virtual json list_tickets(const ticket_query& q) = 0;
  [[nodiscard]] virtual json find_ticket(const std::string& id) = 0;
  /// `{verb, by, version?, comment?, payload?, roles?}`; returns the ticket.
  /// `roles` are those of `by`, `*` for all; without them: none.
  virtual json decide(const std::string& id, const json& request) = 0;

  /// `{mode, reason, by?}`; returns the agent.
  virtual json set_mode(const std::string& agent, const json& request) = 0;
  /// `{reason, lift?, by?}`: nothing leaves any more, or all may again. Returns
  /// `{mode, by, reason}` as it stands for everything.
  virtual json stop_all(const json& request) = 0;

  /// The supervision tree.
  [[nodiscard]] virtual json tree() = 0;
  /// `{agents}`: those of the process that drives the runs.
  [[nodiscard]] virtual json list_agents() = 0;
  /// `{tools}`, with the state of their breakers.
  [[nodiscard]] virtual json list_tools() = 0;
  /// The same of one tool, and its schemas.
  [[nodiscard]] virtual json find_tool(const std::string& name) = 0;
  /// `{state, reason, by?}`, `state` being `isolated` or `closed`; returns the
  /// tool.
  virtual json set_breaker(const std::string& tool, const json& request) = 0;

  /// `{entries, next}`, newest first; `next` is the `before` of the page
  /// behind, if there is one.
  [[nodiscard]] virtual json list_audit(const audit_filter& f) = 0;
  /// `{older_than_s, state?, below?, dry_run?, reason?, by?}`: removes runs
  /// that are over for so long, a part of the journal at a time. `state` names
  /// states, separated by commas. Returns `{runs, records, tickets, payloads,
  /// kept, next}`; `next` is the `below` of the part behind, if there is one.
  virtual json prune_journal(const json& request) = 0;
  /// `{tokens}`: who may use the API, without what proves it.
  [[nodiscard]] virtual json list_tokens() = 0;
  /// `{name, role, expires_in_s?, by?}`; returns the token with its `secret`.
  virtual json create_token(const json& request) = 0;
  /// `{reason?, by?}`; returns the token.
  virtual json revoke_token(const std::string& name, const json& request) = 0;

  /// What happens from now on, and lately; null where that cannot be heard.
  [[nodiscard]] virtual std::shared_ptr<event_feed> events() {
    return nullptr;
  }
  /// `{ready, why?}`: whether runs can be started.
  [[nodiscard]] virtual json readiness() = 0;
};

} // namespace stanchion

#pragma once

#include <stanchion/core/audit.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// A small durable fact outside of any run, such as a breaker's state. An
/// empty text removes it.
struct fact {
  std::string key;
  std::string text;
};

/// Large bodies that lie apart from their records, and that no record needed
/// when the journal had `as_of` positions: those of pruned runs.
struct leftovers {
  std::vector<std::string> names;
  std::uint64_t as_of = 0;
};

/// What becomes durable together or not at all.
struct batch {
  std::vector<record> records; ///< appended in this order
  std::vector<run_row> runs;   ///< inserted, or replaced by number
  std::vector<ticket> tickets; ///< inserted, or replaced by id
  std::vector<fact> facts;
  std::vector<audit_entry> audits; ///< appended in this order
  /// Runs that are removed with their records and tickets, after all else.
  /// What may not go stays: a run that is open or has an open ticket, and the
  /// one with the highest number, so that numbers are never given out twice.
  std::vector<run_number> prunes;
  /// Removed, unless a record needs them again.
  leftovers swept;

  /// Roughly the bytes this holds, for back-pressure.
  [[nodiscard]] std::size_t weight() const;
};

/// How a commit ended.
enum class commit_status : std::uint8_t {
  done,     ///< everything is durable
  full,     ///< no space, or another program holds the store; nothing was
            ///< written, try again later
  io_error, ///< nothing is acknowledged; the store must be reopened
};

/// Which runs a list shows.
struct run_filter {
  std::vector<run_state> states; ///< empty: all
  std::string agent;             ///< empty: all
  run_number parent = 0;         ///< 0: all
  run_number before = 0;         ///< only numbers below it; 0: from the newest
  std::size_t limit = 50;
};

/// Which tickets a list shows.
struct ticket_filter {
  std::vector<ticket_state> states; ///< empty: all
  run_number run = 0;               ///< 0: all
  std::size_t limit = 100;
  bool tree = false; ///< only those of the supervision tree, which have no run
  std::optional<park_reason> reason; ///< nothing: all
  std::optional<ticket_kind> kind;   ///< nothing: all
  std::string agent;                 ///< that it is about; empty: all
  std::string tool;                  ///< that it is about; empty: all
  std::string assignee;              ///< whose it is; empty: all
  std::uint64_t after = 0; ///< only numbers above it; 0: from the oldest
};

/// The open tickets of one kind.
struct ticket_count {
  ticket_kind kind = ticket_kind::escalation;
  std::size_t count = 0;
  /// When the oldest was opened.
  instant oldest;
};

/// Something `verify` found wrong.
struct damage {
  run_number run = 0; ///< 0 where it is not about one run
  std::string what;
};

/// What `verify` saw.
struct verify_report {
  std::uint64_t records = 0;
  std::uint64_t runs = 0;
  std::uint64_t tickets = 0;
  std::vector<damage> damages; ///< empty: all is well
};

/// Where journals live. One writer; what `commit` acknowledged survives the
/// death of the process and of the machine.
///
/// Threads: `commit` and `reopen` from one thread at a time; reads from any
/// thread, concurrently with it. A read sees all commits that were
/// acknowledged before it began.
/// Errors: `read` and `find_...` throw `error{store_damaged}` when a checksum
/// is wrong or a record is missing. Lists go on: they show a damaged run as
/// `parked` with the reason, and a damaged ticket as one that no verb answers.
/// Every read throws `error{store_io}` when the system refuses. `commit` throws
/// `error{run_conflict}`, with nothing written, where a batch contradicts what
/// is stored: a record's place, a run's id, or a key of an agent is taken.
class store {
public:
  virtual ~store() = default;

  /// Makes all batches durable in one transaction, in order.
  [[nodiscard]] virtual commit_status commit(std::span<const batch* const> xs)
    = 0;

  /// Closes and reopens after `io_error`, and verifies what is there. False
  /// when that failed too.
  [[nodiscard]] virtual bool reopen() = 0;

  /// Why the last `commit` or `reopen` did not succeed, for a person; empty
  /// when it did. May be called from any thread.
  [[nodiscard]] virtual std::string problem() {
    return {};
  }

  /// A run's records from `from` on, in order.
  [[nodiscard]] virtual std::vector<record> read(run_number run,
                                                 std::uint32_t from)
    = 0;

  [[nodiscard]] virtual std::optional<run_row> find_run(run_number number) = 0;
  [[nodiscard]] virtual std::optional<run_row> find_run(const run_id& id) = 0;
  /// The run that `agent` was given under a submitter's idempotency key.
  [[nodiscard]] virtual std::optional<run_row> find_run(std::string_view agent,
                                                        std::string_view key)
    = 0;
  /// Newest first.
  [[nodiscard]] virtual std::vector<run_row> list_runs(const run_filter& f) = 0;
  /// Calls `each` for all runs that have not ended, oldest first. Its cost
  /// does not depend on how many runs have ended.
  virtual void each_open_run(const std::function<void(const run_row&)>& each)
    = 0;
  /// The highest number any run has; 0 when there is none.
  [[nodiscard]] virtual run_number last_run() = 0;

  [[nodiscard]] virtual std::optional<ticket> find_ticket(std::string_view id)
    = 0;
  /// Oldest first. What open tickets cost does not depend on how many are not.
  [[nodiscard]] virtual std::vector<ticket> list_tickets(const ticket_filter&)
    = 0;

  /// Of each kind that has any, by kind.
  [[nodiscard]] virtual std::vector<ticket_count> count_open_tickets();

  /// A fact's text; empty when there is none.
  [[nodiscard]] virtual std::string find_fact(std::string_view key) = 0;
  /// All facts whose keys begin with `prefix`, by key. A damaged one is left
  /// out; `verify` names it.
  [[nodiscard]] virtual std::vector<fact> list_facts(std::string_view prefix)
    = 0;

  /// Newest first.
  [[nodiscard]] virtual std::vector<audit_entry>
  list_audits(const audit_filter& f) = 0;

  /// What pruned runs left over, at most `most`. It may read the whole journal.
  [[nodiscard]] virtual leftovers find_leftovers(std::size_t most);

  /// Remembers `text`, of one line, in place of what was remembered before:
  /// beyond the death of the process, not beyond that of the machine. Costs no
  /// sync. From one thread at a time. A store that cannot remember does not.
  virtual void remember(std::string_view) {
    // nop
  }
  /// What was remembered last; empty for nothing.
  [[nodiscard]] virtual std::string remembered() {
    return {};
  }

  /// Reads everything and reports what is wrong.
  [[nodiscard]] virtual verify_report verify() = 0;
};

} // namespace stanchion

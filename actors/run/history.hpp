#pragma once

#include <stanchion/actors/run/standing.hpp>
#include <stanchion/actors/run/step.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/ticket.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace stanchion {

struct fork_origin;

/// A step as the journal has it.
struct recorded_step {
  step_kind kind = step_kind::call;
  std::string name;
  std::string requested_text; ///< canonical arguments, as the agent asked
  std::string arguments_text; ///< the same, or an editor's
  std::optional<effect> tool_effect;
  std::uint32_t revision = 0;
  attempt_state attempts;
  std::optional<instant> due;
  wait_reason waits_for = wait_reason::backoff; ///< with a `due`
  stanchion::run_id child;
  run_number child_number = 0;
  std::uint32_t deaths = 0;
  bool charged = false;
  std::uint32_t charged_at = 0; ///< attempts made when it was
  bool has_outcome = false;
  bool abandoned = false; ///< its branch was decided without it
  bool requested = false; ///< the program asked for it in this replay
  instant asked;          ///< or reopened
  /// Times that the run itself has reopened it since a person last looked.
  std::uint32_t reopenings = 0;
  /// The tool that undoes it; empty for none.
  std::string undo;
  /// The record that ended it with a success, which a person did not make up;
  /// 0 for none.
  std::uint32_t done_at = 0;
  /// The ticket by which people approved it; empty for none.
  std::string grant;

  /// Puts a step that is asked for again where it stood.
  void restore(step& to) const;
};

/// A step that the run took by itself, as the journal has it.
struct own_step : recorded_step {
  /// How it ended; nothing while it has not.
  std::optional<outcome> ended;
  /// What it was taken for.
  std::shared_ptr<const failure> why;
};

/// An outcome that reached the program, in the order it did.
struct delivery {
  step_path path;
  outcome content;
  instant at;
  standing as_of;
};

/// Where a parked run stands.
struct parking {
  park_reason reason = park_reason::requires_human;
  step_path step;
  std::string why;
  /// The version of the ticket that was opened for it.
  std::uint32_t version = 0;
  /// It is a call of which nobody can say whether it took effect.
  bool unknown = false;
  ticket_kind kind = ticket_kind::escalation;
  /// On what conditions it is decided, as JSON; empty for none.
  std::string terms;
};

/// Something that came for the run, and that it has not asked for yet.
struct waiting_signal {
  std::string name;
  std::string id; ///< its sender's
  std::string by;
  value content;
};

/// What a person has added to what a run may use up.
struct extension {
  /// What had been used up.
  park_reason reason = park_reason::budget_exhausted;
  /// Empty: as much again of that.
  budget by;
};

/// What a run's records say, in the shape that replay needs. Later records
/// supersede earlier ones: a reopened step has no outcome, a decided park is
/// over.
class history {
public:
  history() = default;
  /// Reads records in order. Throws `error{store_damaged}` for a body that is
  /// not what its kind promises.
  explicit history(std::span<const record> records);

  /// Says what the run's agent allows it to use up: what is left of that is
  /// known to the program.
  void know_limits(const budget& own);

  /// How the run ended, as its parent sees it. Precondition: `terminal`.
  [[nodiscard]] outcome ending() const;

  // -- the run ----------------------------------------------------------------

  std::string agent;
  std::string version;
  value input;
  std::uint32_t depth = 0;
  instant started;
  /// The trace that it was submitted with; nil for its own.
  trace_id trace;
  /// What it was given to use up, beside what its agent says.
  budget given;
  /// What people have added since, oldest first.
  std::vector<extension> extensions;
  /// Attempts of all its calls, whatever became of them.
  std::uint32_t attempts = 0;
  /// Of them, those that followed a failed one without a person's word.
  std::uint32_t retries = 0;
  /// What they have cost; for those of which it is not known, what was reserved
  /// for them.
  spending spent;
  /// Children whose cost it has taken over.
  std::set<run_id> paid_children;
  /// How long it was parked, without the last time if it still is.
  duration paused{};
  /// What it might use up at first, and after each extension; nothing without
  /// limits.
  std::vector<budget> limits;
  /// Where it stood when its program began, and whether it has.
  standing first;
  bool begun = false;
  /// What it may do, and what it was told that it, alone, may do.
  stanchion::mode mode = stanchion::mode::autonomous;
  mode_setting own_mode;
  /// Signals that no step has taken, oldest first.
  std::vector<waiting_signal> signals;
  /// The ids of all that came.
  std::set<std::string> known_signals;
  /// Sequence number of the next record.
  std::uint32_t next_seq = 0;
  /// Crashes of the agent's code since a person last looked.
  std::vector<instant> crashes;
  /// Process deaths charged to agent code, alone under suspicion.
  std::uint32_t code_deaths = 0;
  bool code_charged = false;
  /// What waits for a person, by ticket.
  std::map<std::string, parking> parked;
  bool cancel_requested = false;
  std::string cancel_reason;
  /// It is to end once what it did is undone: the body of the record that says
  /// how; empty while it is not.
  std::string undoing;
  /// The run that it carries on; 0 if it began by itself.
  run_number before = 0;
  /// Where it was forked from; null if it was not.
  std::shared_ptr<const fork_origin> forked;
  /// Its first records that are another run's, which did what they say; 0 for
  /// none.
  std::uint32_t inherited = 0;
  /// The record that ended the run.
  std::optional<record> terminal;

  // -- its steps --------------------------------------------------------------

  /// The step of that path, be it the program's or the run's own; null if there
  /// is none.
  [[nodiscard]] const recorded_step* find(const step_path& path) const;

  /// Those that the program asked for.
  std::map<step_path, recorded_step> steps;
  /// Those that the run took by itself.
  std::map<step_path, own_step> own;
  std::vector<delivery> deliveries;
  /// Outcomes that came while the program was not listening; they are delivered
  /// when it does.
  std::map<step_path, outcome> held;
  std::map<step_path, std::pair<std::string, value>> side_values;
  std::map<std::string, bool, std::less<>> patches;
  /// What was found out about the run's going in circles, by the step whose
  /// outcome showed it: the bodies of those records.
  std::map<step_path, std::string> stuck;
  /// What is reserved for attempts of which nobody has said what they cost.
  std::map<step_path, spending> reserved;

private:
  void read(const record& r);
  void read_fork(const json& from);
  /// Behind the last record that it has of another run: it begins here.
  void end_inheritance(instant last);
  void read_intent(const record& r);
  void read_outcome(const record& r);
  void read_reopened(const record& r);
  void read_decided(const record& r);
  void read_death(const record& r);
  void read_attempt(const record& r);
  void read_spent(const record& r);
  void read_parked(const record& r);
  void read_mode(const record& r);
  void read_signal(const record& r);
  void take_signal(const recorded_step& s, const outcome& x);
  [[nodiscard]] standing stands() const;
  /// Throws `std::out_of_range` when there is none.
  [[nodiscard]] recorded_step& at(const step_path& path);

  std::optional<instant> parked_since_;
  std::set<step_path> skipped_; // a person made up their results
};

/// The run that goes under a child's number now, for a child may have carried
/// on as another one; nothing if there is none. Throws what `store::read`
/// throws.
[[nodiscard]] std::optional<run_row> present_run(store& in, run_number child);

} // namespace stanchion

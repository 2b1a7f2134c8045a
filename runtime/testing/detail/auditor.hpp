#pragma once

#include <stanchion/core/mode.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/runtime/testing/simulated.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace stanchion::detail {

/// Holds the runtime to its promises. Reads only what others noted by
/// themselves: what the tools were asked, what the store took, what submitters
/// were told and people said; never what the runtime believes.
///
/// The rules, at every event they are about:
///
///     I1   a submission that was acknowledged is never lost
///     I2   nothing is asked of a tool that changes things before the attempt
///          is durable
///     I3   what has a recorded outcome is never asked again
///     I4   what is not idempotent does not happen twice unless a person said
///          that it may, nor is it asked again before the end of the attempt
///          before is durable and says that nothing happened
///     I5   one step and revision has one key and one set of arguments; what
///          people must approve is done with the bytes that they approved
///     I6   records of a run have no gap, and none follows the one that ends it
///     I8   whatever is not over goes on by itself, or waits for a person
///     I9   no more attempts than allowed
///     I10  only a person, or a rule that says so, lets an agent or a run do
///          more; what a mode forbids does not leave any more
///     I11  what is over leaves no actor behind
///     I13  the same journal and the same code ask for the same
///     I14  what is recorded as done by a tool, the tool has done
///     I15  a run that ends as failed or cancelled has undone what it did and
///          can be undone, last things first, once each
///     I16  a run that is cancelled begins no further step but undos, and does
///          not complete
///     I17  no run ends while somebody might still ask what became of an
///          attempt that changes something
///
/// Not I7, one owner at a time, for a world has one process; nor I12, secrets,
/// for tests plant those: docs/how-it-is-tested.md says where.
///
/// Threads: one.
class auditor {
public:
  /// Whether a key took effect, as the world knows.
  using happened = std::function<bool(const std::string& key)>;
  /// How many attempts a tool's policy allows.
  using limit = std::function<std::uint32_t(const std::string& tool)>;
  /// Whether people must approve each call of a tool.
  using asking = std::function<bool(const std::string& tool)>;

  auditor(happened truth, limit most, asking asks);

  void acknowledged(const run_row& row);
  void attempted(const simulated_call& x);
  void committed(const batch& x, instant now);
  void heard(const event& x);
  /// A person says what an agent may do.
  void said(const std::string& agent, mode to);
  void process_died();
  /// Nothing is left that could happen by itself, or patience is over.
  void quiet(store& in, const std::function<bool(const run_row&)>& waits);
  /// Nothing is open any more; `actors` are alive, and were `at_first`.
  void over(std::size_t actors, std::size_t at_first);
  /// The process starts again.
  void started(store& in);

  [[nodiscard]] const std::vector<violation>& violations() const {
    return violations_;
  }
  void complain(std::string rule, std::string what);

private:
  /// What a mode is, as far as that is durable.
  class known_mode {
  public:
    /// Whether that allows more than before.
    bool set(mode to, instant now);
    /// What left at the instant of a change may have left before it.
    [[nodiscard]] mode at(instant now) const {
      return now == since_ ? loosest_ : mode_;
    }

  private:
    mode mode_ = mode::autonomous;
    mode loosest_ = mode::autonomous; // at the instant of the last change
    instant since_;
  };
  /// What is known about one step and revision.
  struct step_facts {
    std::string arguments; // of the intent, or of the first call
    std::map<std::uint32_t, bool>
      ends;                          // attempts, and whether nothing happened
    std::set<std::uint32_t> durable; // attempts on record
    bool reads = false;              // and does nothing else
    std::uint32_t asked = 0;         // the last attempt that was received
    std::uint32_t words = 0;         // of people
    bool permitted = false;          // one of them: it may be asked again
    bool outcome = false;
  };
  struct run_facts {
    std::string id;
    std::string agent;
    std::uint32_t next_seq = 0;
    bool over = false;
    bool cancelled = false;
    known_mode own;
    std::map<step_path, std::string> keys; // of the present revision
    std::set<step_path> acting;            // calls of tools that change things
    std::set<step_path> undoable;          // of those, with an undo
    std::vector<step_path> done;           // undoable ones, in order
  };

  void record_taken(const record& r, instant now);
  void intent_taken(run_facts& run, const record& r);
  void end_taken(run_facts& run, const record& r);
  void word_taken(const ticket& t);
  void outcome_taken(run_facts& run, const record& r);
  void reopened(run_facts& run, const record& r);
  void undone(run_facts& run, const record& r);
  void check_undone(const run_facts& run, const record& r);
  void check_settled(const run_facts& run, const record& r);
  [[nodiscard]] step_facts* step_of(run_facts& run, const step_path& step);
  void check_order(const simulated_call& x, const step_facts& s);
  void check_repeat(const simulated_call& x, step_facts& s);
  void check_approved(const simulated_call& x);
  void check_mode(const simulated_call& x);
  void mode_taken(const fact& x, instant now);
  void own_mode_taken(run_facts& run, const record& r, instant now);
  void check_widened(const std::string& whose, const mode_setting& to);

  happened truth_;
  limit most_;
  asking asks_;
  std::map<std::string, std::string> approved_; // digests, by run and step
  std::map<std::string, known_mode> modes_;     // of agents; "" of everything
  std::set<std::string> said_;                  // by people, of modes
  std::map<run_number, run_facts> runs_;
  std::map<std::string, run_number> by_id_;
  std::map<std::string, step_facts> steps_; // by key
  std::vector<run_row> acknowledged_;
  std::set<std::string> decided_; // tickets
  std::uint32_t deaths_ = 0;
  std::uint32_t crashes_ = 0; // of actors
  std::vector<violation> violations_;
};

} // namespace stanchion::detail

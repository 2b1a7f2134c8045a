#pragma once

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
///     I13  the same journal and the same code ask for the same
///     I14  what is recorded as done by a tool, the tool has done
///     I15  a run that ends as failed or cancelled has undone what it did and
///          can be undone, last things first, once each
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
  void committed(const batch& x);
  void heard(const event& x);
  void process_died();
  /// Nothing is left that could happen by itself, or patience is over.
  void quiet(store& in, const std::function<bool(const run_row&)>& waits);
  /// The process starts again.
  void started(store& in);

  [[nodiscard]] const std::vector<violation>& violations() const {
    return violations_;
  }
  void complain(std::string rule, std::string what);

private:
  /// What is known about one step and revision.
  struct step_facts {
    std::string arguments; // of the intent, or of the first call
    std::map<std::uint32_t, bool>
      ends;                          // attempts, and whether nothing happened
    std::set<std::uint32_t> durable; // attempts on record
    std::uint32_t asked = 0;         // the last attempt that was received
    std::uint32_t words = 0;         // of people
    bool permitted = false;          // one of them: it may be asked again
    bool outcome = false;
  };
  struct run_facts {
    std::string id;
    std::uint32_t next_seq = 0;
    bool over = false;
    std::map<step_path, std::string> keys; // of the present revision
    std::set<step_path> acting;            // calls of tools that change things
    std::set<step_path> undoable;          // of those, with an undo
    std::vector<step_path> done;           // undoable ones, in order
  };

  void record_taken(const record& r);
  void intent_taken(run_facts& run, const record& r);
  void end_taken(run_facts& run, const record& r);
  void word_taken(const ticket& t);
  void outcome_taken(run_facts& run, const record& r);
  void reopened(run_facts& run, const record& r);
  void undone(run_facts& run, const record& r);
  void check_undone(const run_facts& run, const record& r);
  [[nodiscard]] step_facts* step_of(run_facts& run, const step_path& step);
  void check_order(const simulated_call& x, const step_facts& s);
  void check_repeat(const simulated_call& x, step_facts& s);
  void check_approved(const simulated_call& x);

  happened truth_;
  limit most_;
  asking asks_;
  std::map<std::string, std::string> approved_; // digests, by run and step
  std::map<run_number, run_facts> runs_;
  std::map<std::string, step_facts> steps_; // by key
  std::vector<run_row> acknowledged_;
  std::set<std::string> decided_; // tickets
  std::uint32_t deaths_ = 0;
  std::uint32_t crashes_ = 0; // of actors
  std::vector<violation> violations_;
};

} // namespace stanchion::detail

#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// What is done to an attempt at a tool, to a commit, or to the process.
enum class fault_kind : std::uint8_t {
  fail,    ///< the attempt fails, as `fault_rule::failure` says
  latency, ///< its answer comes `fault_rule::delay` late
  hang,    ///< its answer never comes
  drip,    ///< its answer is whole just before its timeout, or just after
  kill,    ///< the process dies, as of SIGKILL
  power,   ///< the machine does: what was never synced is lost, too
  full,    ///< the store has no space left: nothing of the commit is written
  broken,  ///< the store fails: nothing of the commit is written
  lost,    ///< all of it is written, and yet the store fails
};

/// On which side of what the fault is about it strikes.
enum class fault_side : std::uint8_t {
  before, ///< the attempt has not acted, nothing of the commit is written
  after,  ///< the attempt has acted, its outcome is not on record; the commit
          ///< is durable, and nobody knows
};

[[nodiscard]] std::string_view to_string(fault_kind x);
[[nodiscard]] std::string_view to_string(fault_side x);

/// One rule: what goes wrong, where, and how often.
struct fault_rule {
  /// The tool, `*` for every tool, or `commit` for the journal's commits.
  std::string target = "*";
  fault_kind kind = fault_kind::fail;
  /// Of `fail`. `crashed` ends the tool's actor, and `schema_violation` is an
  /// answer that the tool's output schema refuses.
  failure_kind failure = failure_kind::timeout;
  fault_side side = fault_side::before;
  /// Of `latency`. Positive.
  duration delay = 1s;
  /// The chance of each attempt or commit, in [0, 1].
  double rate = 0;
  /// Instead of a chance: the how manieth, counted from 1; 0 for none.
  std::uint64_t nth = 0;
};

/// What goes wrong, rule by rule. Of an attempt the first rule that fires
/// counts.
///
/// As text: rules between commas, `TARGET:WHAT[:SIDE]@WHEN`, such as
///
///     payments.refund:timeout:after@0.2,*:crashed@#3,commit:kill:after@1%
///
/// WHAT is the name of a failure kind, `latency=2s`, `hang`, `drip`, `kill` or
/// `power`; of a commit `kill`, `power`, `full`, `broken` or `lost`. WHEN is a
/// chance, a percentage, or `#` and a count. SIDE is `before` unless it says
/// `after`. `rough` alone stands for `rough_days()`.
struct faults {
  std::vector<fault_rule> rules;

  [[nodiscard]] bool empty() const {
    return rules.empty();
  }
};

/// A bit of everything: timeouts and errors on both sides of the effect, slow
/// and unusable answers, crashes, deaths, and a store that fails.
[[nodiscard]] faults rough_days();

[[nodiscard]] std::string to_text(const fault_rule& x);
[[nodiscard]] std::string to_text(const faults& x);
/// Throws `error{invalid_spec}` naming the rule that it does not understand.
[[nodiscard]] faults parse_faults(std::string_view text);
/// What is wrong with them, rule by rule; empty when they may be used.
[[nodiscard]] std::vector<std::string> validate(const faults& x);

/// A firing: the rule, and which of the occasions that it looked at.
struct fired_fault {
  std::size_t rule = 0;
  std::uint64_t nth = 0;

  auto operator<=>(const fired_fault&) const = default;
};

/// Says at each attempt and each commit which fault strikes: the same faults,
/// seed and occasions, the same answers.
///
/// Threads: not synchronised.
class fault_schedule {
public:
  fault_schedule(faults what, std::uint64_t seed);
  /// The same, but of what would fire only what is in `only`.
  fault_schedule(faults what, std::uint64_t seed, std::set<fired_fault> only);

  /// The fault that strikes the next attempt at `tool`; null for none.
  [[nodiscard]] const fault_rule* at_attempt(std::string_view tool);
  /// The fault that strikes the next commit; null for none.
  [[nodiscard]] const fault_rule* at_commit();

  [[nodiscard]] const std::vector<fired_fault>& fired() const {
    return fired_;
  }
  [[nodiscard]] const faults& what() const {
    return what_;
  }
  /// Attempts and commits looked at.
  [[nodiscard]] std::uint64_t attempts() const {
    return attempts_;
  }
  [[nodiscard]] std::uint64_t commits() const {
    return commits_;
  }

private:
  template <class Matches>
  const fault_rule* next(Matches matches);
  [[nodiscard]] bool fires(std::size_t rule, std::uint64_t nth) const;

  faults what_;
  std::uint64_t seed_;
  std::optional<std::set<fired_fault>> only_;
  std::vector<std::uint64_t> seen_; // occasions, by rule
  std::vector<fired_fault> fired_;
  std::uint64_t attempts_ = 0;
  std::uint64_t commits_ = 0;
};

} // namespace stanchion

#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Work that goes on without getting anywhere, and what is done about it.
namespace stanchion {

struct step;

/// How a run goes in circles. Append only: journaled by name.
enum class stuck_pattern : std::uint8_t {
  repeated_call = 1,  ///< the same call, the same answer
  repeated_error = 2, ///< the same call, the same failure
  ping_pong = 3,      ///< two calls in turn, each with its same answer
  undoing = 4,        ///< a call and its inverse in turn: conflicting goals
  silence = 5,        ///< it should go on, and nothing comes
};

/// What is done about it, mildest first. Append only: journaled by name.
enum class stuck_rung : std::uint8_t {
  hint = 1,     ///< the agent may see it: `agent_context::stuck`
  narrow = 2,   ///< and its batches do one item at a time
  fallback = 3, ///< and the tool's fallbacks answer in its place
  advisory = 4, ///< and the run may only propose what changes something
  escalate = 5, ///< the run is parked, with a ticket
};

[[nodiscard]] std::string_view to_string(stuck_pattern x);
[[nodiscard]] std::string_view to_string(stuck_rung x);
[[nodiscard]] std::optional<stuck_rung> parse_stuck_rung(std::string_view text);

/// When a run counts as stuck. A timer, a person's answer and a child's end are
/// news: whoever polls and sleeps in between is not stuck.
struct stuck_options {
  /// Calls in a row with the same arguments and the same answer. At least 2, as
  /// are the others; default 4.
  std::uint32_t repeats = defaults::stuck_repeats;
  /// The same with the same failure. Default 3.
  std::uint32_t errors = defaults::stuck_errors;
  /// Calls that alternate between two. Default 6.
  std::uint32_t alternation = defaults::stuck_alternation;
  /// Calls that alternate between a tool and its `inverse`, whatever the
  /// answers. Default 4.
  std::uint32_t undoing = defaults::stuck_undoing;
  /// How long a run that waits for no timer, child or person may go without an
  /// outcome. Positive; nothing, the default, for no matter.
  std::optional<duration> silence = std::nullopt;
  /// What follows when it is noticed, and then each time that it goes on. Not
  /// empty; the last rung is kept.
  std::vector<stuck_rung> ladder
    = {stuck_rung::hint, stuck_rung::narrow, stuck_rung::fallback,
       stuck_rung::advisory, stuck_rung::escalate};
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const stuck_options& x,
                                                std::string_view where);

/// That a run is stuck.
struct stuck_finding {
  stuck_pattern pattern = stuck_pattern::repeated_call;
  stuck_rung rung = stuck_rung::hint;
  std::string tool;
  std::uint32_t times = 0;
  /// For the agent and for people.
  std::string says;
};

[[nodiscard]] std::string to_json_text(const stuck_finding& x);
/// Throws `nlohmann::json::exception`.
[[nodiscard]] stuck_finding stuck_finding_from(const std::string& json_text);

/// Looks at outcomes as they come.
///
/// Threads: not synchronised; one owner.
/// Time:    reads no clock.
class stuck_watch {
public:
  /// `inverse` names the tool that a tool undoes; empty for none.
  stuck_watch(stuck_options options,
              std::function<std::string(const std::string& tool)> inverse);

  /// Looks at one outcome of a step; what was found, if the run is stuck now.
  [[nodiscard]] std::optional<stuck_finding> observe(const step& s,
                                                     const outcome& x);

  /// Nothing came for as long as `stuck_options::silence`.
  [[nodiscard]] stuck_finding silent(const std::string& tool);

  /// A person has seen it: what was before does not count.
  void forget();

private:
  struct seen {
    std::string tool;
    std::size_t arguments = 0;
    std::size_t answer = 0;
    bool failed = false;

    bool operator==(const seen&) const = default;
    [[nodiscard]] bool same_call(const seen& x) const {
      return tool == x.tool && arguments == x.arguments;
    }
  };

  [[nodiscard]] std::uint32_t repeated() const;
  template <class Same>
  [[nodiscard]] std::uint32_t alternating(Same same) const;
  [[nodiscard]] bool are_inverse() const;
  [[nodiscard]] stuck_finding found(stuck_pattern pattern, std::uint32_t times,
                                    std::uint32_t most);
  [[nodiscard]] stuck_rung rung(std::uint32_t level) const;

  stuck_options options_;
  std::function<std::string(const std::string&)> inverse_;
  std::deque<seen> last_; // newest at the back
  std::uint32_t silences_ = 0;
};

/// A watch whose findings are durable: a run that is replayed is told what it
/// was told before, whatever the thresholds are now.
class stuck_record {
public:
  stuck_record(stuck_watch watch, std::map<step_path, std::string> known);

  /// An outcome is delivered again.
  void replay(const step& s, const outcome& x);
  /// One is delivered the first time: what is to be recorded and done.
  [[nodiscard]] std::optional<stuck_finding> observe(const step& s,
                                                     const outcome& x);
  [[nodiscard]] stuck_finding silent(const std::string& tool) {
    return watch_.silent(tool);
  }
  /// What holds now; null if the run is not stuck.
  [[nodiscard]] const stuck_finding* now() const {
    return now_ ? &*now_ : nullptr;
  }

private:
  stuck_watch watch_;
  std::map<step_path, std::string> known_;
  std::optional<stuck_finding> now_;
};

} // namespace stanchion

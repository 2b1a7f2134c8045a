#pragma once

#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

/// What a journal record says. The numbers reach the disk: never change one,
/// only append.
enum class record_kind : std::uint8_t {
  started = 1,     ///< agent, version, input; always the first of a run
  intent = 2,      ///< a step was asked for: kind, tool, arguments, effect
  attempt = 3,     ///< an attempt leaves now: number, key
  attempt_end = 4, ///< it ended without success: number, failure
  outcome = 5,     ///< a step's result, delivered to the agent in this order
  side_value = 6,  ///< a value the agent computed once
  patch = 7,       ///< the branch `patched` took
  wait = 8,        ///< the run waits by itself until an instant, and why
  parked = 9,      ///< a person must act: reason, ticket
  decided = 10,    ///< what the person said
  reopened = 11,   ///< the last outcome of a step no longer counts
  death = 12,      ///< the process died while this step was open
  crash = 13,      ///< agent code threw; message and place
  cancel = 14,     ///< somebody asked for the end
  completed = 15,  ///< terminal: the result
  failed = 16,     ///< terminal: the failure
  cancelled = 17,  ///< terminal
  continued = 18,  ///< terminal: the run that carries on
  late = 19,       ///< a result nobody waited for any more; evidence only
  survived = 20,   ///< a step under suspicion got through; its deaths no
                   ///< longer count
  abandoned = 21,  ///< the step's branch was decided without it
  decision = 22,   ///< what a guard decided about a call, and of what; evidence
  spent = 23,      ///< what an attempt cost, in place of what was reserved
  stuck = 24,      ///< the run goes in circles, and what was done about it
  undoing = 25,    ///< it is to end, once what it did is undone: how
  mode = 26,       ///< what it may do has changed
  signal = 27,     ///< something came that it waits for, or will
};

[[nodiscard]] std::string_view to_string(record_kind x);
[[nodiscard]] std::optional<record_kind> parse_record_kind(std::string_view);

/// Whether a record of this kind ends its run. The first one wins.
[[nodiscard]] constexpr bool is_terminal(record_kind x) {
  return x == record_kind::completed || x == record_kind::failed
         || x == record_kind::cancelled || x == record_kind::continued;
}

/// One line of a run's journal. `seq` counts from 0 without gaps; `body` is a
/// JSON object whose members `docs/formats/journal.md` lists per kind.
struct record {
  run_number run = 0;
  std::uint32_t seq = 0;
  record_kind kind = record_kind::started;
  instant at;
  step_path step; ///< empty where the record is about the whole run
  std::string body;
};

} // namespace stanchion

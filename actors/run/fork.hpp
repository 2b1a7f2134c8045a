#pragma once

#include <stanchion/core/effect.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

using nlohmann::json;

/// A call that changed something, or may have.
struct past_act {
  run_id run;
  step_path step;
  std::uint32_t revision = 0;
  std::string tool;
  stanchion::effect effect = stanchion::effect::once;
  /// SHA-256 of the canonical arguments, in hex.
  std::string digest;
  /// Where its result came from; empty where nobody can say what became of it.
  std::string source;
  bool undone = false;
};

/// Where a forked run comes from.
struct fork_origin {
  run_id run;
  run_number number = 0;
  /// The first step that is done anew; empty: none, it goes on behind the last.
  step_path at;
  /// How many records behind its first came from there.
  std::uint32_t inherited = 0;
  /// Not the run itself was forked, but one that spawned it, or that it carries
  /// on.
  bool handed_on = false;
  instant when;
  /// Whether the origin had not ended then, and may have acted since.
  bool open = false;
  /// What it had done behind that point, oldest first.
  std::vector<past_act> acts;
};

void to_json(json& to, const past_act& from);
/// What they are, in a line for people; empty for none.
[[nodiscard]] std::string to_line(const std::vector<past_act>& xs);
/// As the member `fork` of a `started` record.
void to_json(json& to, const fork_origin& from);
[[nodiscard]] fork_origin fork_origin_from_json(const json& from);

/// What a run, the runs that carry it on, and the children that it spawned did
/// from `at` on, and in steps before whose outcome it had not had by then. All
/// but `read_only` calls. Errors: what `store::read` throws.
[[nodiscard]] std::vector<past_act> acts_behind(store& in, const run_row& row,
                                                const step_path& at);

/// How a run is forked.
struct fork_plan {
  fork_origin origin;
  /// The fork's, `started` among them, with the origin's number.
  std::vector<record> records;
  /// What the origin did before the fork point, and has undone since: the fork
  /// believes that it is done.
  std::vector<past_act> undone_before;
};

/// A fork of `row` at the step `at`, which is the first one that is done anew.
/// Without one: at the step that a failed run failed of, or that no longer fits
/// the journal, else behind the last. Outcomes before it are kept; steps that
/// had none by then are asked for anew.
///
/// Errors: `run_conflict` while the run is neither parked nor over, and while a
///         child from before the fork point is not over; `usage` where there is
///         no such step, or none is named of a run that ended well; what
///         `store::read` throws.
[[nodiscard]] fork_plan plan_fork(store& in, const run_row& row,
                                  const std::optional<step_path>& at,
                                  instant now);

/// What makes the fork durable, in one commit. `row` is the fork's; `name`
/// gives ids and numbers to children that had not begun.
[[nodiscard]] batch
fork_batch(const fork_plan& plan, const run_row& row,
           const std::function<std::pair<run_id, run_number>()>& name);

} // namespace stanchion

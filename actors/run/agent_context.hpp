#pragma once

#include <stanchion/actors/run/batch.hpp>
#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/operation.hpp>
#include <stanchion/actors/run/scope.hpp>
#include <stanchion/actors/run/stuck_watch.hpp>
#include <stanchion/actors/run/task.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion {

/// What an agent's coroutine does its work with. Everything that touches the
/// world, time or chance goes through it, is journaled and is the same again
/// in a replay.
///
/// What is awaited takes neither callables nor aggregates: g++ 12 miscompiles
/// them inside a `co_await` expression.
///
/// Threads: used by its own run only.
class agent_context {
public:
  explicit agent_context(engine& e) : engine_(&e) {
    // nop
  }

  // -- awaited: steps ---------------------------------------------------------

  /// Calls a tool. Throws `step_error` when the call failed for good.
  [[nodiscard]] call_operation call(std::string tool, value arguments) const;
  [[nodiscard]] call_operation call(std::string tool) const;

  /// Calls a tool and yields how it ended; never throws for a failed call.
  [[nodiscard]] try_call_operation try_call(std::string tool,
                                            value arguments) const;
  [[nodiscard]] try_call_operation try_call(std::string tool) const;

  /// Asks a language model: `what` is a text, or a `chat_request` as JSON
  /// (actors/model/chat.hpp). With `schema`, a JSON Schema, it yields an answer
  /// that fits, as sure as its member `confidence` says, if it has one in [0,
  /// 1]; else the text of the answer. Throws `step_error` as `call` does, and
  /// `schema_violation` or `malformed_output` when what came does not fit.
  [[nodiscard]] task<value> ask(std::string model, value what,
                                value schema) const;
  [[nodiscard]] task<value> ask(std::string model, value what) const;

  /// Waits. The instant is durable: a restart in between does not lengthen it.
  [[nodiscard]] sleep_operation sleep_for(duration d) const;
  [[nodiscard]] sleep_operation sleep_until(instant at) const;

  /// Starts a child run and yields its handle once the child is durable.
  [[nodiscard]] spawn_operation spawn(std::string agent, value input) const;

  /// Stops here and asks a person; yields what the person answers. `text` says
  /// what is asked, `suggestion` what the agent would do.
  [[nodiscard]] escalate_operation
  escalate(park_reason reason, std::string text, value suggestion) const;
  [[nodiscard]] escalate_operation escalate(park_reason reason,
                                            std::string text) const;

  /// Shows people a plan and waits for their word. Yields `{"approved": true,
  /// "plan", "by", "comment"}`, where `plan` is as they edited it. Throws
  /// `step_error{permission_denied}` when they reject it, or nobody has decided
  /// within 24 hours.
  [[nodiscard]] escalate_operation approve(value plan) const;

  /// Asks a person; yields the answer, which fits `schema`, a JSON Schema.
  /// Throws `step_error{invalid_input}` for what is no schema.
  [[nodiscard]] escalate_operation question(std::string text,
                                            value schema) const;

  /// Waits for a signal of that name, sent to this run. Those that came before
  /// are kept, oldest first.
  [[nodiscard]] signal_operation signal(std::string name) const;
  /// The same; throws `step_error{timeout}` when none has come within `limit`.
  [[nodiscard]] signal_operation signal(std::string name, duration limit) const;

  /// From here on this run may do no more than `to`. Only a person raises it
  /// again.
  [[nodiscard]] lower_operation lower_mode(mode to, std::string reason) const;

  /// Says how to undo what comes next: `tool` is called with `arguments` should
  /// the run fail or be cancelled. For an act of several calls; a single one
  /// has its tool's own `undo`. To be awaited before the act: whether it
  /// happened or not must make no difference to `tool`. Throws
  /// `step_error{unknown_tool}`.
  [[nodiscard]] compensate_operation compensate_with(std::string tool,
                                                     value arguments) const;

  /// Ends this run and carries on from the start of the agent, under a new id,
  /// with `input` and an empty journal. Does not return.
  [[nodiscard]] renewal_operation continue_as_new(value input) const;

  // -- awaited: several at once -----------------------------------------------

  /// Waits for all of them; see `all_operation`.
  template <scope_part... Parts>
  [[nodiscard]] all_operation<Parts...> all(Parts&&... parts) const {
    return all_operation<Parts...>{std::move(parts)...};
  }
  /// Waits for all of them, at most `limit` at once; 0 means no limit.
  template <scope_part Part>
  [[nodiscard]] all_of_operation<Part> all(std::vector<Part>&& parts,
                                           std::size_t limit) const {
    return all_of_operation<Part>{std::move(parts), limit};
  }
  /// Waits for the first of them; see `race_operation`.
  template <scope_part... Parts>
  [[nodiscard]] race_operation<Parts...> race(Parts&&... parts) const
    requires(sizeof...(Parts) > 0)
  {
    return race_operation<Parts...>{std::move(parts)...};
  }

  /// Calls `tool` once for each of `items`. Where `policy` cares, one is done
  /// first and a person is asked; then it goes on in growing slices, and asks
  /// again after one in which an item failed. The answer is `true`, `false`
  /// (the rest is not begun), or the size of the next slice.
  [[nodiscard]] task<batch_result>
  batch(std::string tool, std::vector<value> items, scope_policy policy) const;

  // -- not awaited ------------------------------------------------------------

  /// Runs `fn` now and records what it yields; a replay yields the recorded
  /// value instead. For anything that would differ a second time.
  template <class F>
  value side_value(std::string_view name, F&& fn) const {
    return side_value_of(name, [&fn] { return value{fn()}; });
  }
  /// Whether the run takes the new branch of code: true for runs that come
  /// here first with code that asks; false for runs whose journal shows that
  /// they passed here before. The answer is the same for the run's whole life.
  [[nodiscard]] bool patched(std::string_view id) const;

  /// The time of the last delivered outcome.
  [[nodiscard]] instant now() const;
  /// 64 bits, the same again in a replay.
  [[nodiscard]] std::uint64_t random() const;
  /// An id, the same again in a replay.
  [[nodiscard]] stanchion::uuid uuid() const;
  /// This run.
  [[nodiscard]] const run_id& id() const;

  /// What the run may do: the stricter of its own and its agent's, as of the
  /// last delivered outcome.
  [[nodiscard]] mode current_mode() const;
  /// What is left of what the run may use up, as of the last delivered outcome:
  /// at least one of each kind that has a limit.
  [[nodiscard]] budget remaining_budget() const;

  /// Whether the run goes in circles as of the last delivered outcome, and what
  /// is done about it; nothing unless the agent asks for that (`on_stuck`).
  [[nodiscard]] std::optional<stuck_finding> stuck() const;

  /// Tells watchers how far the run is. Silent in replay.
  void progress(std::string_view text) const;
  /// A line for the log. Silent in replay.
  void log(std::string_view text) const;
  void log(severity level, std::string_view text) const;

private:
  value side_value_of(std::string_view name,
                      const std::function<value()>& fn) const;

  engine* engine_;
};

} // namespace stanchion

#pragma once

#include <stanchion/actors/run/step.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/ticket.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// The bodies of journal records, as text. Reading them is `history`'s.
/// `docs/formats/journal.md` lists their members.
namespace stanchion::bodies {

/// What a run starts with.
struct beginning {
  std::string agent;
  std::string version;
  value input;
  std::uint32_t depth = 0;
  run_number parent = 0;
  step_path parent_step;
  std::string submitter;
  budget limits;
  /// The run that it carries on; 0 for none.
  run_number before = 0;
  /// The header that it was submitted with; empty for a trace of its own.
  std::string traceparent;
  /// Where it, or who made it, was forked from: a JSON object, or empty.
  std::string fork;
};

[[nodiscard]] std::string started(const beginning& x);
/// `undo`: the tool that undoes it, or empty. `why`: what a step of the run's
/// own was taken for; may be null.
[[nodiscard]] std::string intent(const step& s, std::string_view undo = {},
                                 const failure* why = nullptr);
[[nodiscard]] std::string attempt(std::uint32_t n, std::string_view key,
                                  const spending& reserved = {});
[[nodiscard]] std::string spent(std::uint32_t n, const spending& much);
[[nodiscard]] std::string attempt_end(std::uint32_t n, const failure& why);
/// `held`: recorded while the program was not listening.
[[nodiscard]] std::string outcome(const stanchion::outcome& x, bool held);
[[nodiscard]] std::string side_value(std::string_view name, const value& x);
[[nodiscard]] std::string patch(std::string_view id, bool taken);
[[nodiscard]] std::string wait(instant until, std::string_view why);
/// `terms`: on what conditions it is decided, as canonical JSON, or empty.
[[nodiscard]] std::string parked(park_reason reason, std::string_view ticket,
                                 std::uint32_t version, std::string_view why,
                                 ticket_kind kind = ticket_kind::escalation,
                                 std::string_view terms = {});
[[nodiscard]] std::string decided(std::string_view ticket, const decision& x);
/// `arguments`: an editor's, as canonical text, or empty. `nth`: which time the
/// run itself does it; 0 when a person does.
[[nodiscard]] std::string reopened(std::uint32_t revision,
                                   std::string_view arguments,
                                   std::uint32_t nth = 0);
[[nodiscard]] std::string death(bool alone);
[[nodiscard]] std::string crash(std::string_view message);
[[nodiscard]] std::string cancel(std::string_view reason, std::string_view by);
[[nodiscard]] std::string completed(const value& result);
[[nodiscard]] std::string failed(const failure& why);
[[nodiscard]] std::string cancelled(std::string_view reason);
[[nodiscard]] std::string continued(const run_id& as);
/// How the run ends once what it did is undone: `as` with `body`.
[[nodiscard]] std::string undoing(record_kind as, std::string_view body);
/// `effective`: what the run may do now; `own`: what it alone may do.
[[nodiscard]] std::string mode(stanchion::mode effective,
                               const mode_setting& own);
[[nodiscard]] std::string signal(std::string_view name, std::string_view id,
                                 std::string_view by, const value& content);
/// `fields`: a JSON object's text.
[[nodiscard]] std::string policy_decision(std::string_view event,
                                          std::string_view fields);
[[nodiscard]] std::string late(std::uint32_t n, const stanchion::outcome& x);

} // namespace stanchion::bodies

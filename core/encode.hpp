#pragma once

#include <stanchion/core/audit.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>

/// The JSON forms that journal bodies and the operator API share.
///
/// Enumerators stand under their names, runs under their ids, instants as RFC
/// 3339 with microseconds, spans as `…_us`. Empty and absent members are left
/// out. Members that hold JSON text (a context, a payload, fields, a body) are
/// embedded as what they say; text that is no JSON is embedded as a string.
/// Free text is made valid UTF-8.
///
/// Reading ignores members it does not know. It throws `error{invalid_json}`,
/// naming the member, where one is missing, has the wrong type, or names an
/// enumerator that this program does not know.
///
/// Threads: any.
namespace stanchion {

/// Causes of a failure that its JSON form keeps; older ones are left out, since
/// JSON is refused beyond a depth.
inline constexpr std::size_t encoded_causes = 16;

// -- to JSON: found by `json(x)` ----------------------------------------------

/// `kind, side_effect, message, retry_after_us, code, attempts, cause`.
void to_json(json& to, const failure& from);

/// `verb, by, at, comment, payload`.
void to_json(json& to, const decision& from);

/// `digest, needed, roles, requester, votes, edited, expires, ladder,
/// escalates, assignee, used, answer_schema, undo`; an empty object for no
/// terms.
void to_json(json& to, const ticket_terms& from);

/// `id, kind, reason, run, run_number, step, revision, version, state, title,
/// group, context, options, created, terms, decided`; no run for a ticket of
/// the supervision tree.
void to_json(json& to, const ticket& from);

/// `number, at, by, act, subject, reason, before, after`.
void to_json(json& to, const audit_entry& from);

/// `number, id, agent, version, state, waiting_for, next_at, created, updated,
/// parent_number, parent_step, submitter, key`.
void to_json(json& to, const run_row& from);

/// `run_number, seq, kind, at, step, body`.
void to_json(json& to, const record& from);

/// `event, severity, at, run, step, subject, fields`.
void to_json(json& to, const event& from);

// -- from JSON ----------------------------------------------------------------

[[nodiscard]] failure failure_from_json(const json& from);
[[nodiscard]] decision decision_from_json(const json& from);
[[nodiscard]] ticket_terms ticket_terms_from_json(const json& from);
[[nodiscard]] ticket ticket_from_json(const json& from);

} // namespace stanchion

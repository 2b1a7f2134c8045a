#pragma once

#include <stanchion/core/store.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/catalog.hpp>
#include <stanchion/runtime/people.hpp>

#include <nlohmann/json_fwd.hpp>

#include <exception>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

/// What a store says, as documents of the operator API.
namespace stanchion {

class error;
struct mode_setting;

/// What is to be thrown when a record's body makes no sense.
[[nodiscard]] error unreadable(const record& r, const std::exception& why);

/// The run that `text` names. Errors: `unknown_run`; `usage` when it is too
/// short, or the start of several.
[[nodiscard]] run_row resolve_run(store& in, std::string_view text);

[[nodiscard]] json run_list(store& in, const run_filter& f);
[[nodiscard]] json run_document(store& in, const run_row& row, instant now,
                                const people_watch::predicate& left_alone
                                = lacks_version);
/// What a run's records say about each of its steps.
[[nodiscard]] json step_list(std::span<const record> records);
[[nodiscard]] json ticket_list(store& in, const ticket_query& q);
/// Errors: `unknown_ticket`.
[[nodiscard]] ticket require_ticket(store& in, std::string_view id);
/// The open ticket of a run that `retry` answers. Errors: `run_conflict`.
[[nodiscard]] ticket retry_ticket(store& in, const run_row& row);
[[nodiscard]] json tree_document(const tree_node& from);
[[nodiscard]] json mode_document(const mode_setting& x);
[[nodiscard]] json agent_document(const agent_summary& x,
                                  const mode_setting& mode);
/// With the states of the breakers, as the tree has them.
[[nodiscard]] json tool_list(const std::vector<tool_summary>& tools,
                             const tree_node& tree);
/// See `operations::list_audit`.
[[nodiscard]] json audit_list(store& in, const audit_filter& f);
/// What is audited of a run, a ticket or a token: how it stands, in short.
[[nodiscard]] std::string gist_of(const json& document);
/// The same of a ticket's document, which it does not make for that.
[[nodiscard]] std::string gist_of(const ticket& x);

/// See `operations::follow`. `pause` waits a moment, for something to happen.
[[nodiscard]] json
follow_run(store& in, const run_row& start, const follower& f,
           const std::function<void()>& pause,
           const people_watch::predicate& left_alone = lacks_version);

} // namespace stanchion

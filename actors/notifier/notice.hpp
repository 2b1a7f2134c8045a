#pragma once

#include <stanchion/core/event.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stanchion {

using nlohmann::json;

/// What people are told of. Append only: journaled by name.
enum class notice_kind : std::uint8_t {
  ticket_opened = 1,
  ticket_escalated, ///< somebody else is asked now
  ticket_decided,
  ticket_expired,
  ticket_withdrawn,
  alert_raised,
  alert_cleared,
  test, ///< somebody wants to know whether messages arrive
};

[[nodiscard]] std::string_view to_string(notice_kind x);

/// Whether it says that something is over.
[[nodiscard]] bool is_over(notice_kind x);

/// One thing to tell, with all that may be said of it: names and ids, never
/// arguments, values, or texts of strangers.
struct notice {
  /// Derived from what happened, so that telling it again says the same.
  std::string id;
  notice_kind what = notice_kind::ticket_opened;
  stanchion::severity severity = stanchion::severity::warning;
  instant at; ///< when it was noticed
  /// Notices of one group are told together: a ticket's group, or the alert
  /// and what it is about.
  std::string group;
  std::string ticket; ///< empty for an alert
  std::optional<ticket_kind> kind;
  std::optional<park_reason> reason;
  std::string run; ///< its id; empty where there is none
  step_path step;
  std::string agent;
  std::string tool;
  std::string assignee;
  std::string verb; ///< what was decided
  std::string by;   ///< and by whom
  std::string alert;
  /// It is over, and nothing else of its group is left.
  bool last = false;

  bool operator==(const notice&) const = default;
};

/// How urgent a ticket is.
[[nodiscard]] severity severity_of(const ticket& x);

/// What is told of a ticket as it stands. `what` is none of an alert.
[[nodiscard]] notice notice_of(const ticket& x, notice_kind what, instant at);
/// What is told of `alert_raised` or `alert_cleared`.
[[nodiscard]] notice notice_of(const event& alert);
/// One that only says that it has arrived.
[[nodiscard]] notice test_notice(instant at);

/// One line: what happened, and to what.
[[nodiscard]] std::string headline(const notice& x);

/// What or whom it is about: `ticket`, `kind`, `reason`, `run`, `step`,
/// `agent`, `tool`, `assignee`, `verb`, `by` and `alert`, as far as there is
/// something to say.
void put_particulars(json& to, const notice& x);

void to_json(json& to, const notice& x);
/// Nothing for what is no notice.
[[nodiscard]] std::optional<notice> parse_notice(std::string_view text);

} // namespace stanchion

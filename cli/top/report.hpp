#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/operations.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What `stanchion top` knows, in rows.
///
/// Threads: values.
namespace stanchion::top {

/// What the operations said at one time: their documents.
struct report {
  json tickets = json::array(); ///< that are open, oldest first
  json runs = json::array();    ///< that are open, newest first
  json ended = json::array();   ///< the last ones
  json tree = json::object();
  json tools = json::array();
  json agents = json::array();
  /// Why there is no tree, and are no tools and agents: nobody drives the runs.
  std::string undriven;
  instant at;
};

/// Asks for all of it, one thing after the other. `offline`: nobody needs to
/// drive the runs. Errors: those of the operations.
[[nodiscard]] report look(operations& by, bool offline);

/// All of it, as one document.
[[nodiscard]] json document_of(const report& x);

enum class pane : std::uint8_t {
  tickets, ///< what waits for people
  runs,    ///< stuck ones first, then the others, then the last to end
  tree,
  tools, ///< agents with their modes, tools with their breakers
};
inline constexpr auto pane_count = std::size_t{4};

/// How a row, or a part of a line, looks.
enum class look_of : std::uint8_t {
  plain,
  dim,
  good,
  warn,
  bad,
  bar,      ///< of the first line, and the tab that is shown
  selected, ///< the row that keys act on
};

/// What keys act on.
enum class subject_kind : std::uint8_t { none, ticket, run, agent, tool };

struct row {
  subject_kind kind = subject_kind::none;
  std::string id;
  std::vector<std::string> cells; ///< as they came: hostile
  look_of look = look_of::plain;
};

struct listing {
  std::vector<std::string> heads;
  std::vector<row> rows;
  /// What there is to say when there are no rows.
  std::string none;
};

/// A report in rows, and its first line.
struct rows {
  report from;
  std::array<listing, pane_count> panes;
  std::size_t stuck = 0;
  std::size_t open = 0;     ///< runs
  std::size_t breakers = 0; ///< that are not closed
  std::size_t lowered = 0;  ///< agents that may not act by themselves
};
[[nodiscard]] rows rows_of(report x);

/// Whether nothing but a person, another run or a signal makes a run go on.
[[nodiscard]] bool is_stuck(const json& run);

/// The ticket of a report; null when it is not there.
[[nodiscard]] const json* find_ticket(const report& in, const std::string& id);

} // namespace stanchion::top

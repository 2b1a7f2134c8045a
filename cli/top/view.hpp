#pragma once

#include <stanchion/cli/top/report.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `stanchion top` shows, what its keys do, and how it looks: all of it
/// without a terminal.
///
/// Threads: values.
namespace stanchion::top {

// -- what is asked of the operations ------------------------------------------

enum class order_kind : std::uint8_t {
  nothing,
  quit,
  refresh,  ///< look at once
  show_run, ///< for its details
  decide,
  cancel_run,
  set_mode,
  set_breaker,
  stop_all, ///< or lift the stop
};

/// Something to be done: the operation, what it is about, and its request.
struct order {
  order_kind what = order_kind::nothing;
  std::string id;
  json request = json::object();
};

/// What came of an order.
struct outcome {
  order of;
  bool done = false;
  std::string text; ///< for people; of a run: its details
};

// -- what is shown ------------------------------------------------------------

/// One thing in full. A ticket stays as it was looked at: a decision is about
/// that.
struct detail {
  subject_kind kind = subject_kind::none;
  std::string id;
  json ticket; ///< null for something else
  std::string text;
  std::size_t top = 0; ///< the first line that is shown
};

enum class answer_kind : std::uint8_t {
  text,
  json_text, ///< checked as it is typed; by the server when it is sent
  yes,       ///< one key
  word,      ///< this word and no other
  choice,    ///< one of several words, or its number
};

struct question {
  std::string text;
  std::string key; ///< of the request; empty for what only confirms
  answer_kind wants = answer_kind::text;
  std::vector<std::string> words = {}; ///< of `word` and `choice`
  bool needed = false;
  std::string offer = {}; ///< what stands there already
};

/// An order that is being put together, one question at a time.
struct draft {
  top::order order;
  std::vector<question> questions;
  std::size_t at = 0;
  std::u32string typed = {};
  std::size_t cursor = 0;
  std::string problem = {}; ///< with what was typed
  /// What a verb is being chosen for; null when none is.
  json ticket = nullptr;
};

struct view {
  std::shared_ptr<const rows> shown = std::make_shared<rows>();
  std::string source; ///< whom it asks
  pane at = pane::tickets;
  /// The row that keys act on, per pane; by id, so that it stays the same when
  /// rows come and go.
  std::array<std::string, pane_count> selected = {};
  std::optional<top::detail> detail = {};
  std::optional<top::draft> draft = {};
  /// The last order that was refused: what was typed is offered again.
  std::optional<order> refused = {};
  bool help = false;
  std::string said; ///< what came of the last order
  bool said_badly = false;
  std::string lost;       ///< why nothing new is known, and since when
  bool known = false;     ///< whether anything is known at all
  std::size_t width = 80; ///< of the terminal
  std::size_t height = 24;

  [[nodiscard]] const listing& here() const {
    return shown->panes[static_cast<std::size_t>(at)];
  }
};

/// How many lines are left for rows and details, of `height`.
[[nodiscard]] std::size_t body_height(std::size_t height);

/// The row of a listing that an id stands for: the first one if there is none
/// of that id. 0 for no rows.
[[nodiscard]] std::size_t row_of(const listing& in, const std::string& id);

/// The view when a new report has come.
[[nodiscard]] view with_report(view v, report x);
/// The view when nobody has answered.
[[nodiscard]] view with_trouble(view v, const std::string& why, instant now);
/// The view when it is known what came of an order.
[[nodiscard]] view with_outcome(view v, const outcome& x);

// -- keys ---------------------------------------------------------------------

enum class key_name : std::uint8_t {
  character,
  enter,
  escape,
  backspace,
  remove,
  left,
  right,
  up,
  down,
  page_up,
  page_down,
  home,
  end,
  tab,
  back_tab,
};

struct key {
  key_name name = key_name::character;
  char32_t code = 0; ///< of a character
};

struct pressed {
  top::view view;
  top::order order;
};

/// What a key does.
[[nodiscard]] pressed press(view v, key k);

/// What a ticket is answered with by a key of a list or its details: `y` by
/// `approve`, `accept` or `happened`, whichever it takes. Empty for none.
[[nodiscard]] std::string verb_of(const json& ticket, char32_t key);

// -- how it looks -------------------------------------------------------------

struct span {
  std::string text;
  look_of look = look_of::plain;
};
using line = std::vector<span>;

/// Exactly `height` lines of at most `width` columns, with nothing in them that
/// a terminal would obey.
[[nodiscard]] std::vector<line> paint(const view& v, std::size_t width,
                                      std::size_t height);

/// Where the cursor stands: in the last line of `paint`, unless nothing is
/// being typed.
[[nodiscard]] std::optional<std::size_t> cursor_of(const view& v,
                                                   std::size_t width);

/// The same for what is no terminal: all there is, in plain lines.
[[nodiscard]] std::string plain_text_of(const rows& x,
                                        const std::string& source);

} // namespace stanchion::top

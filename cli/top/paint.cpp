#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/top/cells.hpp>
#include <stanchion/cli/top/view.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace stanchion::top {

namespace {

constexpr auto gap = std::size_t{2};
/// No column but the last one takes more.
constexpr auto widest = std::size_t{28};

std::string number(std::size_t n) {
  return std::to_string(n);
}

// -- what stands around -------------------------------------------------------

/// A line that is built from the left and ends at the width.
class line_builder {
public:
  explicit line_builder(std::size_t width) : left_(width) {
    // nop
  }

  void add(std::string_view text, look_of look) {
    auto fits = fitted(text, left_);
    left_ -= columns_of(fits);
    if (!fits.empty())
      to_.push_back({std::move(fits), look});
  }
  line full(look_of look) {
    add(std::string(left_, ' '), look);
    return std::move(to_);
  }
  line done() {
    return std::move(to_);
  }

private:
  std::size_t left_;
  line to_;
};

/// `3 runs`, `1 run`.
std::string counted(std::size_t n, const std::string& one) {
  return number(n) + " " + one + (n == 1 ? "" : "s");
}

/// What matters most comes first: it may be cut.
line first_line(const view& v, std::size_t width) {
  auto to = line_builder{width};
  const auto& x = *v.shown;
  to.add(" stanchion  ", look_of::bar);
  if (!v.lost.empty()) {
    to.add("NO ANSWER " + v.lost, look_of::bad);
    return to.full(look_of::bar);
  }
  to.add(to_rfc3339(x.from.at).substr(11, 8) + " UTC  " + counted(x.open, "run")
           + ", " + number(x.stuck) + " stuck  ",
         look_of::bar);
  if (x.breakers != 0)
    to.add(counted(x.breakers, "breaker") + " not closed  ", look_of::bad);
  if (x.lowered != 0)
    to.add(counted(x.lowered, "agent") + " lowered  ", look_of::bad);
  if (!x.from.undriven.empty())
    to.add(x.from.undriven + "  ", look_of::bad);
  to.add(v.source, look_of::bar);
  return to.full(look_of::bar);
}

line tab_line(const view& v, std::size_t width) {
  auto to = line_builder{width};
  const auto& panes = v.shown->panes;
  const auto names = std::array<std::string, pane_count>{
    "1 waits for you (" + number(panes[0].rows.size()) + ")",
    "2 runs (" + number(panes[1].rows.size()) + ")", "3 tree",
    "4 agents and tools (" + number(panes[3].rows.size()) + ")"};
  for (auto i = std::size_t{0}; i < pane_count; ++i) {
    const auto here = static_cast<std::size_t>(v.at) == i;
    to.add(" " + names[i] + " ", here ? look_of::bar : look_of::plain);
    to.add(" ", look_of::plain);
  }
  return to.done();
}

/// What the keys do here.
std::string keys_of(const view& v) {
  if (v.draft)
    return v.draft->questions[v.draft->at].wants == answer_kind::yes
             ? "y does it, any other key leaves it"
             : "Enter goes on, Escape leaves it";
  const auto* const decide
    = "y yes  n no  e edit  a answer  r again  u undo  x abort  d other";
  if (v.detail)
    return v.detail->kind == subject_kind::ticket
             ? std::string{decide} + "  Escape back"
             : "r again  c cancel  Escape back  ? help  q quit";
  switch (v.at) {
  case pane::tickets:
    return std::string{decide} + "  ? help  q quit";
  case pane::runs:
    return "Enter all of it  r again  c cancel  S stop all  ? help  q quit";
  case pane::tools:
    return "m mode  i isolate  c close  S stop all  L lift  ? help  q quit";
  default:
    return "S stop all  L lift  ? help  q quit";
  }
}

/// What stands before what is typed.
std::string prompt_of(const draft& x) {
  const auto& asked = x.questions[x.at];
  auto text = x.problem.empty() ? "" : "(" + x.problem + ") ";
  return text + asked.text
         + (asked.wants == answer_kind::yes ? " [y/N] " : ": ");
}

/// What is typed, from where the cursor is still to be seen; and how far from
/// the left that is.
struct typed_part {
  std::string prompt;
  std::string text;
  std::size_t cursor = 0;
};

typed_part part_of(const draft& x, std::size_t width) {
  const auto whole = prompt_of(x);
  auto to = typed_part{.prompt = fitted(whole, width * 2 / 3)};
  const auto room = width - columns_of(to.prompt);
  auto from = std::size_t{0};
  const auto between = [&x](std::size_t a, std::size_t b) {
    auto text = std::string{};
    for (auto i = a; i < b; ++i)
      append_utf8(text, x.typed[i]);
    return one_line(text);
  };
  while (from < x.cursor && columns_of(between(from, x.cursor)) + 1 > room)
    ++from;
  to.text = fitted(between(from, x.typed.size()), room);
  to.cursor = columns_of(to.prompt) + columns_of(between(from, x.cursor));
  return to;
}

line status_line(const view& v, std::size_t width) {
  auto to = line_builder{width};
  if (!v.draft) {
    to.add(v.said, v.said_badly ? look_of::bad : look_of::good);
    return to.done();
  }
  const auto part = part_of(*v.draft, width);
  to.add(part.prompt, look_of::warn);
  to.add(part.text, look_of::plain);
  return to.done();
}

// -- rows ---------------------------------------------------------------------

std::vector<std::size_t> widths_of(const listing& x) {
  auto widths = std::vector<std::size_t>(x.heads.size());
  const auto widen = [&](std::size_t i, const std::string& cell) {
    const auto columns = columns_of(one_line(cell));
    widths[i] = std::max(widths[i], std::min(columns, widest));
  };
  for (auto i = std::size_t{0}; i < x.heads.size(); ++i)
    widen(i, x.heads[i]);
  for (const auto& row : x.rows)
    for (auto i = std::size_t{0}; i < row.cells.size(); ++i)
      widen(i, row.cells[i]);
  return widths;
}

std::string joined(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) {
  auto text = std::string{};
  for (auto i = std::size_t{0}; i < cells.size(); ++i)
    text += i + 1 == cells.size()
              ? one_line(cells[i])
              : padded(cells[i], widths[i]) + std::string(gap, ' ');
  return text;
}

/// The rows around the selected one.
void add_rows(const view& v, std::size_t width, std::size_t height,
              std::vector<line>& to) {
  const auto& in = v.here();
  if (in.rows.empty()) {
    auto one = line_builder{width};
    one.add(" " + in.none, look_of::dim);
    to.push_back(one.done());
    return;
  }
  const auto widths = widths_of(in);
  auto head = line_builder{width};
  head.add(" " + joined(in.heads, widths), look_of::dim);
  to.push_back(head.done());
  const auto room = height - 1;
  const auto at = row_of(in, v.selected[static_cast<std::size_t>(v.at)]);
  const auto first = at < room ? 0 : at - room + 1;
  for (auto i = first; i < std::min(first + room, in.rows.size()); ++i) {
    auto one = line_builder{width};
    const auto text = joined(in.rows[i].cells, widths);
    one.add((i == at ? ">" : " ") + text,
            i == at ? look_of::selected : in.rows[i].look);
    to.push_back(i == at ? one.full(look_of::selected) : one.done());
  }
}

void add_text(const std::string& text, std::size_t top, std::size_t width,
              std::size_t height, std::vector<line>& to) {
  const auto lines = wrapped(text, width);
  const auto first
    = std::min(top, lines.size() > height ? lines.size() - height : 0);
  for (auto i = first; i < std::min(first + height, lines.size()); ++i)
    to.push_back({{lines[i], look_of::plain}});
}

constexpr auto help_text_
  = "1 2 3 4, Tab   what waits for you; runs, stuck ones first; the tree of\n"
    "               supervisors; agents with their modes, tools with breakers\n"
    "up down j k    another row; in details, another line\n"
    "Enter          all of it; Escape goes back\n"
    "y              yes: approve, accept, or it did happen\n"
    "n              no: reject, or it did not happen\n"
    "e              differently: with other arguments, which you type\n"
    "a              the answer that is asked for\n"
    "r              again: of a ticket, or of a run that has one\n"
    "u              undo what was done\n"
    "x              end the run\n"
    "d              any other word that answers the ticket\n"
    "c              cancel a run; close a breaker\n"
    "i, m           isolate a tool; say what an agent may do\n"
    "S, L           stop everything; let everything go on again\n"
    "R              look again at once\n"
    "q, Ctrl-C      quit; nothing stops because of that\n\n"
    "Nothing is decided before you have confirmed it, and what you decide is\n"
    "what you have looked at: should it have changed, nothing is decided.\n";

void add_body(const view& v, std::size_t width, std::size_t height,
              std::vector<line>& to) {
  if (height == 0)
    return;
  if (v.help)
    add_text(help_text_, 0, width, height, to);
  else if (v.detail)
    add_text(v.detail->text, v.detail->top, width, height, to);
  else
    add_rows(v, width, height, to);
}

} // namespace

std::vector<line> paint(const view& v, std::size_t width, std::size_t height) {
  auto to = std::vector<line>{};
  if (height == 0)
    return to;
  const auto body = body_height(height);
  // Without room for all of it: the first line, and the one that is typed in.
  if (height > 1)
    to.push_back(first_line(v, width));
  if (height > 2)
    to.push_back(tab_line(v, width));
  add_body(v, width, body, to);
  to.resize(height > 3 ? height - 2 : height - 1);
  if (height > 3) {
    auto keys = line_builder{width};
    keys.add(keys_of(v), look_of::dim);
    to.push_back(keys.done());
  }
  to.push_back(status_line(v, width));
  return to;
}

std::optional<std::size_t> cursor_of(const view& v, std::size_t width) {
  if (!v.draft || width == 0)
    return std::nullopt;
  return std::min(part_of(*v.draft, width).cursor, width - 1);
}

std::string plain_text_of(const rows& x, const std::string& source) {
  auto to = std::ostringstream{};
  to << "stanchion top  " << one_line(source) << "  " << to_rfc3339(x.from.at)
     << "  " << x.open << " runs, " << x.stuck << " stuck, "
     << x.panes[0].rows.size() << " waiting for a person, " << x.breakers
     << " breakers not closed, " << x.lowered << " agents lowered or stopped\n";
  constexpr auto names = std::array<const char*, pane_count>{
    "waits for a person", "runs", "tree", "agents and tools"};
  for (auto i = std::size_t{0}; i < pane_count; ++i) {
    const auto& in = x.panes[i];
    to << "\n" << names[i] << ":\n";
    if (in.rows.empty()) {
      to << "  " << one_line(in.none) << '\n';
      continue;
    }
    auto printed = text_table{.heads = in.heads, .rows = {}};
    for (const auto& row : in.rows) {
      printed.rows.emplace_back();
      for (const auto& cell : row.cells)
        printed.rows.back().push_back(one_line(cell));
    }
    print(to, printed);
  }
  return to.str();
}

} // namespace stanchion::top

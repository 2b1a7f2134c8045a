#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/top/view.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::top {

namespace {

bool has_row(const listing& in, const std::string& id) {
  return std::any_of(in.rows.begin(), in.rows.end(),
                     [&id](const row& x) { return x.id == id; });
}

/// What is selected in a listing that was `before`: the same row, or the one
/// that stands where it stood.
std::string still_selected(const listing& before, const listing& now,
                           const std::string& id) {
  if (now.rows.empty() || has_row(now, id))
    return id;
  const auto at = has_row(before, id) ? row_of(before, id) : std::size_t{0};
  return now.rows[std::min(at, now.rows.size() - 1)].id;
}

/// What must be said about a ticket that is being looked at.
std::string news_of(const detail& looked_at, const report& now) {
  const auto* ticket = find_ticket(now, looked_at.id);
  if (ticket == nullptr)
    return looked_at.id
           + " is not open any more: somebody has decided it, or its run went "
             "on without it";
  if (text_of(*ticket, "version") != text_of(looked_at.ticket, "version"))
    return looked_at.id + " has changed since: it is at version "
           + text_of(*ticket, "version") + " now; leave it and look again";
  return {};
}

} // namespace

std::size_t body_height(std::size_t height) {
  constexpr auto around = std::size_t{4}; // the first line, tabs, status, keys
  return height > around ? height - around : 0;
}

std::size_t row_of(const listing& in, const std::string& id) {
  const auto found = std::find_if(in.rows.begin(), in.rows.end(),
                                  [&id](const row& x) { return x.id == id; });
  return found == in.rows.end()
           ? 0
           : static_cast<std::size_t>(found - in.rows.begin());
}

view with_report(view v, report x) {
  const auto before = std::exchange(
    v.shown, std::make_shared<const rows>(rows_of(std::move(x))));
  for (auto i = std::size_t{0}; i < pane_count; ++i)
    v.selected[i]
      = still_selected(before->panes[i], v.shown->panes[i], v.selected[i]);
  v.lost.clear();
  if (!v.detail || v.detail->kind != subject_kind::ticket)
    return v;
  if (auto news = news_of(*v.detail, v.shown->from); !news.empty()) {
    v.said = std::move(news);
    v.said_badly = true;
  }
  return v;
}

view with_trouble(view v, const std::string& why, instant now) {
  if (v.lost.empty())
    v.lost = "since " + to_rfc3339(now).substr(11, 8) + " UTC: " + why;
  return v;
}

view with_outcome(view v, const outcome& x) {
  const auto busy = v.draft || v.detail; // with something else by now
  if (x.done && x.of.what == order_kind::show_run) {
    if (busy)
      return v;
    v.detail = detail{.kind = subject_kind::run, .id = x.of.id, .text = x.text};
    v.said.clear();
    return v;
  }
  v.said = x.text;
  v.said_badly = !x.done;
  if (x.of.what != order_kind::decide)
    return v;
  v.refused = x.done ? std::nullopt : std::optional{x.of};
  if (x.done && !v.draft && v.detail && v.detail->id == x.of.id)
    v.detail.reset();
  return v;
}

} // namespace stanchion::top

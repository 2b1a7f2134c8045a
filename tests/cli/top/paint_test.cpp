#include "cli/top/samples.hpp"
#include "support/catch.hpp"

#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/top/cells.hpp>

using namespace stanchion;
using namespace stanchion::top;
using namespace stanchion::test;

namespace {

std::vector<view> all_views(const view& of) {
  auto views = std::vector<view>{};
  for (const auto* keys :
       {U"", U"2", U"3", U"4", U"\r", U"?", U"y", U"y\r", U"e", U"S",
        U"Sa very long reason that is longer than a line may ever be\r"})
    views.push_back(type(of, keys).view);
  views.push_back(with_trouble(of, "the server does not answer", noon));
  views.push_back(
    with_outcome(of, {.of = {.what = order_kind::show_run, .id = "1"},
                      .done = true,
                      .text = "run 1\nSTEP  NAME\n"}));
  return views;
}

/// Exactly as large as it may be, and nothing in it moves a cursor.
void check_fits(const view& v, std::size_t width, std::size_t height) {
  const auto lines = paint(v, width, height);
  CHECK(lines.size() == height);
  for (const auto& line : lines) {
    auto text = std::string{};
    for (const auto& part : line)
      text += part.text;
    CHECK(columns_of(text) <= width);
    CHECK(one_line(text) == text);
  }
  if (const auto cursor = cursor_of(v, width))
    CHECK(*cursor < width);
}

report hostile_report() {
  const auto bad = std::string{"\x1b]0;x\x07\x1b[2J\r\n\u202e\u2066 日本語 "}
                   + "e\u0301\u0301\xff\t" + std::string(300, 'w');
  auto x = report{.at = noon};
  auto t = sample_ticket(bad, {"approve", "edit"});
  t["title"] = bad;
  t["terms"]["assignee"] = bad;
  t["context"]["failing_step"]["arguments"] = {{bad, bad}};
  x.tickets.push_back(t);
  auto run = sample_run(bad, "parked");
  run["agent"] = bad;
  run["waiting_for"] = bad;
  x.runs.push_back(run);
  x.tree = {{"name", bad}, {"kind", bad}, {"state", bad}, {"detail", bad}};
  x.tools = {{{"name", bad}, {"breaker", bad}, {"effect", bad}}};
  x.agents = {{{"name", bad}, {"mode", {{"mode", bad}, {"by", bad}}}}};
  return x;
}

report many_tickets() {
  auto x = sample_report();
  for (auto i = 2; i <= 500; ++i)
    x.tickets.push_back(sample_ticket("T-" + std::to_string(i), {"approve"}));
  return x;
}

} // namespace

TEST_CASE("a screen is as large as its terminal, however small or large",
          "[cli][top]") {
  const auto [width, height]
    = GENERATE(table<std::size_t, std::size_t>({{0U, 0U},
                                                {0U, 5U},
                                                {5U, 0U},
                                                {1U, 1U},
                                                {2U, 2U},
                                                {3U, 3U},
                                                {4U, 4U},
                                                {5U, 5U},
                                                {20U, 5U},
                                                {80U, 24U},
                                                {200U, 60U},
                                                {1U, 60U},
                                                {200U, 1U}}));
  CAPTURE(width, height);
  for (const auto& report :
       {top::report{}, sample_report(), hostile_report(), many_tickets()})
    for (const auto& v : all_views(with_report({.source = "shop"}, report)))
      check_fits(v, width, height);
  check_fits({}, width, height);
}

TEST_CASE("one look says what waits, what is stuck and why", "[cli][top]") {
  const auto text = text_of_screen(sample_view(), 80, 24);
  CHECK_THAT(text,
             ContainsSubstring("3 runs, 1 stuck")
               && ContainsSubstring("1 breaker not closed  1 agent lowered")
               && ContainsSubstring("1 waits for you (1)")
               && ContainsSubstring(">T-1     3m   1h")
               && ContainsSubstring("refunds.pay needs approval"));
  CHECK_THAT(text_of_screen(sample_view(), 100, 24),
             ContainsSubstring("1 agent lowered  shop"));
  const auto runs = text_of_screen(type(sample_view(), U"2").view, 80, 24);
  CHECK_THAT(runs, ContainsSubstring(
                     "parked     10m  ticket T-1: refunds.pay needs approval"));
}

TEST_CASE("who decides sees the exact arguments and what is asked",
          "[cli][top]") {
  const auto text = text_of_screen(type(sample_view(), U"y\r").view, 80, 24);
  CHECK_THAT(text, ContainsSubstring(R"(with       {"cents":9000})")
                     && ContainsSubstring("approve T-1, version 3? [y/N]"));
}

TEST_CASE("a server that is gone is named, and what was known stays",
          "[cli][top]") {
  const auto v
    = with_trouble(sample_view(), "the server does not answer", noon);
  const auto text = text_of_screen(v, 100, 24);
  CHECK_THAT(
    text, ContainsSubstring("NO ANSWER since 12:00:00 UTC: the server does not "
                            "answer"));
  CHECK_THAT(text, ContainsSubstring("T-1"));
  const auto later = with_trouble(v, "still", noon + 5s);
  CHECK_THAT(text_of_screen(later, 100, 24), ContainsSubstring("12:00:00"));
  CHECK_THAT(text_of_screen(with_report(later, sample_report()), 100, 24),
             !ContainsSubstring("NO ANSWER"));
}

TEST_CASE("the selected row is always to be seen", "[cli][top]") {
  auto v = with_report({.source = "shop"}, many_tickets());
  v.width = 80;
  v.height = 10;
  for (const auto name : {key_name::end, key_name::page_up, key_name::up,
                          key_name::home, key_name::page_down}) {
    v = press(v, {.name = name}).view;
    CHECK_THAT(text_of_screen(v, 80, 10),
               ContainsSubstring("\n>" + v.selected[0] + " "));
  }
}

TEST_CASE("details are read to their end", "[cli][top]") {
  auto v = type(sample_view(), U"\r").view;
  v.width = 40;
  v.height = 8;
  CHECK_THAT(text_of_screen(v, 40, 8), StartsWith(" stanchion "));
  v = press(v, {.name = key_name::end}).view;
  const auto last = wrapped(v.detail->text, 40);
  CHECK_THAT(text_of_screen(v, 40, 8), ContainsSubstring(last.rbegin()[1]));
  const auto at = v.detail->top;
  v = press(v, {.name = key_name::down}).view;
  CHECK(v.detail->top == at);
}

TEST_CASE("a long line that is typed shows where the cursor is", "[cli][top]") {
  auto v = type(sample_view(), U"e").view;
  v = type(v, std::u32string(300, U'x') + U"END").view;
  CHECK_THAT(text_of_screen(v, 40, 24), ContainsSubstring("xEND"));
  v = press(v, {.name = key_name::home}).view;
  CHECK_THAT(text_of_screen(v, 40, 24), ContainsSubstring("{\"cents"));
}

TEST_CASE("plain lines say it all, and nothing in them moves a cursor",
          "[cli][top]") {
  const auto text = plain_text_of(rows_of(sample_report()), "shop");
  for (const auto* part : {"stanchion top  shop  2026-01-02T12:00:00.000Z",
                           "waits for a person:", "T-1", "parked", "root",
                           "breaker isolated", "1 agents lowered or stopped"})
    CHECK_THAT(text, ContainsSubstring(part));
  const auto bad = plain_text_of(rows_of(hostile_report()), "\x1b[2J");
  CHECK(plain_text(bad) == bad);
  auto alone = sample_report();
  alone.tree = json::object();
  alone.undriven = "no process drives these runs";
  CHECK_THAT(plain_text_of(rows_of(alone), "shop"),
             ContainsSubstring("no process drives these runs"));
}

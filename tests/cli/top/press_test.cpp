#include "cli/top/samples.hpp"
#include "support/catch.hpp"

using namespace stanchion;
using namespace stanchion::top;
using namespace stanchion::test;

namespace {

/// The sample with one ticket that takes these verbs.
view with_options(const json& options) {
  auto x = sample_report();
  x.tickets = json::array({sample_ticket("T-1", options)});
  return with_report({}, x);
}

} // namespace

TEST_CASE("yes is a word about the version that was looked at", "[cli][top]") {
  const auto opened = type(sample_view(), U"y");
  CHECK(opened.order.what == order_kind::nothing);
  REQUIRE(opened.view.detail);
  CHECK_THAT(opened.view.detail->text, ContainsSubstring(R"({"cents":9000})"));
  const auto done = type(opened.view, U"as agreed\ry");
  CHECK(done.order.what == order_kind::decide);
  CHECK(done.order.id == "T-1");
  CHECK(done.order.request
        == json{{"verb", "approve"}, {"version", 3}, {"comment", "as agreed"}});
  CHECK_FALSE(done.view.draft);
}

TEST_CASE("nothing is decided without a yes to what is asked last",
          "[cli][top]") {
  const auto* keys
    = GENERATE(U"y\rn", U"y\r\r", U"y\x1b", U"y\r\x1b", U"y", U"y\r", U"S",
               U"Sfire\r\r", U"Sfire\rstopp\r", U"Sfire\rSTOP\r", U"S\rstop\r");
  auto v = sample_view();
  for (const auto c : std::u32string{keys}) {
    const auto next = type(std::move(v), {c});
    CHECK(next.order.what == order_kind::nothing);
    v = next.view;
  }
}

TEST_CASE("a key is the verb that the ticket takes", "[cli][top]") {
  const auto [key, options, verb]
    = GENERATE(table<char32_t, json, std::string>({
      {U'y', {"approve", "reject"}, "approve"},
      {U'y', {"accept", "undo"}, "accept"},
      {U'y', {"happened", "did_not_happen"}, "happened"},
      {U'n', {"approve", "reject"}, "reject"},
      {U'n', {"happened", "did_not_happen"}, "did_not_happen"},
      {U'n', {"accept", "undo"}, ""},
      {U'e', {"retry", "edit"}, "edit"},
      {U'a', {"answer", "abort"}, "answer"},
      {U'r', {"retry", "abort"}, "retry"},
      {U'r', {"restart"}, "restart"},
      {U'r', {"resume", "abort"}, "resume"},
      {U'u', {"accept", "undo"}, "undo"},
      {U'x', {"retry", "abort"}, "abort"},
      {U'y', json::array(), ""},
    }));
  CHECK(verb_of({{"options", options}}, key) == verb);
  const auto after = type(with_options(options), {key});
  CHECK(after.view.draft.has_value() == !verb.empty());
  CHECK(after.view.said.empty() == !verb.empty());
}

TEST_CASE("arguments are edited from what they are", "[cli][top]") {
  auto v = type(sample_view(), U"e").view;
  REQUIRE(v.draft);
  CHECK(v.draft->typed == U"{\"cents\":9000}");
  for (auto i = 0; i < 5; ++i)
    v = press(v, {.name = key_name::backspace}).view;
  const auto done = type(v, U"500}\r\ry");
  CHECK(done.order.request.at("verb") == "edit");
  CHECK(done.order.request.at("payload") == json{{"cents", 500}});
}

TEST_CASE("what is no JSON is told, and stays to be mended", "[cli][top]") {
  auto v = type(with_options({"answer"}), U"a{\"x\":\r").view;
  REQUIRE(v.draft);
  CHECK_FALSE(v.draft->problem.empty());
  CHECK(v.draft->typed == U"{\"x\":");
  const auto done = type(v, U"7}\r\ry");
  CHECK(done.order.request.at("payload") == json{{"x", 7}});
}

TEST_CASE("what the server refused is offered again", "[cli][top]") {
  const auto said = type(with_options({"answer"}), U"a[8]\r\ry");
  const auto after
    = with_outcome(said.view, {.of = said.order, .done = false, .text = "no"});
  CHECK(after.said == "no");
  CHECK(after.said_badly);
  const auto again = type(after, U"a");
  REQUIRE(again.view.draft);
  CHECK(again.view.draft->typed == U"[8]");
}

TEST_CASE("any other word is chosen by its name", "[cli][top]") {
  const auto v = type(with_options({"retry", "skip"}), U"dski\r").view;
  REQUIRE(v.draft);
  CHECK(v.draft->problem == "it is none of them");
  const auto done = type(v, U"p\r{}\r\ry");
  CHECK(done.order.request
        == json{{"verb", "skip"}, {"version", 3}, {"payload", json::object()}});
}

TEST_CASE("everything is stopped by its word, with a reason", "[cli][top]") {
  const auto done = type(sample_view(), U"Sfire\rstop\r");
  CHECK(done.order.what == order_kind::stop_all);
  CHECK(done.order.request == json{{"reason", "fire"}});
  const auto lifted = type(sample_view(), U"Lout\ry");
  CHECK(lifted.order.request == json{{"reason", "out"}, {"lift", true}});
}

TEST_CASE("agents, tools and runs have keys of their own", "[cli][top]") {
  const auto [keys, what, id, request]
    = GENERATE(table<std::u32string, order_kind, std::string, json>({
      {U"4madvisory\rnew\ry",
       order_kind::set_mode,
       "refund",
       {{"mode", "advisory"}, {"reason", "new"}}},
      {U"4jcmended\ry",
       order_kind::set_breaker,
       "refunds.pay",
       {{"state", "closed"}, {"reason", "mended"}}},
      {U"4jjiit lies\ry",
       order_kind::set_breaker,
       "orders.look_up",
       {{"state", "isolated"}, {"reason", "it lies"}}},
      {U"2jc\ry", order_kind::cancel_run,
       "0197c5d3-0000-7000-8000-000000000002", json::object()},
      {U"2j\r", order_kind::show_run, "0197c5d3-0000-7000-8000-000000000002",
       json::object()},
      {U"q", order_kind::quit, "", json::object()},
      {U"R", order_kind::refresh, "", json::object()},
    }));
  const auto done = type(sample_view(), keys);
  CHECK(done.order.what == what);
  CHECK(done.order.id == id);
  CHECK(done.order.request == request);
}

TEST_CASE("a run is tried again by its ticket", "[cli][top]") {
  auto x = sample_report();
  x.tickets = json::array({sample_ticket("T-1", {"retry", "abort"})});
  const auto done = type(with_report({}, x), U"2r\ry");
  CHECK(done.order.id == "T-1");
  CHECK(done.order.request.at("verb") == "retry");
  CHECK_FALSE(type(with_report({}, x), U"2jr").view.draft);
}

TEST_CASE("the selected row stays the same when others come and go",
          "[cli][top]") {
  auto x = sample_report();
  for (const auto* id : {"T-2", "T-3"})
    x.tickets.push_back(sample_ticket(id, {"approve"}));
  auto v = type(with_report({}, x), U"j").view;
  CHECK(v.selected[0] == "T-2");
  x.tickets.erase(0);
  v = with_report(v, x);
  CHECK(v.selected[0] == "T-2");
  x.tickets.erase(0); // the one itself: the next one takes its place
  v = with_report(v, x);
  CHECK(v.selected[0] == "T-3");
  x.tickets.clear();
  v = with_report(v, x);
  CHECK(type(v, U"yj\r").order.what == order_kind::nothing);
}

TEST_CASE("it is told when what is looked at has changed or is gone",
          "[cli][top]") {
  const auto looking = type(sample_view(), U"\r").view;
  REQUIRE(looking.detail);
  auto x = sample_report();
  x.tickets[0]["version"] = 4;
  CHECK_THAT(with_report(looking, x).said, ContainsSubstring("at version 4"));
  const auto said = type(with_report(looking, x), U"y\ry");
  CHECK(said.order.request.at("version") == 3); // the server will refuse it
  x.tickets.clear();
  CHECK_THAT(with_report(looking, x).said, ContainsSubstring("not open"));
}

TEST_CASE("a decision that was taken closes the details", "[cli][top]") {
  const auto said = type(sample_view(), U"y\ry");
  const auto after = with_outcome(
    said.view, {.of = said.order, .done = true, .text = "T-1 decided"});
  CHECK_FALSE(after.detail);
  CHECK(after.said == "T-1 decided");
}

TEST_CASE("an answer that comes late takes nothing from under the fingers",
          "[cli][top]") {
  const auto run = outcome{.of = {.what = order_kind::show_run, .id = "1"},
                           .done = true,
                           .text = "run 1"};
  const auto decided = outcome{.of = {.what = order_kind::decide, .id = "T-1"},
                               .done = true,
                               .text = "T-1 stays open"};
  auto v = type(sample_view(), U"d").view;
  v = with_outcome(with_outcome(v, run), decided);
  REQUIRE(v.detail);
  CHECK(v.detail->id == "T-1");
  const auto done = type(v, U"approve\r\ry");
  CHECK(done.order.request == json{{"verb", "approve"}, {"version", 3}});
}

TEST_CASE("no key does anything odd in a view of nothing", "[cli][top]") {
  for (auto name = 0; name <= static_cast<int>(key_name::back_tab); ++name)
    for (auto c = U' '; c < U'\x7f'; ++c) {
      const auto after
        = press({}, {.name = static_cast<key_name>(name), .code = c});
      const auto what = after.order.what;
      CHECK((what == order_kind::nothing || what == order_kind::quit
             || what == order_kind::refresh));
    }
}

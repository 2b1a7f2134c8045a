#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Asks, and says what it got and from where.
task<json> asks(agent_context& ctx, value question) {
  auto x = co_await ctx.try_call("primary", args("q", question));
  if (!x.ok())
    co_return args("failed", to_string(x.why()));
  co_return args("answer", x.get().get(), "source", x.get().source());
}

task<json> three_questions(agent_context& ctx, value) {
  for (auto i = 0; i < 3; ++i)
    co_await ctx.escalate(park_reason::requires_human, "well?");
  co_return json{};
}

/// Calls while a person is asked, three times.
task<json> asks_beside(agent_context& ctx, value) {
  const auto nothing = value{};
  auto both
    = co_await ctx.all(ctx.try_call("primary"), three_questions(ctx, nothing));
  co_return args("source", std::get<0>(both).get().source());
}

failure down(side_effect effect = side_effect::none) {
  return {.kind = failure_kind::http_5xx, .effect = effect, .message = "down"};
}

/// One life of a program.
struct life {
  explicit life(std::shared_ptr<memory_store> s)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 3}) {
    rt.add(agent{"asks", "1", asks});
    rt.events().subscribe([this](const event& x) { used.push_back(x.fields); },
                          {event_kind::fallback_used});
  }

  /// A tool that answers or fails as `broken` says of it.
  tool flaky(const std::string& name, effect e = effect::read_only) {
    auto t = tool{name, e, [this, name](const value& x, tool_context&) -> json {
                    ++calls[name];
                    last[name] = x.get();
                    if (const auto i = broken.find(name); i != broken.end())
                      throw tool_error{i->second};
                    return name + " says";
                  }};
    t.input(any()).output(any()).run_inline().retry({.max_attempts = 1});
    return t;
  }
  void begin() {
    rt.start();
    pass(1ms);
  }
  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(const value& question = {}) {
    return test::submit(rt, {.agent = "asks", .input = question});
  }
  json answer(const value& question = {}) {
    return result(submit(question));
  }
  json result(const run_id& id) {
    return rt.result(id).get().get();
  }

  std::shared_ptr<memory_store> store;
  std::map<std::string, failure> broken;
  std::map<std::string, int> calls;
  std::map<std::string, json> last;
  std::vector<std::string> used;
  runtime rt;
};

} // namespace

TEST_CASE("the first of a chain that has something to give is taken, and named",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary")
              .fallback(instead("second"))
              .fallback(instead("third"))
              .fallback(static_value("nothing known")));
  it.rt.add(it.flaky("second"));
  it.rt.add(it.flaky("third"));
  it.begin();
  CHECK(it.answer() == json{{"answer", "primary says"}, {"source", "primary"}});
  it.broken["primary"] = down();
  CHECK(it.answer()
        == json{{"answer", "second says"}, {"source", "fallback:second"}});
  it.broken["second"] = down();
  CHECK(it.answer()
        == json{{"answer", "third says"}, {"source", "fallback:third"}});
  it.broken["third"] = down();
  CHECK(it.answer() == json{{"answer", "nothing known"}, {"source", "static"}});
  REQUIRE(it.used.size() == 3);
  CHECK_THAT(it.used[0], ContainsSubstring("fallback:second"));
  CHECK_THAT(it.used[2], ContainsSubstring("\"source\":\"static\""));
}

TEST_CASE(
  "a chain that has nothing to give fails as its primary, led to by the "
  "rest",
  "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary").fallback(instead("second")));
  it.rt.add(it.flaky("second"));
  it.broken["primary"] = down();
  it.broken["second"] = failure{.kind = failure_kind::overloaded,
                                .effect = side_effect::none,
                                .message = "full"};
  it.begin();
  const auto text = it.answer()["failed"].get<std::string>();
  CHECK_THAT(text, StartsWith("http_5xx") && ContainsSubstring("full"));
}

TEST_CASE("another tool is asked with what the transform makes of the question",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary").fallback(instead(
    "second", [](const value& x) { return args("brief", x["q"].get()); })));
  it.rt.add(it.flaky("second"));
  it.broken["primary"] = down();
  it.begin();
  static_cast<void>(it.answer(value{"why"}));
  CHECK(it.last["second"] == json{{"brief", "why"}});
}

TEST_CASE("a fault in the question is not hidden by another tool",
          "[runtime][fallback]") {
  const auto kind
    = GENERATE(failure_kind::invalid_input, failure_kind::permission_denied,
               failure_kind::not_found);
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary").fallback(instead("second")));
  it.rt.add(it.flaky("second"));
  it.broken["primary"]
    = failure{.kind = kind, .effect = side_effect::none, .message = "no"};
  it.begin();
  CHECK(it.answer().contains("failed"));
  CHECK(it.calls["second"] == 0);
}

TEST_CASE("an open breaker is not waited for where there is something else",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary")
              .breaker({.consecutive_failures = 1, .open_for = 1min})
              .fallback(instead("second")));
  it.rt.add(it.flaky("second"));
  it.broken["primary"] = down();
  it.begin();
  static_cast<void>(it.answer());
  CHECK(it.answer()["source"] == "fallback:second");
  CHECK(it.calls["primary"] == 1);
}

TEST_CASE("nothing takes the place of a call that may have acted",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary", effect::once).fallback(instead("second")));
  it.rt.add(it.flaky("second", effect::once));
  it.begin();
  it.broken["primary"] = down(side_effect::unknown);
  const auto id = it.submit();
  CHECK(it.store->find_run(id)->state == run_state::parked);
  CHECK(it.calls["second"] == 0);
  it.broken["primary"] = down(side_effect::none); // it says that it has not
  CHECK(it.answer()["source"] == "fallback:second");
}

TEST_CASE("kept answers are the primary's own, of the same question, and age",
          "[runtime][fallback]") {
  const auto store = new_store();
  {
    auto it = life{store};
    it.rt.add(it.flaky("primary").fallback(cached(10min)));
    it.begin();
    static_cast<void>(it.answer(value{1}));
  }
  auto it = life{store}; // they outlive the process
  it.rt.add(it.flaky("primary").fallback(cached(10min)));
  it.broken["primary"] = down();
  it.begin();
  it.pass(9min);
  const auto kept = it.answer(value{1});
  CHECK(kept["answer"] == "primary says");
  CHECK_THAT(kept["source"].get<std::string>(), StartsWith("cache:5"));
  CHECK(it.answer(value{2}).contains("failed"));
  it.pass(2min); // an answer of the cache does not make it younger
  CHECK(it.answer(value{1}).contains("failed"));
}

TEST_CASE("kept answers are shared as far as their scope and version go",
          "[runtime][fallback]") {
  const auto store = new_store();
  const auto scope = GENERATE(cache_scope::agent, cache_scope::run);
  {
    auto it = life{store};
    it.rt.add(it.flaky("primary").fallback(cached(10min, scope)));
    it.begin();
    static_cast<void>(it.answer());
  }
  const auto version = GENERATE("1", "2");
  auto it = life{store};
  it.rt.add(
    it.flaky("primary").fallback(cached(10min, scope)).version(version));
  it.broken["primary"] = down();
  it.begin();
  const auto found = !it.answer().contains("failed");
  CHECK(found == (scope == cache_scope::agent && std::string{version} == "1"));
}

TEST_CASE("a partial result is made once, of the question and the failure",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  auto made = 0;
  it.rt.add(it.flaky("primary")
              .fallback(partial([](const value&, const failure&) -> json {
                throw std::runtime_error{"no"};
              }))
              .fallback(partial([&made](const value& x, const failure& why) {
                ++made;
                return args("asked", x["q"].get(), "why", to_string(why.kind));
              })));
  it.broken["primary"] = down();
  it.begin();
  const auto x = it.answer(value{7});
  CHECK(x["source"] == "partial");
  CHECK(x["answer"] == json{{"asked", 7}, {"why", "http_5xx"}});
  CHECK(made == 1);
}

TEST_CASE("a chain goes on where it stood, wherever the journal was cut",
          "[runtime][fallback]") {
  const auto equip = [](life& it) {
    it.rt.add(it.flaky("primary")
                .fallback(instead("second"))
                .fallback(instead("third")));
    it.rt.add(it.flaky("second"));
    it.rt.add(it.flaky("third"));
    it.broken["primary"] = down();
    it.broken["second"] = down();
    it.begin();
  };
  const auto whole = new_store();
  {
    auto it = life{whole};
    equip(it);
    CHECK(it.answer()["source"] == "fallback:third");
  }
  const auto count = whole->records_in_order().size();
  for (auto n = std::size_t{1}; n < count; ++n) {
    INFO("cut after record " << n);
    auto cut = std::shared_ptr<memory_store>{whole->prefix(n)};
    auto it = life{cut};
    equip(it);
    it.pass(10s);
    const auto row = cut->list_runs({}).front();
    REQUIRE(row.state == run_state::completed);
    CHECK(it.result(row.id)["source"] == "fallback:third");
    CHECK(it.calls["third"] <= 1);
  }
}

TEST_CASE("a hop that may have acted is a person's to judge, then the chain is "
          "over",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary").fallback(instead("second")));
  it.rt.add(it.flaky("second", effect::once));
  it.broken["primary"] = down();
  it.broken["second"] = down(side_effect::unknown);
  it.begin();
  const auto id = it.submit();
  const auto t = only_ticket(*it.store);
  CHECK(t.reason == park_reason::ambiguous_state);
  CHECK(t.step == "1~1");
  decide_only(it.rt, verb::happened, "\"seen\"");
  const auto x = it.result(id);
  CHECK(x["answer"] == "seen");
  CHECK(x["source"] == "fallback:second");
  CHECK(it.calls["second"] == 1);
}

TEST_CASE("a hop that was made is not made again, however often its run parks",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  it.rt.add(it.flaky("primary").fallback(instead("second")));
  it.rt.add(it.flaky("second", effect::once));
  it.broken["primary"] = down();
  it.rt.add(agent{"both", "1", asks_beside});
  it.begin();
  const auto id = submit(it.rt, {.agent = "both"});
  for (auto answered = 0; answered < 3; ++answered)
    decide_only(it.rt, verb::answer, "1");
  CHECK(it.store->find_run(id)->state == run_state::completed);
  CHECK(it.result(id)["source"] == "fallback:second");
  CHECK(it.calls["second"] == 1);
}

TEST_CASE("fallbacks that cannot work are refused with the reason",
          "[runtime][fallback]") {
  auto it = life{new_store()};
  const auto refusal = [&it](tool t) {
    try {
      it.rt.add(std::move(t));
      it.begin();
    } catch (const error& e) {
      return std::string{e.what()};
    }
    return std::string{};
  };
  CHECK_THAT(
    refusal(it.flaky("writes", effect::idempotent).fallback(cached(1min))),
    ContainsSubstring("only a read_only tool"));
  CHECK_THAT(refusal(it.flaky("reads").fallback(cached(0s))),
             ContainsSubstring("max_age must be positive"));
  CHECK_THAT(
    refusal(it.flaky("reads").fallback(static_value(1)).fallback(instead("x"))),
    ContainsSubstring("nothing after it is ever tried"));
  CHECK_THAT(refusal(it.flaky("primary").fallback(instead("nobody"))),
             ContainsSubstring("nobody is no tool of this program"));
}

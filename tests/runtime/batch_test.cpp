#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Sends to as many as its input says; those above ten with care.
task<json> sends(agent_context& ctx, value input) {
  auto items = std::vector<value>{};
  for (auto i = std::int64_t{0}; i < input["count"].as_int(); ++i) {
    auto x = value{args("to", i)};
    items.push_back(x.with_confidence(input["sure"].as_double()));
  }
  const auto policy = scope_policy().above(10).below(0.5);
  auto done = co_await ctx.batch("send", items, policy);
  auto failed = json::array();
  for (const auto& x : done.items)
    if (!x.ok())
      failed.push_back(to_string(x.why().kind));
  co_return args("succeeded", done.succeeded(), "failed", failed);
}

struct life {
  explicit life(const std::shared_ptr<memory_store>& s)
    : store(s), rt(config{.store = s, .virtual_seed = 9}) {
    rt.add(tool{"send", effect::idempotent,
                [this](const value& x, tool_context& call) -> json {
                  ++sent[call.key];
                  if (x["to"].as_int() == bad)
                    throw tool_error{failure_kind::http_4xx, side_effect::none,
                                     "no such address"};
                  return nullptr;
                }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(agent{"sends", "1", sends});
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id submit(int count, double sure = 1.0) {
    return test::submit(
      rt, {.agent = "sends", .input = args("count", count, "sure", sure)});
  }
  ticket only_ticket() {
    return test::only_ticket(*store);
  }
  void answer(const std::string& payload) {
    decide_only(rt, verb::answer, payload);
  }
  value result(const run_id& id) {
    REQUIRE(store->find_run(id)->state == run_state::completed);
    return rt.result(id).get();
  }

  std::shared_ptr<memory_store> store;
  std::map<std::string, int> sent; // by key
  int bad = -1;
  runtime rt;
};

} // namespace

TEST_CASE("a small batch of which all are sure is done at once",
          "[runtime][batch]") {
  auto it = life{new_store()};
  CHECK(it.result(it.submit(10))["succeeded"] == 10);
  CHECK(it.sent.size() == 10);
}

TEST_CASE("a large or unsure batch does one, asks, and goes on in growing "
          "slices",
          "[runtime][batch]") {
  auto it = life{new_store()};
  const auto large = GENERATE(true, false);
  const auto id = large ? it.submit(12) : it.submit(8, 0.4);
  CHECK(it.sent.size() == 1);
  CHECK_THAT(it.only_ticket().title,
             ContainsSubstring("1 of") && ContainsSubstring("next 2?"));
  it.answer("true");
  CHECK(it.result(id)["succeeded"] == (large ? 12 : 8));
}

TEST_CASE("a person may end a batch after the first, and the rest is not begun",
          "[runtime][batch]") {
  auto it = life{new_store()};
  const auto id = it.submit(12);
  it.answer("false");
  const auto x = it.result(id);
  CHECK(it.sent.size() == 1);
  CHECK(x["succeeded"] == 1);
  CHECK(x["failed"].size() == 11);
  CHECK(x["failed"][0] == "permission_denied");
}

TEST_CASE("a person may say how many come next", "[runtime][batch]") {
  auto it = life{new_store()};
  const auto id = it.submit(20);
  it.bad = 4; // among the five that come
  it.answer("5");
  CHECK(it.sent.size() == 6);
  it.answer("100");
  CHECK(it.result(id)["succeeded"] == 19);
}

TEST_CASE("an item that fails has a result of its own, and a person is asked",
          "[runtime][batch]") {
  auto it = life{new_store()};
  it.bad = 2;
  const auto id = it.submit(12);
  it.answer("true"); // items 1 and 2
  CHECK(it.sent.size() == 3);
  CHECK_THAT(it.only_ticket().title, ContainsSubstring("1 of them failed"));
  it.answer("true");
  const auto x = it.result(id);
  CHECK(x["succeeded"] == 11);
  CHECK(x["failed"] == value{json{"http_4xx"}});
}

TEST_CASE("a batch goes on in its middle, and no item is done twice",
          "[runtime][batch]") {
  const auto whole = new_store();
  {
    auto it = life{whole};
    static_cast<void>(it.submit(12));
    it.answer("true");
  }
  const auto count = whole->records_in_order().size();
  for (auto n = std::size_t{1}; n < count; n += 3) {
    INFO("cut after record " << n);
    auto cut = std::shared_ptr<memory_store>{whole->prefix(n)};
    auto done = std::set<step_path>{};
    for (const auto& r : cut->records_in_order())
      if (r.kind == record_kind::outcome)
        done.insert(r.step);
    auto it = life{cut};
    it.pass(10s);
    if (!cut->list_tickets({.states = {ticket_state::open}}).empty())
      it.answer("true");
    const auto row = cut->list_runs({}).front();
    REQUIRE(row.state == run_state::completed);
    for (const auto& [key, times] : it.sent) {
      CHECK(times == 1);
      for (const auto& path : done)
        CHECK(key.find("/" + path + "/") == std::string::npos);
    }
  }
}

#include "support/catch.hpp"
#include "support/parts.hpp"
#include "support/process.hpp"
#include "support/refusal.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <atomic>

using namespace stanchion;
using namespace stanchion::test;

namespace {

json echo(const value& x, tool_context&) {
  return x.get();
}

task<json> calls_echo(agent_context& ctx, value input) {
  auto x = co_await ctx.call("echo", args("n", input["n"]));
  co_return x.get();
}

tool echo_tool() {
  return tool{"echo", effect::idempotent, echo}
    .input(any())
    .output(any())
    .run_inline();
}

bool has_line(const tree_node& x, const std::string& name,
              const std::string& state) {
  if (x.name == name && x.state == state)
    return true;
  for (const auto& child : x.children)
    if (has_line(child, name, state))
      return true;
  return false;
}

std::string text_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.what();
  }
  return {};
}

} // namespace

TEST_CASE("a submitted run completes and its result is durable", "[runtime]") {
  const auto dir = temporary_dir{};
  auto id = run_id{};
  {
    auto rt = runtime{config{.data_dir = dir.path()}};
    rt.add(echo_tool());
    rt.add(agent{"a", "1", calls_echo});
    rt.start();
    id = rt.submit({.agent = "a", .input = args("n", 7)}).id;
    CHECK(rt.wait(id).state == run_state::completed);
    CHECK(rt.stop());
  }
  auto rt = runtime{config{.data_dir = dir.path()}};
  rt.start();
  CHECK(rt.result(id).get().dump() == R"({"n":7})");
}

TEST_CASE("the same key gives the same run, another input is refused",
          "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(echo_tool());
  rt.add(agent{"a", "1", calls_echo});
  rt.start();
  const auto first
    = rt.submit({.agent = "a", .input = args("n", 1), .key = "k"});
  const auto again
    = rt.submit({.agent = "a", .input = args("n", 1), .key = "k"});
  CHECK(first.id == again.id);
  CHECK(refusal(
          [&] { rt.submit({.agent = "a", .input = args("n", 2), .key = "k"}); })
        == error_code::idempotency_mismatch);
}

TEST_CASE("what cannot work is refused before anything starts", "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  CHECK(refusal([&] { rt.add(tool{"x", effect::once, echo}); })
        == error_code::invalid_spec);
  CHECK(refusal([&] {
          rt.add(
            tool{"x", effect::reconcilable, echo}.input(any()).output(any()));
        })
        == error_code::invalid_spec);
  CHECK_THAT(
    text_of([&] { rt.add(agent{"a", "1", calls_echo}.restarts(3, -1s)); }),
    ContainsSubstring("restarts.window"));
  CHECK_THAT(text_of([&] { rt.add(agent{"a", "1", calls_echo}.backoff(-1s)); }),
             ContainsSubstring("backoff.first"));
  CHECK_THAT(
    text_of([&] { rt.add(agent{"a", "1", calls_echo}.evict_after(0s)); }),
    ContainsSubstring("evict_after"));
  CHECK_THAT(text_of([&] {
               rt.add(
                 supervisor{"s", strategy::one_for_one}.restarts(3, -1s).child(
                   agent{"a", "1", calls_echo}));
             }),
             ContainsSubstring("restarts.window"));
  const auto add = [&rt](tool& x) {
    return text_of([&] { rt.add(x.input(any()).output(any())); });
  };
  auto limited = tool{"x", effect::once, echo};
  CHECK_THAT(add(limited.rate({.tokens = 5})),
             ContainsSubstring("rate.tokens"));
  CHECK_THAT(add(limited.limit({.most = 0})), ContainsSubstring("limit.most"));
  CHECK_THAT(add(limited.hedge({})), ContainsSubstring("hedge.effect"));
  CHECK_THAT(add(limited.retry_budget({.share = -1})),
             ContainsSubstring("retry_budget.share"));
  auto alone = tool{"x", effect::read_only, echo};
  CHECK_THAT(add(alone.run_inline().hedge({})),
             ContainsSubstring("hedge: a tool that runs inline"));
  rt.add(echo_tool());
  CHECK(refusal([&] { rt.add(echo_tool()); }) == error_code::invalid_spec);
  CHECK(refusal([&] { rt.submit({.agent = "a"}); }) == error_code::not_running);
  rt.start();
  CHECK(refusal([&] { rt.submit({.agent = "a"}); })
        == error_code::unknown_agent);
}

TEST_CASE("a ticket is decided by a person and the run goes on", "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(agent{"asks", "1", asks});
  rt.start();
  const auto id = rt.submit({.agent = "asks"}).id;
  REQUIRE(rt.wait(id).state == run_state::parked);
  const auto open = rt.journal().list_tickets({.states = {ticket_state::open}});
  REQUIRE(open.size() == 1);
  CHECK(refusal([&] {
          rt.decide({.ticket = open[0].id, .verb = verb::retry, .by = "ann"});
        })
        == error_code::bad_decision);
  rt.decide({.ticket = open[0].id,
             .verb = verb::answer,
             .by = "ann",
             .payload = R"("the red one")"});
  CHECK(rt.wait(id).state == run_state::completed);
  CHECK(rt.result(id).get().as_string() == "the red one");
  CHECK(refusal([&] {
          rt.decide({.ticket = open[0].id, .verb = verb::abort, .by = "bob"});
        })
        == error_code::ticket_conflict);
}

TEST_CASE("a waiting run is cancelled", "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(agent{"nap", "1", [](agent_context& ctx, value) -> task<json> {
                 co_await ctx.sleep_for(24h);
                 co_return json{};
               }});
  rt.start();
  const auto id = rt.submit({.agent = "nap"}).id;
  rt.cancel(id, "enough", "ann");
  CHECK(rt.wait(id).state == run_state::cancelled);
  CHECK(refusal([&] { rt.cancel(id, "again", "ann"); })
        == error_code::run_conflict);
}

TEST_CASE("a second runtime on the same directory is refused by name",
          "[runtime]") {
  const auto dir = temporary_dir{};
  auto first = runtime{config{.data_dir = dir.path()}};
  first.start();
  auto second = runtime{config{.data_dir = dir.path()}};
  CHECK(refusal([&] { second.start(); }) == error_code::store_in_use);
}

TEST_CASE("the tree shows every tool and agent, composed ones too",
          "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  rt.add(echo_tool());
  rt.add(agent{"a", "1", calls_echo});
  rt.add(supervisor{"team", strategy::rest_for_one}
           .child(tool{"other", effect::read_only, echo}
                    .input(any())
                    .output(any())
                    .run_inline())
           .child(agent{"b", "1", calls_echo}));
  rt.start();
  const auto tree = rt.tree();
  CHECK(has_line(tree, "journal", "running"));
  CHECK(has_line(tree, "echo", "running"));
  CHECK(has_line(tree, "team", "running"));
  CHECK(has_line(tree, "other", "running"));
  const auto id = rt.submit({.agent = "b", .input = args("n", 1)}).id;
  CHECK(rt.wait(id).state == run_state::completed);
}

TEST_CASE("a tool that crashes is restarted and its idempotent call repeated "
          "under the same key",
          "[runtime]") {
  auto rt = runtime{config{.in_memory = true}};
  auto attempts = std::atomic<int>{0};
  rt.add(tool{"shaky", effect::idempotent,
              [&attempts](const value&, tool_context& call) -> json {
                if (++attempts < 3)
                  throw std::runtime_error{"segfault, nearly"};
                return json{{"key", call.key}};
              }}
           .input(any())
           .output(any())
           .retry({.max_attempts = 4, .backoff = {.first = 1ms, .cap = 2ms}})
           .restart_backoff({.first = 1ms, .cap = 2ms}));
  rt.add(agent{"a", "1", [](agent_context& ctx, value) -> task<json> {
                 auto x = co_await ctx.call("shaky");
                 co_return x.get();
               }});
  rt.start();
  const auto id = rt.submit({.agent = "a"}).id;
  CHECK(rt.wait(id).state == run_state::completed);
  CHECK(attempts == 3);
  CHECK_THAT(rt.result(id).get()["key"].as_string(), EndsWith("/1/0"));
}

TEST_CASE("a run whose version the program lacks waits with one ticket",
          "[runtime]") {
  const auto dir = temporary_dir{};
  auto ids = std::vector<run_id>{};
  {
    auto rt = runtime{config{.data_dir = dir.path()}};
    rt.add(agent{"asks", "1", asks});
    rt.start();
    for (auto i = 0; i < 3; ++i)
      ids.push_back(rt.submit({.agent = "asks"}).id);
    for (const auto& id : ids)
      rt.wait(id);
  }
  {
    auto rt = runtime{config{.data_dir = dir.path()}};
    rt.add(agent{"asks", "2", asks});
    rt.start();
    CHECK(refusal([&] { rt.resume(ids[0]); }) == error_code::unknown_agent);
    CHECK_THAT(text_of([&] { rt.cancel(ids[0], "enough", "ann"); }),
               ContainsSubstring("no version 1 of agent asks"));
    rt.stop();
    CHECK(rt.journal().find_run(ids[0])->waiting_for
          == "version 1 of agent asks");
    auto grouped = 0;
    for (const auto& t : rt.journal().list_tickets({}))
      grouped += t.group == "version:asks@1" ? 1 : 0;
    CHECK(grouped == 1);
  }
  auto rt = runtime{config{.data_dir = dir.path()}};
  rt.add(agent{"asks", "1", asks});
  rt.start();
  for (const auto& t :
       rt.journal().list_tickets({.states = {ticket_state::open}}))
    if (t.run != 0)
      rt.decide(
        {.ticket = t.id, .verb = verb::answer, .by = "ann", .payload = "1"});
  for (const auto& id : ids)
    CHECK(rt.wait(id).state == run_state::completed);
}

TEST_CASE("a team restarted under a run just submitted loses neither its "
          "answer nor its records",
          "[runtime]") {
  for (auto round = 0; round < 40; ++round) {
    auto crashes = std::atomic<int>{1};
    auto journal_deaths = std::atomic<int>{0};
    auto rt = runtime{config{.in_memory = true}};
    rt.add(supervisor{"team", strategy::one_for_all}
             .backoff(0s)
             .child(tool{"echo", effect::read_only,
                         [&crashes](const value& x, tool_context&) {
                           if (crashes-- > 0)
                             throw std::runtime_error{"gone"};
                           return x.get();
                         }}
                      .input(any())
                      .output(any())
                      .restarts(0, 1min)
                      .run_inline())
             .child(agent{"a", "1", calls_echo}));
    rt.start();
    const auto listening = rt.events().subscribe([&](const event& x) {
      if (x.kind == event_kind::child_down && x.subject == "journal")
        ++journal_deaths;
    });
    const auto id = rt.submit({.agent = "a", .input = args("n", round)}).id;
    CHECK(rt.wait(id).state == run_state::completed);
    rt.events().unsubscribe(listening);
    CHECK(journal_deaths == 0);
  }
}

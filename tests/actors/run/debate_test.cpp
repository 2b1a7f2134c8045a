#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/debate.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// What is said in the first round, and from the second one on.
agent member(const std::string& name, const json& first, const json& later) {
  return agent{name, "1",
               [first, later](agent_context&, value in) -> task<json> {
                 co_return in["round"].as_int() == 1 ? first : later;
               }}
    .on_unhandled(on_unhandled::fail);
}

agent silent(const std::string& name) {
  return agent{name, "1",
               [](agent_context&, value in) -> task<json> {
                 co_return in["nothing"].get();
               }}
    .on_unhandled(on_unhandled::fail);
}

/// A run that has `a` and `b` debate, for two rounds.
struct fixture {
  json debate_of(bool with_judge) {
    rt.add(agent{
      "moderator", "1",
      [with_judge](agent_context& ctx, value in) -> task<json> {
        auto members = std::vector<std::string>{"a", "b"};
        auto plan = debate_plan{std::move(members)};
        plan.rounds(2);
        if (with_judge)
          plan.judge("judge");
        auto said = co_await debate(ctx, in, plan);
        co_return args("verdict", said, "sure",
                       said["answer"].confidence().value_or(-1))
          .get();
      }}.on_unhandled(on_unhandled::fail));
    rt.start();
    pass(rt, 1ms);
    static_cast<void>(
      test::submit(rt, {.agent = "moderator", .input = "tea?"}, 1min));
    const auto end = rt.result(store->find_run(1)->id);
    return end.ok() ? end.get().get() : json(to_string(end.why()));
  }

  std::shared_ptr<memory_store> store = new_store();
  runtime rt{config{.store = store, .virtual_seed = 3}};
};

} // namespace

TEST_CASE_METHOD(fixture, "a debate ends when all say the same",
                 "[actors][run][debate]") {
  rt.add(member("a", "yes", "yes"));
  rt.add(member("b", "no", "yes"));
  const auto end = debate_of(false);
  CHECK(end["verdict"]
        == json{{"answer", "yes"}, {"agreed", true}, {"rounds", 2}});
  CHECK(store->last_run() == 5);
}

TEST_CASE_METHOD(fixture, "a judge has the last word where they do not agree",
                 "[actors][run][debate]") {
  rt.add(member("a", "yes", "yes"));
  rt.add(member("b", "no", "no"));
  rt.add(agent{"judge", "1", [](agent_context&, value in) -> task<json> {
                 co_return in["positions"].get();
               }});
  const auto end = debate_of(true);
  CHECK(end["verdict"]["agreed"] == false);
  CHECK(end["verdict"]["answer"]
        == json{{{"by", "a"}, {"says", "yes"}}, {{"by", "b"}, {"says", "no"}}});
}

TEST_CASE_METHOD(fixture, "who fails says nothing", "[actors][run][debate]") {
  rt.add(member("a", "yes", "yes"));
  rt.add(silent("b"));
  const auto end = debate_of(false);
  CHECK(end["verdict"]["answer"] == "yes");
  CHECK(end["verdict"]["agreed"] == false);
  CHECK(end["sure"] == 1.0);
}

TEST_CASE_METHOD(fixture, "a debate in which nobody speaks fails",
                 "[actors][run][debate]") {
  rt.add(silent("a"));
  rt.add(silent("b"));
  CHECK_THAT(debate_of(false).get<std::string>(),
             ContainsSubstring("nobody in the debate said anything"));
}

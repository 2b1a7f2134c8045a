#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/caf.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <stdexcept>

using namespace stanchion;
using namespace stanchion::test;

namespace {

std::string doubled(const std::string& arguments) {
  return json(2 * json::parse(arguments).at("n").get<int>()).dump();
}

caf::behavior doubler(caf::event_based_actor*) {
  return {[](const std::string& arguments, const std::string&) {
    return doubled(arguments);
  }};
}

task<json> calls(agent_context& ctx, value input) {
  auto x = co_await ctx.call("double", input);
  co_return x.get();
}

std::string result(runtime& rt, const value& input) {
  const auto row
    = rt.wait(rt.submit({.agent = "calls", .input = input}).id, 30s);
  if (row.state != run_state::completed)
    return row.waiting_for;
  return rt.result(row.id).get().dump();
}

struct program {
  caf::actor_system_config settings;
  caf::actor_system system{settings};

  bool still_works() {
    auto self = caf::scoped_actor{system};
    const auto worker = system.spawn(doubler);
    auto answer = std::string{};
    self
      ->request(worker, std::chrono::seconds{30}, std::string{R"({"n":2})"},
                std::string{})
      .receive([&](const std::string& x) { answer = x; },
               [](const caf::error&) {});
    return answer == "4";
  }
};

tool doubling(const caf::actor& worker) {
  return caf_tool("double", effect::idempotent, worker)
    .input(any())
    .output(any());
}

} // namespace

TEST_CASE_METHOD(program,
                 "runtimes share the program's actor system and leave it alone",
                 "[runtime][caf]") {
  const auto worker = system.spawn(doubler);
  {
    runtime one{config{.in_memory = true, .host = &system}};
    runtime other{config{.in_memory = true, .host = &system}};
    for (auto* rt : {&one, &other}) {
      rt->add(doubling(worker));
      rt->add(agent{"calls", "1", calls});
      rt->start();
    }
    CHECK(result(one, args("n", 21)) == "42");
    CHECK(one.stop());
    CHECK(result(other, args("n", 4)) == "8");
  }
  CHECK(still_works());
}

TEST_CASE_METHOD(program, "a CAF actor of another system serves as a tool",
                 "[runtime][caf]") {
  const auto worker = system.spawn(doubler);
  runtime rt{config{.in_memory = true}};
  rt.add(doubling(worker));
  rt.add(agent{"calls", "1", calls});
  rt.start();
  CHECK(result(rt, args("n", 21)) == "42");
}

TEST_CASE_METHOD(program, "a CAF actor that dies is made anew",
                 "[runtime][caf]") {
  std::atomic<int> made{0};
  runtime rt{config{.in_memory = true, .host = &system}};
  rt.add(caf_tool("double", effect::idempotent,
                  [&] {
                    const auto dies = ++made == 1;
                    return system.spawn([dies](caf::event_based_actor* self) {
                      return caf::behavior{
                        [=](const std::string& arguments, const std::string&) {
                          if (dies)
                            throw std::runtime_error{"bad taste"};
                          static_cast<void>(self);
                          return doubled(arguments);
                        }};
                    });
                  })
           .input(any())
           .output(any())
           .retry({.backoff = {.first = 1ms}})
           .restart_backoff({.first = 1ms}));
  rt.add(agent{"calls", "1", calls});
  rt.start();
  CHECK(result(rt, args("n", 21)) == "42");
  CHECK(made == 2);
}

TEST_CASE_METHOD(program, "an actor that never answers times out",
                 "[runtime][caf]") {
  const auto mute = system.spawn([](caf::event_based_actor* self) {
    return caf::behavior{[self](const std::string&, const std::string&) {
      return self->make_response_promise<std::string>();
    }};
  });
  runtime rt{config{.in_memory = true, .host = &system}};
  rt.add(caf_tool("double", effect::read_only, mute)
           .input(any())
           .output(any())
           .timeout(10ms)
           .retry({.max_attempts = 1}));
  rt.add(agent{"calls", "1", calls});
  rt.start();
  CHECK_THAT(result(rt, args("n", 1)), ContainsSubstring("timeout"));
}

TEST_CASE_METHOD(program, "what cannot work with CAF is refused",
                 "[runtime][caf]") {
  runtime rt{config{.in_memory = true, .host = &system, .virtual_seed = 1}};
  CHECK_THROWS_AS(
    rt.add(caf_tool("double", effect::reconcilable, system.spawn(doubler))
             .input(any())
             .output(any())),
    error);
  CHECK_THROWS_AS(rt.start(), error);
}

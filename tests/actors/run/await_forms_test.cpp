// Each form that may stand inside a `co_await` expression. g++ 12 miscompiles
// others (braced lists, aggregates, capturing lambdas): the address sanitizer
// sees it here if one of these joins them.

#include "actors/run/run_world.hpp"
#include "support/catch.hpp"

using namespace stanchion;
using namespace stanchion::test;

namespace {

outcome echo(const call_request& x, std::uint32_t) {
  return parse_json(x.arguments);
}

const std::string long_text = "a text that is too long to be stored in place";

task<json> nested(agent_context& ctx, std::string text, value more) {
  auto x = co_await ctx.call("echo", args("text", text, "more", more));
  co_return x["text"].get();
}

task<json> forms(agent_context& ctx, value input) {
  // temporaries with owned memory, in and around calls
  auto a = co_await ctx.call("echo", args("text", long_text + input.dump()));
  auto b = co_await ctx.try_call(std::string("ec") + "ho",
                                 args("n", 1, "s", long_text, "d", 0.5));
  // a chain on the awaited result
  auto c = (co_await ctx.call("echo",
                              args("deep", args("x", long_text))))["deep"]["x"];
  // tasks with arguments by value
  auto d = co_await nested(ctx, long_text + "!", args("k", long_text));
  // scopes of temporaries
  auto [e, f, g] = co_await ctx.all(ctx.call("echo", args("i", long_text)),
                                    nested(ctx, long_text, value("z")),
                                    ctx.try_call("echo", args("j", 2)));
  auto won = co_await ctx.race(ctx.call("echo", args("r", long_text)),
                               nested(ctx, long_text + "?", value()));
  // a vector, moved in
  auto many = std::vector<task<json>>();
  for (auto i = 0; i < 3; ++i)
    many.push_back(nested(ctx, long_text + std::to_string(i), value(i)));
  auto h = co_await ctx.all(std::move(many), 2);
  // in conditions, arguments and loops
  if ((co_await ctx.call("echo", args("yes", true)))["yes"].as_bool())
    co_await ctx.sleep_for(1ms);
  for (auto i = 0; i < 2; ++i)
    co_await ctx.call("echo", args("i", i));
  co_return args("a", a["text"], "b", b.get()["s"], "c", c, "d", value(d), "e",
                 e["i"], "f", value(f), "g", g.ok(), "w", won.index(), "h",
                 value(h[2]));
}

} // namespace

TEST_CASE("every allowed await form keeps its temporaries alive",
          "[run][await]") {
  auto w = run_world{};
  w.tool("echo", effect::idempotent, echo);
  w.agent({"forms", "1", forms});
  const auto n = w.submit("forms", args("in", long_text));
  w.sim.advance(1s);
  const auto result = json::parse(w.result(n));
  CHECK(result["a"] == long_text + R"({"in":")" + long_text + R"("})");
  CHECK(result["c"] == long_text);
  CHECK(result["d"] == long_text + "!");
  CHECK(result["f"] == long_text);
  CHECK(result["h"] == long_text + "2");
}

TEST_CASE("steps are numbered as they start, whatever order a compiler "
          "evaluates arguments in",
          "[run][await]") {
  auto w = run_world{};
  w.tool("echo", effect::idempotent, echo);
  w.agent({"forms", "1", forms});
  const auto n = w.submit("forms", args());
  w.sim.advance(1s);
  auto paths = std::vector<std::string>{};
  for (const auto& r : w.store->read(n, 0))
    if (r.kind == record_kind::intent)
      paths.push_back(r.step);
  CHECK(paths
        == std::vector<std::string>{"1", "2", "3", "4", "5.1.1", "5.2.1",
                                    "5.3.1", "6.1.1", "6.2.1", "7.1.1", "7.2.1",
                                    "7.3.1", "8", "9", "10", "11"});
}

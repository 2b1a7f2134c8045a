#include "support/catch.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/id.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stanchion;

namespace {

const auto a_run = derived_uuid(7, 7);

/// A run without actors: keeps the journal, and the test decides what comes
/// back.
class script final : public engine_host {
public:
  using program = task<json> (*)(agent_context&, value);

  explicit script(program p) : program_(p) {
    append(record_kind::started, {}, bodies::started({"test", "1", args()}));
    restart();
  }

  /// Throws the frames away and replays the journal.
  void restart() {
    asked.clear();
    resumed.clear();
    engine_ = std::make_unique<engine>(*this, a_run, records.front().at);
    context_ = std::make_unique<agent_context>(*engine_);
    engine_->start(program_(*context_, args()), history{records});
  }

  void answer(const step_path& path, const outcome& x) {
    append(record_kind::outcome, path, bodies::outcome(x, false));
    engine_->deliver(path, x, records.back().at);
  }
  void fail(const step_path& path) {
    answer(path, failure{.kind = failure_kind::http_4xx,
                         .effect = side_effect::none,
                         .message = "no"});
  }

  std::string result() {
    if (!engine_->ended())
      return "waiting";
    if (engine_->thrown())
      return "threw";
    return engine_->take_result().dump();
  }
  engine& eng() {
    return *engine_;
  }

  void begin(step& s) override {
    asked.push_back(s.path + "=" + s.name);
    append(record_kind::intent, s.path, bodies::intent(s));
  }
  void resume(step& s) override {
    resumed.push_back(s.path);
  }
  void record_side_value(const step_path& path, std::string_view name,
                         const value& x) override {
    append(record_kind::side_value, path, bodies::side_value(name, x));
  }
  void record_patch(std::string_view id, bool taken) override {
    append(record_kind::patch, {}, bodies::patch(id, taken));
  }
  void abandoned(step& s) override {
    dropped.push_back(s.path);
  }
  void drifted(const step& s) override {
    drifts.push_back(s.path);
  }
  void say(event_kind, severity, std::string_view text) override {
    said.emplace_back(text);
  }

  std::vector<record> records;
  std::vector<std::string> asked;   // in the order they began
  std::vector<std::string> resumed; // open ones after a restart
  std::vector<std::string> dropped;
  std::vector<std::string> drifts;
  std::vector<std::string> said;
  program program_;

private:
  void append(record_kind kind, step_path path, std::string body) {
    const auto seq = static_cast<std::uint32_t>(records.size());
    records.push_back(
      {1, seq, kind, instant{} + seq * 1s, std::move(path), std::move(body)});
  }

  std::unique_ptr<agent_context> context_;
  std::unique_ptr<engine> engine_;
};

using texts = std::vector<std::string>;

task<json> two_calls(agent_context& ctx, value) {
  auto a = co_await ctx.call("a", args("x", 1));
  auto b = co_await ctx.call("b", args("y", a["n"]));
  co_return args("sum", a["n"].as_int() + b["n"].as_int());
}

task<json> add(agent_context& ctx, std::string tool, int n) {
  auto first = co_await ctx.call(tool, args("n", n));
  auto second = co_await ctx.call(tool, args("n", first["n"]));
  co_return second["n"].get();
}

task<json> both(agent_context& ctx, value) {
  auto [x, y] = co_await ctx.all(add(ctx, "left", 1), ctx.call("right"));
  co_return args("x", value{x}, "y", y["n"]);
}

task<json> many(agent_context& ctx, value) {
  auto calls = std::vector<call_operation>{};
  for (auto i = 0; i < 4; ++i)
    calls.push_back(ctx.call("t" + std::to_string(i)));
  auto results = co_await ctx.all(std::move(calls), 2);
  auto sum = std::int64_t{0};
  for (const auto& x : results)
    sum += x["n"].as_int();
  co_return args("sum", sum);
}

task<json> first_of(agent_context& ctx, value) {
  auto won = co_await ctx.race(ctx.call("quick"), add(ctx, "slow", 1),
                               ctx.sleep_for(5s));
  auto after = co_await ctx.call("after", args("winner", won.index()));
  co_return args("winner", won.index(), "n", won.get()["n"], "after",
                 after["n"]);
}

task<json> handles(agent_context& ctx, value) {
  auto tried = co_await ctx.try_call("shaky", args());
  auto fine = tried.ok();
  auto next = co_await ctx.call(fine ? "good" : "bad");
  co_return next.get();
}

task<json> chance(agent_context& ctx, value) {
  auto side = ctx.side_value("dice", [] { return 4; });
  auto before = ctx.random();
  auto id = ctx.uuid();
  ctx.log("thrown");
  auto a = co_await ctx.call("a");
  co_return args("side", side, "random", before, "more", ctx.random(), "id",
                 to_string(id), "now", to_micros(ctx.now()));
}

task<json> sleepy(agent_context& ctx, value) {
  co_await ctx.sleep_for(10s);
  co_await ctx.sleep_until(from_micros(3600000000));
  co_return json{};
}

task<json> old_code(agent_context& ctx, value) {
  co_await ctx.call("a");
  co_await ctx.call("z");
  co_return json{"old"};
}

task<json> new_code(agent_context& ctx, value) {
  co_await ctx.call("a");
  if (ctx.patched("use-b"))
    co_await ctx.call("b");
  co_await ctx.call("z");
  co_return json{"new"};
}

outcome number(int n) {
  return outcome{args("n", n)};
}

} // namespace

TEST_CASE("steps are asked for one after the other and numbered",
          "[run][engine]") {
  auto run = script{two_calls};
  CHECK(run.asked == texts{"1=a"});
  run.answer("1", number(20));
  CHECK(run.asked == texts{"1=a", "2=b"});
  run.answer("2", number(22));
  CHECK(run.result() == R"({"sum":42})");
}

TEST_CASE("a replay at any cut of the journal ends the same", "[run][engine]") {
  auto reference = script{two_calls};
  reference.answer("1", number(20));
  reference.answer("2", number(22));
  const auto whole = reference.records;
  for (auto n = std::size_t{1}; n <= whole.size(); ++n) {
    auto run = script{two_calls};
    run.records.assign(whole.begin(),
                       whole.begin() + static_cast<std::ptrdiff_t>(n));
    run.restart();
    CHECK_FALSE(run.eng().diverged());
    for (const auto* path : {"1", "2"})
      if (run.eng().find(path) != nullptr)
        run.answer(path, number(path[0] == '1' ? 20 : 22));
    CHECK(run.result() == R"({"sum":42})");
  }
}

TEST_CASE("a replay delivers recorded outcomes and resumes the open step",
          "[run][engine]") {
  auto run = script{two_calls};
  run.answer("1", number(20));
  run.restart();
  CHECK(run.asked.empty());
  CHECK(run.resumed == texts{"2"});
  run.answer("2", number(1));
  CHECK(run.result() == R"({"sum":21})");
}

TEST_CASE("branches of a scope number their steps by path, not by time",
          "[run][engine]") {
  auto run = script{both};
  CHECK(run.asked == texts{"1.1.1=left", "1.2.1=right"});
  run.answer("1.2.1", number(9));
  run.answer("1.1.1", number(2));
  CHECK(run.asked.back() == "1.1.2=left");
  run.answer("1.1.2", number(3));
  CHECK(run.result() == R"({"x":3,"y":9})");
}

TEST_CASE("a replay of a scope follows the journal's order", "[run][engine]") {
  auto run = script{both};
  run.answer("1.2.1", number(9));
  run.answer("1.1.1", number(2));
  run.restart();
  CHECK_FALSE(run.eng().diverged());
  CHECK(run.resumed == texts{"1.1.2"});
  run.answer("1.1.2", number(3));
  CHECK(run.result() == R"({"x":3,"y":9})");
}

TEST_CASE("all with a limit starts the next when one is done",
          "[run][engine]") {
  auto run = script{many};
  CHECK(run.asked == texts{"1.1.1=t0", "1.2.1=t1"});
  run.answer("1.2.1", number(1));
  CHECK(run.asked.back() == "1.3.1=t2");
  run.answer("1.1.1", number(1));
  run.answer("1.3.1", number(1));
  run.answer("1.4.1", number(1));
  CHECK(run.result() == R"({"sum":4})");
}

TEST_CASE("when one branch of all fails no other starts a further step",
          "[run][engine]") {
  auto run = script{both};
  run.fail("1.2.1");
  CHECK(run.result() == "threw");
  CHECK(run.dropped == texts{"1.1.1"});
  run.answer("1.1.1", number(2)); // its open attempt is still recorded
  CHECK(run.asked == texts{"1.1.1=left", "1.2.1=right"});
  run.restart();
  CHECK_FALSE(run.eng().diverged());
  CHECK(run.result() == "threw");
}

TEST_CASE("the first to be delivered wins a race, in replay too",
          "[run][engine]") {
  auto run = script{first_of};
  CHECK(run.asked == texts{"1.1.1=quick", "1.2.1=slow", "1.3.1="});
  run.answer("1.2.1", number(1));
  run.answer("1.1.1", number(5));
  CHECK(run.asked.back() == "2=after");
  CHECK(run.dropped == texts{"1.2.2", "1.3.1"});
  run.answer("1.2.2", number(8)); // late, recorded, delivered to nobody
  run.restart();
  CHECK_FALSE(run.eng().diverged());
  CHECK(run.eng().find("2") != nullptr);
  run.answer("2", number(3));
  CHECK(run.result() == R"({"after":3,"n":5,"winner":0})");
}

TEST_CASE("a failed call can be handled without exceptions", "[run][engine]") {
  auto run = script{handles};
  run.fail("1");
  CHECK(run.asked.back() == "2=bad");
  run.answer("2", number(1));
  CHECK(run.result() == R"({"n":1})");
}

TEST_CASE("an unhandled failure comes out of the program", "[run][engine]") {
  auto run = script{two_calls};
  run.fail("1");
  REQUIRE(run.result() == "threw");
  CHECK_THROWS_AS(std::rethrow_exception(run.eng().thrown()), step_error);
  CHECK(run.eng().last_delivered() == "1");
}

TEST_CASE("chance, time and side values are the same in a replay",
          "[run][engine]") {
  auto run = script{chance};
  run.answer("2", number(1));
  const auto first = run.result();
  run.restart();
  CHECK(run.result() == first);
  CHECK(run.said == texts{"thrown"});
}

TEST_CASE("a timer keeps its instant through a replay", "[run][engine]") {
  auto run = script{sleepy};
  const auto due = run.eng().find("1")->due;
  CHECK(due == run.records.front().at + 10s);
  run.restart();
  CHECK(run.eng().find("1")->due == due);
}

TEST_CASE("a program that asks for another tool is shown both steps",
          "[run][engine]") {
  auto run = script{two_calls};
  run.answer("1", number(1));
  run.program_ = old_code;
  run.restart();
  REQUIRE(run.eng().diverged());
  CHECK(run.eng().diverged()->path == "1");
  CHECK(run.eng().diverged()->recorded == R"(call a {"x":1})");
  CHECK(run.eng().diverged()->requested == "call a {}");
  CHECK(run.asked.empty());
}

TEST_CASE("a program that asks for less than the journal holds diverges",
          "[run][engine]") {
  auto run = script{old_code};
  run.answer("1", number(1));
  run.program_ = [](agent_context& ctx, value) -> task<json> {
    co_await ctx.call("a");
    co_return json{};
  };
  run.restart();
  REQUIRE(run.eng().diverged());
  CHECK(run.eng().diverged()->requested == "nothing");
}

TEST_CASE("a program that asks for more before a recorded outcome diverges",
          "[run][engine]") {
  auto run = script{old_code};
  run.answer("1", number(1));
  run.answer("2", number(1));
  run.program_ = [](agent_context& ctx, value) -> task<json> {
    co_await ctx.call("a");
    co_await ctx.all(ctx.call("x"), ctx.call("y"));
    co_await ctx.call("z");
    co_return json{};
  };
  run.restart();
  REQUIRE(run.eng().diverged());
  CHECK(run.eng().diverged()->recorded == "nothing");
}

TEST_CASE("patched keeps old runs on the old branch and new ones on the new",
          "[run][engine]") {
  SECTION("a run that passed before the change stays") {
    auto run = script{old_code};
    run.answer("1", number(1));
    run.program_ = new_code;
    run.restart();
    CHECK_FALSE(run.eng().diverged());
    run.answer("2", number(1));
    CHECK(run.result() == R"(["new"])");
    CHECK(run.asked.empty());
  }
  SECTION("a run that has not come there takes the new branch for good") {
    auto run = script{old_code};
    run.program_ = new_code;
    run.restart();
    run.answer("1", number(1));
    CHECK(run.asked.back() == "2=b");
    run.restart();
    CHECK_FALSE(run.eng().diverged());
    CHECK(run.resumed == texts{"2"});
  }
}

TEST_CASE("drifted arguments of a finished read-only step keep the recorded "
          "value",
          "[run][engine]") {
  auto run = script{two_calls};
  run.answer("1", number(20));
  auto& intent = run.records[1].body;
  intent.insert(intent.size() - 1, R"(,"effect":"read_only")");
  const auto at = intent.find(R"("x":1)");
  intent.replace(at, 5, R"("x":7)");
  run.restart();
  CHECK_FALSE(run.eng().diverged());
  CHECK(run.drifts == texts{"1"});
}

TEST_CASE("freezing destroys the program and keeps open steps listed",
          "[run][engine]") {
  auto run = script{both};
  run.eng().freeze();
  CHECK(run.eng().open().size() == 2);
  run.answer("1.1.1", number(1));
  CHECK(run.eng().open().size() == 1);
  CHECK(run.asked.size() == 2);
}

TEST_CASE("a million synchronous children need no stack", "[run][engine]") {
  auto run = script{[](agent_context& ctx, value) -> task<json> {
    auto sum = std::int64_t{0};
    for (auto i = 0; i < 1'000'000; ++i) {
      auto one = [](agent_context&) -> task<json> { co_return json(1); }(ctx);
      auto x = co_await std::move(one);
      sum += x.get<std::int64_t>();
    }
    co_return json(sum);
  }};
  CHECK(run.result() == "1000000");
}

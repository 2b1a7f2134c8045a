#include "support/catch.hpp"

#include <stanchion/actors/run/operation.hpp>
#include <stanchion/actors/tool/inline_executor.hpp>
#include <stanchion/actors/tool/thread_pool.hpp>
#include <stanchion/actors/tool/tool_actor.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <future>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <vector>

using namespace stanchion;
using fabric::down;
using fabric::envelope;
using fabric::message;
using fabric::reply;

namespace {

/// Sends one job and keeps all it hears.
class asker final : public fabric::actor {
public:
  struct heard {
    std::vector<reply> replies;
    std::vector<down> downs;
    std::function<void()> on_reply;
  };

  asker(fabric::actor_ref tool, tool_job job, heard& to)
    : tool_(std::move(tool)), job_(std::move(job)), heard_(&to) {
    // nop
  }
  std::string name() const override {
    return "asker";
  }

protected:
  void start() override {
    monitor(tool_);
    request(tool_, message::of(std::move(job_)), [this](reply& r) {
      heard_->replies.push_back(r);
      if (heard_->on_reply)
        heard_->on_reply();
    });
  }
  void receive(envelope&) override {
    // nop
  }
  void on_down(const down& d) override {
    heard_->downs.push_back(d);
  }

private:
  fabric::actor_ref tool_;
  tool_job job_;
  heard* heard_;
};

class event_list final : public event_sink {
public:
  void publish(event x) override {
    const std::lock_guard lock{mutex_};
    events.push_back(std::move(x));
  }
  std::vector<event> events;

private:
  std::mutex mutex_;
};

struct fixture {
  asker::heard heard;
  tool_options options{.name = "t", .run_inline = true};
  tool_job job{.key = "01890a5d-ac96-774b-bcce-b302099a8057/5.2.1/0",
               .attempt = 2,
               .arguments = args("x", 7)};
  fabric::system sys{fabric::system_options{.virtual_seed = 1}};
  fabric::simulation sim{sys};
  fabric::actor_ref tool;
  std::vector<fabric::actor_ref> askers;

  void ask() {
    if (!tool)
      tool = sys.spawn(
        make_tool_actor(std::make_shared<const tool_options>(options)));
    askers.push_back(sys.spawn(std::make_unique<asker>(tool, job, heard)));
    sim.run();
  }
  const outcome& answer() {
    REQUIRE(heard.replies.size() == 1);
    REQUIRE(heard.replies[0].how == reply::status::answered);
    return heard.replies[0].body.as<tool_answer>()->result;
  }
  std::string refusal() {
    try {
      static_cast<void>(
        make_tool_actor(std::make_shared<const tool_options>(options)));
    } catch (const error& e) {
      CHECK(e.code() == error_code::invalid_spec);
      return e.what();
    }
    return {};
  }
};

/// Where a function runs.
enum class place { on_actor, on_pool, as_coroutine };

void put(tool_options& to, place where, tool_function fn) {
  to.run_inline = where == place::on_actor;
  if (where == place::on_pool)
    to.pool = std::make_shared<inline_executor>();
  if (where == place::as_coroutine)
    to.coroutine = [fn](tool_context& ctx, value x) -> task<json> {
      return [](tool_function f, tool_context& c, value v) -> task<json> {
        co_await c.sleep_for(1s);
        co_return f(v, c);
      }(fn, ctx, std::move(x));
    };
  else
    to.function = std::move(fn);
}

} // namespace

TEST_CASE_METHOD(fixture, "a tool's answer comes back wherever it runs",
                 "[actors][tool]") {
  auto where = GENERATE(place::on_actor, place::on_pool, place::as_coroutine);
  job.deadline = from_micros(77);
  put(options, where, [](const value& x, tool_context& ctx) -> json {
    return {{"double", 2 * x["x"].as_int()},
            {"key", ctx.key},
            {"attempt", ctx.attempt},
            {"tool", ctx.tool},
            {"deadline", to_micros(ctx.deadline)}};
  });
  ask();
  sim.advance(2s);
  CHECK(answer().get()
        == json({{"double", 14},
                 {"key", job.key},
                 {"attempt", 2},
                 {"tool", "t"},
                 {"deadline", 77}}));
  CHECK(answer().get().source() == "primary");
}

TEST_CASE_METHOD(fixture, "a tool_error is an answer, and the tool lives on",
                 "[actors][tool]") {
  auto where = GENERATE(place::on_actor, place::on_pool, place::as_coroutine);
  put(options, where, [](const value&, tool_context&) -> json {
    throw tool_error{failure_kind::not_found, side_effect::none, "no order 7"};
  });
  ask();
  sim.advance(2s);
  CHECK(answer().why().kind == failure_kind::not_found);
  CHECK(answer().why().effect == side_effect::none);
  CHECK(answer().why().message == "no order 7");
  CHECK(heard.downs.empty());
}

TEST_CASE_METHOD(fixture,
                 "whatever else is thrown ends the tool, with its text",
                 "[actors][tool]") {
  auto where = GENERATE(place::on_actor, place::on_pool, place::as_coroutine);
  auto [is_std, text] = GENERATE(table<bool, const char*>({
    {true, "bad luck"},
    {false, "an object that is not a std::exception was thrown"},
  }));
  put(options, where,
      [std_thrown = is_std](const value&, tool_context&) -> json {
        if (std_thrown)
          throw std::runtime_error{"bad luck"};
        throw 7; // NOLINT(hicpp-exception-baseclass): what a user may do
      });
  ask();
  sim.advance(2s);
  REQUIRE(heard.replies.size() == 1);
  CHECK(heard.replies[0].how == reply::status::died);
  CHECK(heard.replies[0].text == text);
  REQUIRE(heard.downs.size() == 1);
  CHECK(heard.downs[0].kind == fabric::exit_kind::failed);
  CHECK(heard.downs[0].text == text);
}

TEST_CASE_METHOD(fixture, "an answer that cannot be journaled is malformed",
                 "[actors][tool]") {
  auto nested = json{};
  for (auto i = 0; i < 100; ++i)
    nested = json::array({nested});
  auto bad = GENERATE_COPY(json(std::numeric_limits<double>::quiet_NaN()),
                           json("\xff"), nested,
                           json(std::string(defaults::json_bytes, 'x')));
  options.function = [bad](const value&, tool_context&) { return bad; };
  ask();
  CHECK(answer().why().kind == failure_kind::malformed_output);
  CHECK(answer().why().effect == side_effect::unknown);
  CHECK(heard.downs.empty());
}

TEST_CASE_METHOD(fixture, "reconcile is asked by key", "[actors][tool]") {
  options.function = [](const value&, tool_context&) -> json { return 1; };
  options.reconcile
    = [](const std::string& key) { return outcome{args("done", key)}; };
  if (GENERATE(true, false)) {
    options.run_inline = false;
    options.pool = std::make_shared<inline_executor>();
  }
  job.reconcile = true;
  ask();
  CHECK(answer().get()["done"] == job.key);
}

TEST_CASE_METHOD(fixture,
                 "only what reconcile returns can mean that it did "
                 "not happen",
                 "[actors][tool]") {
  auto [throws, effect] = GENERATE(table<bool, side_effect>({
    {true, side_effect::unknown},
    {false, side_effect::none},
  }));
  options.function = [](const value&, tool_context&) -> json { return 1; };
  options.reconcile = [does = throws](const std::string&) -> outcome {
    auto why
      = failure{.kind = failure_kind::network, .effect = side_effect::none};
    if (does)
      throw tool_error{why};
    return why;
  };
  job.reconcile = true;
  ask();
  CHECK(answer().why().effect == effect);
}

TEST_CASE_METHOD(fixture, "coroutine tools wait without holding each other up",
                 "[actors][tool]") {
  const auto before = sys.clock().now();
  put(options, place::as_coroutine,
      [](const value&, tool_context&) -> json { return "slept"; });
  for (auto i = 0; i < 10; ++i)
    ask();
  sim.advance(999ms);
  CHECK(heard.replies.empty());
  sim.advance(1ms);
  CHECK(heard.replies.size() == 10);
  CHECK(sys.clock().now() - before == 1s);
}

TEST_CASE_METHOD(fixture, "a coroutine tool that ends destroys its frames",
                 "[actors][tool]") {
  auto held = std::make_shared<int>(1);
  options.coroutine = [held](tool_context& ctx, value) -> task<json> {
    return [](std::shared_ptr<int> local, tool_context& c) -> task<json> {
      co_await c.sleep_for(1h);
      co_return *local;
    }(held, ctx);
  };
  ask();
  CHECK(held.use_count() > 2);
  options.coroutine = nullptr;
  sys.kill(tool);
  sim.run();
  CHECK(held.use_count() == 1);
}

TEST_CASE_METHOD(fixture, "a full pool refuses, provably without effect",
                 "[actors][tool]") {
  class full final : public executor {
    bool submit(std::function<void()>) override {
      return false;
    }
    void replace_hung_worker(std::thread::id) override {
      // nop
    }
    std::size_t queued() const override {
      return 0;
    }
  };
  options.run_inline = false;
  options.pool = std::make_shared<full>();
  options.function = [](const value&, tool_context&) -> json { return 1; };
  ask();
  CHECK(answer().why().kind == failure_kind::bulkhead_full);
  CHECK(answer().why().effect == side_effect::not_started);
}

TEST_CASE_METHOD(fixture, "a pooled job nobody waits for is never started",
                 "[actors][tool]") {
  auto stop = std::stop_source{};
  stop.request_stop();
  job.stop = stop.get_token();
  auto calls = 0;
  put(options, place::on_pool,
      [&](const value&, tool_context&) -> json { return ++calls; });
  ask();
  CHECK(answer().why().effect == side_effect::not_started);
  CHECK(calls == 0);
}

TEST_CASE_METHOD(fixture, "a pooled job that was called off is never started",
                 "[actors][tool]") {
  job.where = std::make_shared<worker_mark>();
  CHECK(job.where->call_off());
  auto calls = 0;
  put(options, place::on_pool,
      [&](const value&, tool_context&) -> json { return ++calls; });
  ask();
  CHECK(answer().why().effect == side_effect::not_started);
  CHECK(calls == 0);
}

TEST_CASE_METHOD(fixture, "the mark names the thread inside the function",
                 "[actors][tool]") {
  job.where = std::make_shared<worker_mark>();
  auto inside = std::thread::id{};
  put(options, place::on_pool,
      [&, mark = job.where](const value&, tool_context&) -> json {
        inside = mark->inside();
        return 1;
      });
  ask();
  CHECK(inside == std::this_thread::get_id());
  CHECK(job.where->inside() == std::thread::id{});
  CHECK_FALSE(job.where->call_off());
}

TEST_CASE_METHOD(fixture, "log lines name run, step and tool",
                 "[actors][tool]") {
  auto events = std::make_shared<event_list>();
  options.sink = events;
  options.function = [](const value&, tool_context& ctx) -> json {
    ctx.log(severity::warning, "half way");
    ctx.progress("50 %");
    return 1;
  };
  ask();
  REQUIRE(events->events.size() == 2);
  const auto& x = events->events[0];
  CHECK(x.kind == event_kind::run_log);
  CHECK(x.severity == severity::warning);
  CHECK(x.subject == "t");
  CHECK(x.step == "5.2.1");
  CHECK(to_string(x.run) == "01890a5d-ac96-774b-bcce-b302099a8057");
  CHECK(x.at == sys.clock().now());
  CHECK(json::parse(x.fields)["text"] == "half way");
  CHECK(events->events[1].kind == event_kind::run_progress);
}

TEST_CASE_METHOD(fixture, "options that do not go together are refused",
                 "[actors][tool]") {
  CHECK_THAT(refusal(), ContainsSubstring("function or a coroutine"));
  options.function = [](const value&, tool_context&) -> json { return 1; };
  CHECK(refusal().empty());
  options.run_inline = false;
  CHECK_THAT(refusal(), ContainsSubstring("pool"));
  options.pool = std::make_shared<inline_executor>();
  CHECK(refusal().empty());
}

TEST_CASE("answers come back from real threads", "[actors][tool]") {
  auto heard = asker::heard{};
  auto done = std::promise<void>{};
  auto left = std::atomic<int>{100};
  heard.on_reply = [&] {
    if (--left == 0)
      done.set_value();
  };
  auto pool = std::make_shared<thread_pool>(thread_pool_options{.threads = 2});
  auto sys = fabric::system{fabric::system_options{.threads = 1}};
  auto tool = sys.spawn(make_tool_actor(std::make_shared<const tool_options>(
    tool_options{.name = "t",
                 .function = [](const value& x, tool_context&) -> json {
                   return x["x"].as_int();
                 },
                 .pool = pool})));
  auto askers = std::vector<fabric::actor_ref>{};
  for (auto i = 0; i < 100; ++i)
    askers.push_back(sys.spawn(std::make_unique<asker>(
      tool, tool_job{.key = "k", .arguments = args("x", i)}, heard)));
  done.get_future().wait();
  REQUIRE(heard.replies.size() == 100);
  auto sum = std::int64_t{0};
  for (const auto& r : heard.replies)
    sum += r.body.as<tool_answer>()->result.get().as_int();
  CHECK(sum == 4950);
  CHECK(sys.shutdown(5s));
}

TEST_CASE("a function that outlives its system harms nobody",
          "[actors][tool]") {
  auto entered = std::promise<void>{};
  auto leave = std::promise<void>{};
  auto heard = asker::heard{};
  auto pool = thread_pool{{.threads = 1}};
  auto shared = std::shared_ptr<executor>{&pool, [](executor*) {}};
  {
    auto sys = fabric::system{fabric::system_options{.threads = 1}};
    auto tool = sys.spawn(make_tool_actor(std::make_shared<const tool_options>(
      tool_options{.name = "t",
                   .function = [&](const value&, tool_context&) -> json {
                     entered.set_value();
                     leave.get_future().wait();
                     return 1;
                   },
                   .pool = shared})));
    const auto one
      = sys.spawn(std::make_unique<asker>(tool, tool_job{}, heard));
    entered.get_future().wait();
    CHECK(sys.shutdown(5s));
  }
  leave.set_value();
  CHECK(pool.close(10s) == 0);
}

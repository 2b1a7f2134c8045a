#include "support/command.hpp"

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/parts.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/stanchion.hpp>

#include <poll.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>

using namespace stanchion;
using namespace stanchion::test;

namespace {

json echo(const value& x, tool_context&) {
  return x.get();
}

json refuses(const value&, tool_context&) {
  throw tool_error{failure_kind::http_4xx, side_effect::none, "out of stock"};
}

/// Longer than anybody stays.
json hangs(const value&, tool_context&) {
  poll(nullptr, 0, 600'000);
  return nullptr;
}

task<json> calls(agent_context& ctx, value input) {
  auto x = co_await ctx.call(input["tool"].as_string(), input);
  co_return x.get();
}

task<json> naps(agent_context& ctx, value input) {
  co_await ctx.sleep_for(std::chrono::milliseconds(input["ms"].as_int()));
  co_return json("rested");
}

void setup(runtime& rt) {
  const auto retry = retry_options{.max_attempts = 1};
  rt.add(tool{"echo", effect::idempotent, echo}.input(any()).output(any()));
  rt.add(tool{"refuses", effect::idempotent, refuses}
           .input(any())
           .output(any())
           .retry(retry));
  rt.add(tool{"hangs", effect::once, hangs}.input(any()).output(any()));
  rt.add(agent{"calls", "1", calls});
  rt.add(agent{"asks", "1", asks});
  rt.add(agent{"naps", "1", naps});
}

struct fixture {
  command_end run(const words& xs, const std::string& input = {}) const {
    return command{dir.path(), xs, setup, input}.wait();
  }

  /// The first line of what a command prints.
  std::string first(words xs) const {
    xs.insert(xs.end(), {"-o", "ids"});
    const auto out = run(xs).out;
    return out.substr(0, out.find('\n'));
  }

  /// A command that drives a run, once it answers others and has begun it.
  std::unique_ptr<command> owner(const words& xs) const {
    auto x = std::make_unique<command>(dir.path(), xs, setup);
    REQUIRE(eventually([&] {
      return run({"tree"}).code == 0
             && !run({"run", "list", "-o", "ids"}).out.empty();
    }));
    return x;
  }

  std::size_t runs_in_state(const std::string& state) const {
    const auto out = run({"run", "list", "--state", state, "-o", "ids"}).out;
    return static_cast<std::size_t>(std::count(out.begin(), out.end(), '\n'));
  }

  temporary_dir dir;
};

const auto long_nap
  = words{"run", "start", "naps", "--input", R"({"ms":60000})"};

} // namespace

TEST_CASE_METHOD(fixture, "a run's end is the command's", "[scenarios][cli]") {
  const auto [input, code, out, err]
    = GENERATE(table<std::string, int, std::string, std::string>({
      {R"({"tool":"echo"})", 0, "{\"tool\":\"echo\"}\n", "completed after"},
      {R"({"tool":7})", 1, "", "failed: "},
      {R"({"tool":"refuses"})", 7, "", "ticket decide T-"},
    }));
  const auto end = run({"run", "start", "calls", "--input", input});
  CHECK(end.code == code);
  CHECK(end.out == out);
  CHECK_THAT(end.err, ContainsSubstring(err));
}

TEST_CASE_METHOD(fixture, "other processes work with the one that drives",
                 "[scenarios][cli]") {
  const auto driving = owner(long_nap);
  const auto nap = first({"run", "list"});
  CHECK(run({"run", "start", "calls", "--input", "-"}, R"({"tool":"echo"})").out
        == "{\"tool\":\"echo\"}\n");
  CHECK(run({"run", "start", "asks"}).code == 7);
  const auto ticket = first({"ticket", "list"});
  const auto answer
    = words{"ticket", "decide", ticket, "answer", "--payload", "[1]"};
  CHECK(run(answer).code == 0);
  CHECK(run(answer).code == 0);
  const auto late = run({"ticket", "decide", ticket, "abort", "--by", "bob"});
  CHECK(late.code == 5);
  CHECK_THAT(late.err, ContainsSubstring("said answer"));
  CHECK(eventually([&] { return runs_in_state("completed") == 2; }));
  CHECK(run({"run", "start", "nobody"}).code == 4);
  CHECK(run({"run", "cancel", nap}).code == 0);
  const auto end = driving->wait();
  CHECK(end.code == 1);
  CHECK_THAT(end.err, ContainsSubstring("cancelled: "));
  CHECK_FALSE(exists(data_dir{dir.path()}.socket()));
}

TEST_CASE_METHOD(fixture, "a command that waits outlives the owner",
                 "[scenarios][cli]") {
  const auto how = GENERATE(SIGKILL, SIGINT);
  const auto driving = owner(long_nap);
  auto second = command{
    dir.path(), {"run", "start", "naps", "--input", R"({"ms":300})"}, setup};
  REQUIRE(eventually([&] { return runs_in_state("waiting") == 2; }));
  driving->signal(how);
  CHECK(driving->wait().code == (how == SIGKILL ? 128 + SIGKILL : 130));
  const auto end = second.wait();
  CHECK(end.code == 0);
  CHECK(end.out == "\"rested\"\n");
  CHECK(runs_in_state("waiting") == 1);
}

TEST_CASE_METHOD(fixture, "an interrupted run goes on with run resume",
                 "[scenarios][cli]") {
  const auto driving
    = owner({"run", "start", "naps", "--input", R"({"ms":1500})"});
  REQUIRE(eventually([&] { return runs_in_state("waiting") == 1; }));
  driving->signal(SIGTERM);
  const auto end = driving->wait();
  CHECK(end.code == 130);
  CHECK_THAT(end.err, ContainsSubstring("run resume "));
  CHECK(runs_in_state("waiting") == 1);
  CHECK(run({"run", "resume", first({"run", "list"})}).out == "\"rested\"\n");
}

TEST_CASE_METHOD(fixture, "an interrupt is one, however early it comes",
                 "[scenarios][cli]") {
  for (auto i = 0; i < 10; ++i) {
    const auto driving
      = owner({"run", "start", "naps", "--input", R"({"ms":1500})"});
    driving->signal(SIGTERM);
    CHECK(driving->wait().code == 130);
  }
}

TEST_CASE_METHOD(fixture, "a second signal ends the process at once",
                 "[scenarios][cli]") {
  const auto driving
    = owner({"run", "start", "calls", "--input", R"({"tool":"hangs"})"});
  const auto attempted = [&] {
    return run({"journal", "dump"}).out.find(R"("attempt")")
           != std::string::npos;
  };
  REQUIRE(eventually(attempted));
  driving->signal(SIGINT);
  REQUIRE(eventually([&] { return run({"tree"}).code != 0; }));
  driving->signal(SIGINT);
  CHECK(driving->wait(5s).code == 130);
}

TEST_CASE_METHOD(fixture, "a run that takes too long is left alone",
                 "[scenarios][cli]") {
  auto words = long_nap;
  words.insert(words.end(), {"--timeout", "200ms"});
  CHECK(run(words).code == 124);
  CHECK(runs_in_state("waiting") == 1);
}

TEST_CASE_METHOD(fixture, "decisions without an owner wait for one",
                 "[scenarios][cli]") {
  REQUIRE(run({"run", "start", "asks"}).code == 7);
  const auto id = first({"run", "list"});
  const auto said = run({"ticket", "decide", first({"ticket", "list"}),
                         "answer", "--payload", "7"});
  CHECK(said.code == 0);
  CHECK_THAT(said.err, ContainsSubstring("run resume " + id));
  CHECK(runs_in_state("parked") == 1);
  CHECK(run({"run", "resume", id}).out == "7\n");
}

TEST_CASE_METHOD(fixture, "a cancellation without an owner waits for one",
                 "[scenarios][cli]") {
  auto words = long_nap;
  words.emplace_back("--no-wait");
  REQUIRE(run(words).code == 0);
  const auto id = first({"run", "list"});
  CHECK(run({"run", "cancel", id, "--reason", "wrong"}).code == 0);
  CHECK(runs_in_state("waiting") == 1);
  const auto end = run({"run", "resume", id});
  CHECK(end.code == 1);
  CHECK_THAT(end.err, ContainsSubstring("cancelled: wrong"));
}

TEST_CASE_METHOD(fixture, "retry takes ids from another command",
                 "[scenarios][cli]") {
  const auto start
    = words{"run", "start", "calls", "--input", R"({"tool":"refuses"})"};
  REQUIRE(run(start).code == 7);
  REQUIRE(run(start).code == 7);
  const auto ids = run({"run", "list", "--state", "parked", "-o", "ids"}).out;
  const auto end = run({"run", "retry", "-"}, ids);
  CHECK(end.code == 7); // it still is out of stock
  CHECK(runs_in_state("parked") == 2);
  const auto unknown = std::string{"01234567-89ab-7def-8123-456789abcdef "};
  const auto decide = words{"run", "retry", "-", "--no-wait"};
  CHECK(run(decide, unknown + ids).code == 6);
  CHECK(run(decide, ids).code == 5); // decided already
  CHECK(run(decide, unknown).code == 4);
  CHECK(run(decide, "").code == 2);
}

TEST_CASE_METHOD(fixture, "a data directory that cannot be used is explained",
                 "[scenarios][cli]") {
  REQUIRE(run({"run", "start", "calls", "--input", R"({"tool":"echo"})"}).code
          == 0);
  const auto [kind, code, says]
    = GENERATE(table<std::string, int, std::string>({
      {"in use", 5, "E-STORE-001"},
      {"forbidden", 1, "E-STORE-002"},
      {"newer", 1, "E-STORE-004"},
      {"garbage", 1, "E-STORE-005"},
    }));
  const auto files = data_dir{dir.path()};
  auto lock = std::optional<data_dir_lock>{};
  auto user = std::function<void(runtime&)>{setup};
  if (kind == "in use")
    lock.emplace(files, lock_purpose::drive);
  if (kind == "forbidden") {
    constexpr auto nobody = 65'534;
    if (geteuid() == 0)
      user = [](runtime& rt) {
        if (seteuid(nobody) != 0)
          throw std::runtime_error{"seteuid failed"};
        setup(rt);
      };
    else
      permissions(files.database(), std::filesystem::perms::none);
  }
  if (kind == "newer") {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(files.database().c_str(), &db) == SQLITE_OK);
    CHECK(
      sqlite3_exec(db, "PRAGMA user_version = 999", nullptr, nullptr, nullptr)
      == SQLITE_OK);
    sqlite3_close(db);
  }
  if (kind == "garbage")
    std::ofstream{files.database()} << "no journal";
  const auto end
    = command{dir.path(),
              {"run", "start", "calls", "--input", R"({"tool":"echo"})"},
              user}
        .wait();
  CHECK(end.code == code);
  CHECK_THAT(end.err, ContainsSubstring(says));
  CHECK(end.out.empty());
}

TEST_CASE_METHOD(fixture, "a program without agents says what is missing",
                 "[scenarios][cli]") {
  const auto end
    = command{dir.path(), {"run", "start", "greet"}, nullptr}.wait();
  CHECK(end.code == 4);
  CHECK_THAT(end.err, ContainsSubstring("E-RUN-001")
                        && ContainsSubstring("command_line()"));
  CHECK(is_empty(dir.path()));
}

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

#include <stanchion/actors/mcp/client.hpp>
#include <stanchion/actors/mcp/stdio_transport.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>

using namespace stanchion;

namespace {

using words = std::vector<std::string>;

bool is_alive(pid_t x) {
  auto from = std::ifstream{"/proc/" + std::to_string(x) + "/stat"};
  auto line = std::string{};
  return std::getline(from, line) && line.find(") Z ") == std::string::npos;
}

/// A client of the scripted server.
struct connected {
  explicit connected(words how = {}, mcp_stdio_options options = {}) {
    if (options.process.argv.empty()) {
      how.insert(how.begin(), test::program("scripted_mcp_server").string());
      how.insert(how.end(), {"--log", log()});
      options.process.argv = std::move(how);
    }
    client = std::make_unique<mcp_client>(
      loop,
      mcp_client_options{
        .session = {.probe_timeout = 20s, .late_answers = 100ms},
        .connect =
          [options](poll_loop& on, mcp_transport_listener to) {
            return make_stdio_transport(options, on, std::move(to));
          }},
      mcp_client_listener{.on_listed =
                            [this](const mcp_listing& x) {
                              const std::lock_guard guard{mutex};
                              lists.push_back(x);
                            },
                          .on_lost
                          = [this](const std::string& x) { lost.set_value(x); },
                          .on_note =
                            [this](severity, const std::string& x) {
                              const std::lock_guard guard{mutex};
                              notes += x + "\n";
                            }});
  }
  connected(const connected&) = delete;
  connected& operator=(const connected&) = delete;
  ~connected() {
    client.reset();
    loop.reset(); // what it calls ends before what it uses
  }

  [[nodiscard]] std::string log() const {
    return (dir.path() / "log").string();
  }
  [[nodiscard]] pid_t pid() const {
    auto from = std::ifstream{log()};
    auto word = std::string{};
    auto number = pid_t{0};
    from >> word >> number;
    return number;
  }
  [[nodiscard]] std::size_t listed() {
    const std::lock_guard guard{mutex};
    return lists.size();
  }
  void await_list(std::size_t n = 1) {
    REQUIRE(test::eventually([&] { return listed() >= n; }));
  }
  std::future<outcome> call(const std::string& tool, const value& with = args(),
                            bool structured = false) {
    auto to = std::make_shared<std::promise<outcome>>();
    auto end = to->get_future();
    last = client->call(
      {.tool = tool, .arguments = with, .structured = structured},
      {.on_end = [to](outcome x) { to->set_value(std::move(x)); },
       .on_progress = [this] { ++progress; }});
    return end;
  }
  bool has_note(const std::string& x) {
    return test::eventually([&] {
      const std::lock_guard guard{mutex};
      return notes.find(x) != std::string::npos;
    });
  }

  test::temporary_dir dir;
  std::mutex mutex;
  std::vector<mcp_listing> lists; // guarded by mutex
  std::string notes;              // guarded by mutex
  std::atomic<int> progress = 0;
  std::promise<std::string> lost;
  mcp_call_id last = 0;
  std::shared_ptr<poll_loop> loop = std::make_shared<poll_loop>();
  std::unique_ptr<mcp_client> client;
};

} // namespace

TEST_CASE("a program's tools are listed and called in both eras",
          "[actors][mcp]") {
  auto x = connected{
    GENERATE(words{}, words{"--modern"}, words{"--banner", "--pages"})};
  x.await_list();
  CHECK(x.lists.front().tools.size() == 15);
  CHECK(x.call("echo", args("text", "hé\n")).get().get()["text"]
        == value("hé\n"));
  CHECK(x.call("add", args("a", 2, "b", 3), true).get().get()["sum"]
        == value(5));
  CHECK(x.call("fail").get().why().message == "the shelf is empty");
  CHECK(x.call("progress").get().ok());
  CHECK(x.progress == 3);
}

TEST_CASE("what a program says beside its messages is noted", "[actors][mcp]") {
  auto x = connected{{"--banner"}};
  x.await_list();
  CHECK(x.has_note("at your service"));
  CHECK(x.has_note("says: it runs"));
  CHECK(x.call("garbage").get().ok());
  CHECK(x.has_note("oops"));
}

TEST_CASE("a program that asks for people is refused, and goes on",
          "[actors][mcp]") {
  auto x = connected{};
  x.await_list();
  CHECK(x.call("ask").get().ok());
  CHECK(x.has_note("elicitation/create"));
}

TEST_CASE("calls that are open when a program dies end unknown",
          "[actors][mcp]") {
  auto x = connected{};
  x.await_list();
  auto open = x.call("hang");
  auto why = std::string{};
  SECTION("of itself") {
    static_cast<void>(x.call("crash"));
    why = "exit code 3";
  }
  SECTION("because it is killed") {
    REQUIRE(x.call("echo").get().ok()); // it has begun
    ::kill(x.pid(), SIGKILL);
    why = "signal 9";
  }
  const auto end = open.get();
  CHECK(end.why().kind == failure_kind::crashed);
  CHECK(end.why().effect == side_effect::unknown);
  CHECK_THAT(end.why().message, ContainsSubstring(why));
  CHECK_THAT(x.lost.get_future().get(), ContainsSubstring(why));
  CHECK(x.call("echo").get().why().effect == side_effect::not_started);
}

TEST_CASE("a line without an end is not read to its end", "[actors][mcp]") {
  auto x = connected{{}, {.most_line = 100'000}};
  x.await_list();
  auto end = x.call("huge").get();
  CHECK_THAT(end.why().message, ContainsSubstring("longer than 100000"));
  x.lost.get_future().wait();
  CHECK_FALSE(is_alive(x.pid()));
}

TEST_CASE("a call that is cancelled is still heard of, or forgotten",
          "[actors][mcp]") {
  auto x = connected{};
  x.await_list();
  auto late = x.call("late");
  x.client->cancel(x.last);
  CHECK(late.get().get()["text"] == value("too late"));
  auto never = x.call("hang");
  x.client->cancel(x.last);
  CHECK(never.get().why().kind == failure_kind::cancelled);
}

TEST_CASE("a list that has changed is read again", "[actors][mcp]") {
  auto x = connected{};
  x.await_list();
  CHECK(x.call("grow").get().ok());
  x.await_list(2);
  CHECK(x.lists.back().tools.size() == 16);
}

TEST_CASE("a program is ended in good order, or else killed", "[actors][mcp]") {
  SECTION("by the end of its input") {
    auto x = connected{{}, {.end_patience = 10min}};
    x.await_list();
    x.client->close();
    CHECK(x.lost.get_future().get() == "it was closed");
    CHECK_FALSE(is_alive(x.pid()));
  }
  SECTION("by force where it heeds nothing") {
    auto x = connected{{"--stubborn"},
                       {.end_patience = 10ms, .kill_patience = 10ms}};
    x.await_list();
    x.client->close();
    x.lost.get_future().wait();
    CHECK_FALSE(is_alive(x.pid()));
  }
  SECTION("also when nobody waits for it") {
    auto pid = pid_t{0};
    {
      auto x = connected{{"--stubborn"}, {.end_patience = 10min}};
      x.await_list();
      pid = x.pid();
    }
    CHECK_FALSE(is_alive(pid));
  }
}

TEST_CASE("a program that is none is lost at once", "[actors][mcp]") {
  auto loop = std::make_shared<poll_loop>();
  auto why = std::promise<std::string>{};
  auto x = mcp_client{
    loop,
    {.connect =
       [](poll_loop& on, mcp_transport_listener to) {
         return make_stdio_transport({.process = {.argv = {"no-such-4711"}}},
                                     on, std::move(to));
       }},
    {.on_lost = [&](const std::string& text) { why.set_value(text); }}};
  CHECK_THAT(why.get_future().get(), ContainsSubstring("cannot be started"));
}

TEST_CASE("servers of others are spoken to", "[.][npm]") {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const auto* folder = std::getenv("STANCHION_NPM");
  REQUIRE(folder != nullptr);
  const auto module_of = [&](const std::string& name) {
    return std::string{folder} + "/node_modules/@modelcontextprotocol/" + name
           + "/dist/index.js";
  };
  SECTION("everything") {
    auto x = connected{
      {},
      {.process = {.argv = {"node", module_of("server-everything"), "stdio"}}}};
    x.await_list();
    CHECK(x.call("echo", args("message", "hi")).get().get()["text"]
          == value("Echo: hi"));
    CHECK(x.call("get-structured-content", args("location", "Chicago"), true)
            .get()
            .get()
            .contains("temperature"));
    CHECK(x.call("get-sum", args("a", "no")).get().why().kind
          == failure_kind::bad_arguments);
    CHECK(x.call("trigger-long-running-operation",
                 args("duration", 0.2, "steps", 2))
            .get()
            .ok());
    CHECK(x.progress >= 1);
    x.client->close();
    CHECK(x.lost.get_future().get() == "it was closed");
  }
  SECTION("filesystem") {
    const auto files = test::temporary_dir{};
    std::ofstream{files.path() / "a.txt"} << "hello";
    auto x
      = connected{{},
                  {.process = {.argv = {"node", module_of("server-filesystem"),
                                        files.path().string()}}}};
    x.await_list();
    const auto text
      = x.call("read_text_file",
               args("path", (files.path() / "a.txt").string()), true)
          .get();
    CHECK(text.get()["content"] == value("hello"));
  }
}

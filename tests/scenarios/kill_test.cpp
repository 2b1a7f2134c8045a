#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Runs that each life adds to those before, so that none is out of work.
constexpr auto runs_per_life = 8;

/// The world outside: an append-only file that knows nothing of the runtime.
/// Each line is one effect: `<tool> <key>`.
class ledger {
public:
  explicit ledger(std::filesystem::path path) : path_(std::move(path)) {
    // nop
  }

  void add(const std::string& tool, const std::string& key) const {
    const auto fd = open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT, 0600);
    const auto line = tool + " " + key + "\n";
    static_cast<void>(::write(fd, line.data(), line.size()));
    close(fd);
  }

  /// Adds unless the key is there: what a service with keys does.
  void add_once(const std::string& tool, const std::string& key) const {
    const auto fd
      = open((path_.string() + ".lock").c_str(), O_WRONLY | O_CREAT, 0600);
    flock(fd, LOCK_EX);
    if (count(tool, key) == 0)
      add(tool, key);
    close(fd);
  }

  [[nodiscard]] int count(const std::string& tool,
                          const std::string& key) const {
    auto in = std::ifstream{path_};
    auto lines = 0;
    for (auto line = std::string{}; std::getline(in, line);)
      lines += line == tool + " " + key ? 1 : 0;
    return lines;
  }

  [[nodiscard]] std::map<std::string, int> counts() const {
    auto in = std::ifstream{path_};
    auto all = std::map<std::string, int>{};
    for (auto line = std::string{}; std::getline(in, line);)
      ++all[line];
    return all;
  }

private:
  std::filesystem::path path_;
};

task<json> work(agent_context& ctx, value input) {
  auto seen = co_await ctx.call("look", args("n", input["n"]));
  auto stored = co_await ctx.call("store", args("n", seen["n"]));
  co_await ctx.sleep_for(2ms);
  auto sent = co_await ctx.call("send", args("n", stored["n"]));
  auto [left, right] = co_await ctx.all(
    ctx.call("store", args("n", 1)), ctx.call("booked", args("n", sent["n"])));
  co_return args("n", right["n"], "left", left["n"]);
}

void equip(runtime& rt, const ledger& out) {
  rt.add(tool{"look", effect::read_only,
              [](const value& x, tool_context&) -> json { return x.get(); }}
           .input(any())
           .output(any())
           .run_inline());
  rt.add(tool{"store", effect::idempotent,
              [out](const value& x, tool_context& call) -> json {
                out.add_once("store", call.key);
                return x.get();
              }}
           .input(any())
           .output(any()));
  rt.add(tool{"send", effect::once,
              [out](const value& x, tool_context& call) -> json {
                out.add("send", call.key);
                return x.get();
              }}
           .input(any())
           .output(any()));
  rt.add(tool{"booked", effect::reconcilable,
              [out](const value& x, tool_context& call) -> json {
                out.add("booked", call.key);
                return x.get();
              }}
           .input(any())
           .output(any())
           .reconcile([out](const std::string& key) -> outcome {
             if (out.count("booked", key) != 0)
               return outcome{args("n", 0)};
             return failure{.kind = failure_kind::not_found,
                            .effect = side_effect::none,
                            .message = "no such booking"};
           }));
  rt.add(agent{"work", "1", work});
}

/// The person at the desk: looks at the ledger and says what it shows. A signal
/// from outside looks like a crash: who knows of it says `retry`.
void answer_tickets(runtime& rt, const ledger& out) {
  for (const auto& t :
       rt.journal().list_tickets({.states = {ticket_state::open}})) {
    if (t.reason == park_reason::poison_step) {
      rt.decide({.ticket = t.id, .verb = verb::retry, .by = "auditor"});
      continue;
    }
    if (t.reason != park_reason::ambiguous_state)
      throw std::runtime_error{"unexpected ticket: " + t.title};
    const auto key = idempotency_key(t.run_id, t.step, t.revision);
    const auto happened = out.count("send", key) != 0;
    rt.decide({.ticket = t.id,
               .verb = happened ? verb::happened : verb::did_not_happen,
               .by = "auditor",
               .payload = happened ? R"({"n":0})" : ""});
  }
}

/// One life of the process: submits what is missing, waits, decides. Returns
/// 0 when everything is done.
int live(const std::filesystem::path& dir, const ledger& out, int run_count) {
  try {
    auto rt = runtime{config{.data_dir = dir}};
    equip(rt, out);
    rt.start();
    auto ids = std::vector<run_id>{};
    for (auto i = 0; i < run_count; ++i)
      ids.push_back(
        rt.submit(
            {.agent = "work", .input = args("n", i), .key = std::to_string(i)})
          .id);
    for (const auto& id : ids)
      for (auto row = rt.wait(id); !is_terminal(row.state); row = rt.wait(id))
        answer_tickets(rt, out);
    rt.stop();
    return 0;
  } catch (const std::exception& e) {
    std::ofstream{dir / "error.txt", std::ios::app} << e.what() << '\n';
    return 1;
  }
}

std::string errors(const std::filesystem::path& dir) {
  auto file = std::ifstream{dir / "error.txt"};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// The longest life of a process that is to be killed: as long as one that
/// nobody disturbs needs today, whatever else the machine does.
std::uint64_t milliseconds_of_a_life() {
  const auto dir = temporary_dir{};
  const auto out = ledger{dir.path() / "ledger.txt"};
  const auto start = std::chrono::steady_clock::now();
  auto process
    = child_process{[&] { return live(dir.path(), out, runs_per_life); }};
  REQUIRE(process.wait(std::chrono::minutes{1}) == 0);
  const auto took = std::chrono::steady_clock::now() - start;
  return 60
         + static_cast<std::uint64_t>(
           std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
}

void kill_many_times(int rounds, std::uint64_t seed) {
  const auto dir = temporary_dir{};
  const auto out = ledger{dir.path() / "ledger.txt"};
  const auto random = seeded_random(seed);
  const auto longest = milliseconds_of_a_life();
  auto killed = 0;
  for (auto i = 1; i <= rounds; ++i) {
    auto process
      = child_process{[&] { return live(dir.path(), out, i * runs_per_life); }};
    const auto pause = std::chrono::milliseconds{random->next() % longest};
    auto end = process.wait(pause);
    if (!end) {
      process.signal(SIGKILL);
      end = process.wait(std::chrono::seconds{10});
    }
    if (end != 0) { // zero: it was done before the signal
      INFO(errors(dir.path()));
      REQUIRE(end.value_or(-1) == 128 + SIGKILL);
      ++killed;
    }
    for (const auto& [line, count] : out.counts()) {
      INFO(line);
      REQUIRE(count == 1); // nothing was done twice unattended
    }
  }
  const auto run_count = rounds * runs_per_life;
  auto last = child_process{[&] { return live(dir.path(), out, run_count); }};
  const auto end = last.wait(std::chrono::minutes{2});
  INFO(errors(dir.path()));
  REQUIRE(end.value_or(-1) == 0);
  CHECK(killed > 0);
  CHECK_FALSE(std::filesystem::exists(dir.path() / "error.txt"));

  auto effects = std::map<std::string, int>{};
  for (const auto& [line, count] : out.counts()) {
    INFO(line);
    CHECK(count == 1);
    ++effects[line.substr(0, line.find(' '))];
  }
  CHECK(effects["store"] == 2 * run_count);
  CHECK(effects["send"] == run_count);
  CHECK(effects["booked"] == run_count);
  const auto journal = open_sqlite_store(dir.path() / "stanchion.db");
  CHECK(journal->verify().damages.empty());
}

} // namespace

TEST_CASE("work killed 30 times is neither lost nor done twice", "[kill]") {
  kill_many_times(30, 1);
}

TEST_CASE("work killed 1,000 times is neither lost nor done twice",
          "[.][long][kill]") {
  for (auto seed = std::uint64_t{0}; seed < 34; ++seed)
    kill_many_times(30, seed);
}

#include "support/catch.hpp"
#include "support/command.hpp"

#include <stanchion/stanchion.hpp>

#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>
#include <set>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

task<json> sends_two(agent_context& ctx, value) {
  co_await ctx.call("send", args("n", 1));
  co_await ctx.call("send", args("n", 2));
  co_return json("sent");
}

/// A real program whose tool writes a line into a file whenever it acts.
struct fixture {
  command_end run(const words& xs) const {
    const auto sent = dir.path() / "sent";
    const auto setup = [sent](runtime& rt) {
      const auto write = [sent](const value& x, tool_context& ctx) {
        std::ofstream{sent, std::ios::app} << ctx.key << '\n';
        return x.get();
      };
      rt.add(
        tool{"send", effect::idempotent, write}.input(any()).output(any()));
      rt.add(agent{"sends", "1", sends_two});
    };
    return command{dir.path() / "data", xs, setup}.wait();
  }

  [[nodiscard]] std::vector<std::string> sent() const {
    auto lines = std::vector<std::string>{};
    auto in = std::ifstream{dir.path() / "sent"};
    for (auto line = std::string{}; std::getline(in, line);)
      lines.push_back(line);
    return lines;
  }

  [[nodiscard]] std::string first_run() const {
    const auto out = run({"run", "list", "-o", "ids"}).out;
    return out.substr(0, out.find('\n'));
  }

  temporary_dir dir;
};

constexpr auto killed = 128 + SIGKILL;

} // namespace

TEST_CASE_METHOD(fixture, "a process dies where a fault says, and goes on",
                 "[scenario][faults]") {
  auto [fault, sent_before, sent_after]
    = GENERATE(table<const char*, int, int>({
      {"send:kill@#1", 0, 2},
      {"send:kill:after@#1", 1, 3},
      {"send:kill:after@#2", 2, 3},
      {"commit:kill:after@#2", 0, 2},
    }));
  INFO(fault);
  const auto first
    = run({"run", "start", "sends", "--allow-faults", "--faults", fault});
  CHECK(first.code == killed);
  CHECK_THAT(first.err, ContainsSubstring("injected: " + std::string{fault}));
  CHECK(sent().size() == static_cast<std::size_t>(sent_before));
  const auto second = run({"run", "resume", first_run()});
  INFO(second.err);
  CHECK(second.code == 0);
  CHECK(sent().size() == static_cast<std::size_t>(sent_after));
  // An idempotent tool may be asked twice, under one key.
  const auto all = sent();
  CHECK(std::set<std::string>{all.begin(), all.end()}.size() == 2);
}

TEST_CASE_METHOD(fixture, "run show marks what was injected",
                 "[scenario][faults]") {
  const auto end = run({"run", "start", "sends", "--allow-faults", "--faults",
                        "send:http_5xx:after@#1"});
  INFO(end.err);
  CHECK(end.code == 0);
  const auto shown = run({"run", "show", first_run()}).out;
  CHECK_THAT(shown, ContainsSubstring("injected:http_5xx:after"));
}

TEST_CASE_METHOD(fixture, "faults that make no sense start nothing",
                 "[scenario][faults]") {
  const auto end = run(
    {"run", "start", "sends", "--allow-faults", "--faults", "send:explodes@1"});
  CHECK(end.code == 2);
  CHECK_THAT(end.err, ContainsSubstring("is no fault"));
  CHECK(sent().empty());
}

#include "support/catch.hpp"
#include "support/command.hpp"
#include "support/eventually.hpp"
#include "support/parts.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>

using namespace stanchion;
using namespace stanchion::test;

namespace {

void setup(runtime& rt) {
  rt.add(agent{"asks", "1", asks});
}

struct fixture {
  /// A program of these lines.
  [[nodiscard]] std::string script(const std::string& name,
                                   const std::string& lines) const {
    const auto path = dir.path() / name;
    std::ofstream{path} << "#!/bin/sh\n" << lines << "\n";
    ::chmod(path.c_str(), 0700);
    return path.string();
  }

  /// Adds what it reads to a file, and then does as `lines` say.
  [[nodiscard]] std::string noting(const std::string& name,
                                   const std::string& lines = {}) const {
    return script(name,
                  "cat >> " + (dir.path() / name).string() + ".txt\n" + lines);
  }

  [[nodiscard]] std::vector<json> noted(const std::string& name) const {
    auto all = std::vector<json>{};
    auto from = std::ifstream{dir.path() / (name + ".txt")};
    for (auto line = std::string{}; std::getline(from, line);)
      all.push_back(json::parse(line));
    return all;
  }

  [[nodiscard]] std::unique_ptr<command>
  serve(const std::string& program) const {
    return std::make_unique<command>(
      data,
      words{"serve", "--listen", "127.0.0.1:0", "--notify-command", program},
      setup);
  }

  [[nodiscard]] command_end run(const words& xs) const {
    return command{data, xs, setup}.wait();
  }

  temporary_dir dir;
  std::filesystem::path data = dir.path() / "d";
};

} // namespace

TEST_CASE_METHOD(fixture, "whether people can be told is tried",
                 "[cli][notify]") {
  const auto good = run({"notify", "test", "--notify-command", noting("good")});
  CHECK(good.code == 0);
  CHECK(good.out == "command: delivered, exit code 0\n");
  REQUIRE(noted("good").size() == 1);
  CHECK(noted("good")[0]["type"] == "test");
  const auto bad
    = run({"notify", "test", "--notify-command", script("bad", "exit 3")});
  CHECK(bad.code == 1);
  CHECK(bad.out == "command: failed, exit code 3\n");
  const auto both
    = run({"notify", "test", "--notify-command", noting("good"),
           "--notify-webhook", "http://127.0.0.1:1/", "-o", "json"});
  CHECK(both.code == 6);
  CHECK(json::parse(both.out)["channels"].size() == 2);
  const auto none = run({"notify", "test"});
  CHECK(none.code == 2);
  CHECK_THAT(none.err, ContainsSubstring("--notify-webhook"));
  CHECK_FALSE(exists(data));
}

TEST_CASE_METHOD(fixture,
                 "what a killed server had not delivered is told by "
                 "the next, under the same id",
                 "[cli][notify]") {
  auto first = serve(noting("busy", "exit 75"));
  REQUIRE(eventually([&] { return first->out().ends_with('\n'); }));
  CHECK(run({"run", "start", "asks"}).code == 7);
  REQUIRE(eventually([this] { return !noted("busy").empty(); }));
  first->signal(SIGKILL);
  CHECK(first->wait().code == 128 + SIGKILL);
  const auto seen = run({"doctor"});
  CHECK_THAT(seen.out, ContainsSubstring("channel command")
                         && ContainsSubstring("1 notices wait"));

  auto second = serve(noting("works"));
  REQUIRE(eventually([this] { return !noted("works").empty(); }));
  CHECK(noted("works")[0]["id"] == noted("busy")[0]["id"]);
  CHECK(noted("works")[0]["agent"] == "asks");
  second->signal(SIGTERM);
  CHECK(second->wait().code == 0);
  CHECK(noted("works").size() == 1);
}

#include "support/api_world.hpp"
#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/routes.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <sstream>

// Secrets are planted wherever they may come from, and searched for wherever
// people look.

using namespace stanchion;
using namespace stanchion::test;

namespace {

namespace fs = std::filesystem;

/// A secret with what JSON escapes: it is to be found in both forms.
const auto password = std::string{"c4n4ry-\"pass\\word\"-1"};
const auto escaped = std::string{R"(c4n4ry-\"pass\\word\"-1)"};
/// What all that is planted begins with.
const auto mark = std::string{"c4n4ry"};

task<json> pays(agent_context& ctx, value input) {
  auto paid = co_await ctx.call(
    "pay", args("to", input["to"], "password", secret("db")));
  co_return args("receipt", paid);
}

/// Tells everything it knows to everybody.
json pay(const value& x, tool_context& call) {
  const auto known = x["password"].as_string();
  call.log("logged in with " + known);
  call.progress("connected as " + known);
  const auto to = x["to"].as_string();
  if (to == "refused")
    throw tool_error{failure_kind::http_4xx, side_effect::none,
                     "401 for " + known + ", sent Authorization: Bearer " + mark
                       + "-header-2"};
  if (to == "crash")
    throw std::runtime_error{"cannot log in with " + known};
  if (to == "misfit")
    return known; // no object
  return args("said", "welcome " + known, known, 1).get();
}

const auto form = R"({"type":"object","properties":{
  "password":{"type":"string","minLength":10}},"required":["password"]})";

void equip(runtime& rt) {
  rt.add(tool{"pay", effect::idempotent, pay}
           .input(schema{json::parse(form)})
           .output(schema{json{{"type", "object"}}})
           .secret("/password", "db")
           .retry({.max_attempts = 2, .backoff = {.first = 1ms, .cap = 1ms}}));
  rt.add(agent{"pays", "1", pays});
}

class environment {
public:
  environment() {
    ::setenv("STANCHION_SECRET_DB", password.c_str(), 1);
    ::setenv("CANARY_API_KEY", (mark + "-environment-3").c_str(), 1);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    ::unsetenv("STANCHION_SECRET_DB");
    ::unsetenv("CANARY_API_KEY");
  }
};

/// A runtime on a disk, with all that people may look at.
struct world {
  world() : rt(settings()) {
    equip(rt);
    rt.events().subscribe([this](const event& x) {
      const std::lock_guard guard{mutex};
      heard += x.subject + " " + x.fields + "\n";
    });
    rt.start();
    work = make_owner_operations(rt);
    token = token_file{data() / "tokens.json"}.create("ann", role::admin,
                                                      system_clock().now(), {});
    service = std::make_unique<api_service>(work, data() / "tokens.json",
                                            service_options{});
  }

  config settings() const {
    auto c = config{.data_dir = data()};
    c.telemetry.log = {.target = log_target::file,
                       .file = dir.path() / "log.jsonl",
                       .least = severity::debug};
    c.telemetry.metrics = true;
    return c;
  }
  fs::path data() const {
    return dir.path() / "data";
  }

  run_id run(const std::string& to) {
    const auto row = rt.submit({.agent = "pays", .input = args("to", to)});
    rt.wait(row.id);
    return row.id;
  }

  /// All that a route says, also as a stream.
  std::string ask(const std::string& target,
                  std::map<std::string, std::string> headers = {}) {
    const auto parsed = parse_target(target);
    REQUIRE(parsed);
    auto x = http_request{.method = "GET",
                          .path = parsed->path,
                          .query = parsed->query,
                          .headers = std::move(headers)};
    x.headers.emplace("host", "localhost:7420");
    x.headers.emplace("authorization", "Bearer " + token);
    x.remote = "127.0.0.1";
    const auto answer = service->answer(x);
    auto all = std::to_string(answer.status) + "\n" + answer.body;
    for (const auto& [name, content] : answer.headers)
      all += "\n" + name + ": " + content;
    auto looks = 2;
    if (answer.stream)
      answer.stream({.write = [&](std::string_view text) { all += text; },
                     .alive = [&looks] { return looks-- > 0; }});
    return all;
  }

  environment planted;
  temporary_dir dir;
  std::mutex mutex;
  std::string heard; // guarded by mutex
  runtime rt;
  std::shared_ptr<operations> work;
  std::string token;
  std::unique_ptr<api_service> service;
};

/// The secret as it is, and as JSON has it.
void check_clean(const std::string& where, const std::string& text) {
  INFO(where << ": " << text.substr(0, 4'000));
  CHECK(text.find(password) == std::string::npos);
  CHECK(text.find(escaped) == std::string::npos);
  CHECK(text.find(mark) == std::string::npos);
}

/// Every file below a directory, byte for byte.
void check_files(const fs::path& below) {
  for (const auto& x : fs::recursive_directory_iterator{below})
    if (x.is_regular_file())
      check_clean(x.path().string(), read_file(x.path()));
}

std::string with_ids(std::string target, const std::string& run,
                     const std::string& ticket) {
  const auto put = [&target](const std::string& what, const std::string& by) {
    if (const auto at = target.find(what); at != std::string::npos)
      target.replace(at, what.size(), by);
  };
  put("/tickets/{id}", "/tickets/" + ticket);
  put("{id}", run);
  put("{name}", "pay");
  return target;
}

std::string command(const fs::path& data, std::vector<std::string> words) {
  words.insert(words.end(), {"--data-dir", data.string()});
  auto in = std::istringstream{};
  auto out = std::ostringstream{};
  auto abandoned = false;
  static_cast<void>(
    run_command("prog", words, terminal{in, out, out}, equip, abandoned));
  return out.str();
}

} // namespace

TEST_CASE("the tool gets the secret, and nobody else", "[runtime][secret]") {
  auto it = world{};
  const auto id = it.run("shop");
  const auto result = it.rt.result(id).get();
  CHECK(result["receipt"]["said"].as_string() == "welcome [redacted]");
  const auto steps = it.work->list_steps(to_string(id)).at("steps");
  CHECK(steps.at(0).at("arguments")
        == json{{"to", "shop"}, {"password", {{"$secret", "db"}}}});
}

TEST_CASE("no planted secret is found in journal, logs, events, metrics, API, "
          "audit or at the command line",
          "[runtime][secret]") {
  auto it = world{};
  auto runs = std::vector<run_id>{};
  for (const auto* to : {"shop", "refused", "crash", "misfit"})
    runs.push_back(it.run(to));
  const auto open = it.rt.journal().list_tickets({});
  REQUIRE(open.size() == 3);
  // They were there, and are hidden: else this test would see nothing.
  CHECK_THAT(open[0].title, ContainsSubstring("401 for [redacted]"));
  {
    const std::lock_guard guard{it.mutex};
    CHECK_THAT(it.heard, ContainsSubstring("logged in with [redacted]"));
    check_clean("events", it.heard);
  }
  static_cast<void>(it.work->cancel_run(
    to_string(runs[1]), {{"by", "ann"}, {"reason", "refused"}}));
  for (const auto& route : api_routes())
    if (route.method == "GET")
      for (auto i = std::size_t{0}; i < runs.size(); ++i) {
        const auto& ticket = open[i % open.size()];
        const auto target
          = with_ids(std::string{route.path}, to_string(runs[i]), ticket.id);
        check_clean(target, it.ask(target));
      }
  check_clean("metrics", it.rt.metrics());
  check_clean("audit", it.work->list_audit({}).dump());
  const auto wrong = std::map<std::string, std::string>{
    {"authorization", "Bearer " + mark + "-token-4"},
    {"x-api-key", mark + "-header-5"}};
  const auto refused = it.ask("/v1/runs", wrong);
  CHECK_THAT(refused, StartsWith("401"));
  check_clean("problem", refused);
  it.rt.wait(runs[1]);
  check_files(it.dir.path()); // while the write-ahead log holds it
  it.rt.stop();
  check_files(it.dir.path());
  for (const auto& id : runs)
    for (const auto* format : {"table", "json"})
      check_clean("run show", command(it.data(), {"run", "show", to_string(id),
                                                  "-o", format}));
  for (const auto& t : open)
    for (const auto* format : {"table", "json"})
      check_clean("ticket show",
                  command(it.data(), {"ticket", "show", t.id, "-o", format}));
  check_clean("journal dump", command(it.data(), {"journal", "dump"}));
  check_clean("doctor", command(it.data(), {"doctor"}));
}

TEST_CASE("a secret that somebody smuggles into another argument stays where "
          "it is",
          "[runtime][secret]") {
  auto it = world{};
  const auto row
    = it.rt.submit({.agent = "pays", .input = args("to", secret("db"))});
  it.rt.wait(row.id);
  const auto open = it.rt.journal().list_tickets({});
  REQUIRE(open.size() == 1);
  CHECK_THAT(open[0].title, ContainsSubstring("may not stand at \"/to\""));
  const std::lock_guard guard{it.mutex};
  CHECK(it.heard.find("logged in") == std::string::npos);
}

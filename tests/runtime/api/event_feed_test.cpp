#include "support/catch.hpp"

#include <stanchion/runtime/api/event_feed.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace stanchion;
using nlohmann::json;

namespace {

struct fixture {
  void happen(const std::string& subject, const run_id& run = {}) {
    bus.publish({event_kind::run_log,
                 severity::info,
                 instant{1s},
                 run,
                 {},
                 subject,
                 R"({"n":1})"});
  }

  void end() {
    bus.publish({event_kind::runtime_stopping,
                 severity::info,
                 {},
                 {},
                 {},
                 "runtime",
                 {}});
  }

  /// What a client is told that hangs up once `text` has come.
  std::string hear(const feed_query& what, const std::string& text) {
    auto told = std::string{};
    stream_feed(
      feed, what,
      {.write = [&](std::string_view bytes) { told += bytes; },
       .alive = [&] { return told.find(text) == std::string::npos; }});
    return told;
  }

  event_bus bus;
  event_feed feed{bus, 4};
};

std::vector<std::string> lines_with(const std::string& start,
                                    const std::string& text) {
  auto found = std::vector<std::string>{};
  for (const auto line : split(text, '\n'))
    if (line.starts_with(start))
      found.emplace_back(line.substr(start.size()));
  return found;
}

} // namespace

TEST_CASE_METHOD(fixture, "events are told with ids that grow",
                 "[runtime][api][events]") {
  const auto before = feed.id_of(0);
  for (const auto* name : {"a", "b", "c"})
    happen(name);
  const auto told = hear({.after = before}, "\"c\"");
  CHECK(
    lines_with("id: ", told)
    == std::vector<std::string>{feed.id_of(1), feed.id_of(2), feed.id_of(3)});
  CHECK(lines_with("event: ", told)
        == std::vector<std::string>{"run_log", "run_log", "run_log"});
  const auto data = json::parse(lines_with("data: ", told)[0]);
  CHECK(data.at("subject") == "a");
  CHECK(data.at("fields").at("n") == 1);
}

TEST_CASE_METHOD(fixture, "a client goes on behind what it has heard",
                 "[runtime][api][events]") {
  for (const auto* name : {"a", "b", "c"})
    happen(name);
  const auto told = hear({.after = feed.id_of(2)}, "\"c\"");
  CHECK(lines_with("id: ", told) == std::vector<std::string>{feed.id_of(3)});
}

TEST_CASE_METHOD(fixture, "a client that has heard nothing hears what is new",
                 "[runtime][api][events]") {
  happen("old");
  const auto told = hear({}, "retry:");
  CHECK(told.find("old") == std::string::npos);
  CHECK(lines_with("id: ", told) == std::vector<std::string>{feed.id_of(1)});
}

TEST_CASE_METHOD(fixture, "who cannot go on is told to begin anew",
                 "[runtime][api][events]") {
  for (auto i = 0; i < 9; ++i) // of which four are kept
    happen("x" + std::to_string(i));
  const auto after = GENERATE_COPY(feed.id_of(3), feed.id_of(9 + 1),
                                   std::string{"0-3"}, std::string{"nonsense"});
  CAPTURE(after);
  const auto told = hear({.after = after}, "event: reset");
  CHECK(lines_with("event: ", told) == std::vector<std::string>{"reset"});
  CHECK(lines_with("id: ", told) == std::vector<std::string>{feed.id_of(9)});
  CHECK(json::parse(lines_with("data: ", told)[0]).contains("reason"));
}

TEST_CASE_METHOD(fixture, "the oldest that is kept can still be gone on from",
                 "[runtime][api][events]") {
  for (auto i = 0; i < 9; ++i)
    happen("x" + std::to_string(i));
  const auto told = hear({.after = feed.id_of(5)}, "x8");
  CHECK(lines_with("id: ", told).size() == 4);
}

TEST_CASE_METHOD(fixture, "a client may hear of one run alone",
                 "[runtime][api][events]") {
  const auto run = derived_uuid(1, 1);
  happen("a");
  happen("b", run);
  happen("c");
  end();
  const auto told = hear({.after = feed.id_of(0), .run = run}, "never");
  CHECK(lines_with("id: ", told) == std::vector<std::string>{feed.id_of(2)});
}

TEST_CASE_METHOD(fixture, "a feed ends with its runtime",
                 "[runtime][api][events]") {
  end();
  const auto told = hear({.after = feed.id_of(0)}, "never");
  CHECK(lines_with("event: ", told)
        == std::vector<std::string>{"runtime_stopping"});
}

TEST_CASE_METHOD(fixture, "a client that does not read holds up nobody",
                 "[runtime][api][events]") {
  auto blocked = std::mutex{};
  auto held = std::unique_lock{blocked};
  auto began = std::promise<void>{};
  auto client = std::thread{[&] {
    auto first = true;
    auto told = std::string{};
    stream_feed(
      feed, {.after = feed.id_of(0)},
      {.write =
         [&](std::string_view bytes) {
           if (std::exchange(first, false))
             began.set_value();
           const std::lock_guard wait{blocked};
           told += bytes;
         },
       .alive = [&] { return told.find("reset") == std::string::npos; }});
  }};
  happen("first");
  began.get_future().wait();
  for (auto i = 0; i < 100'000; ++i)
    happen("more"); // returns although the client stands still
  CHECK(feed.next() == 100'002);
  held.unlock();
  client.join(); // it fell too far behind, and was told so
}

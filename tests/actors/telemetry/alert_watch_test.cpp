#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/telemetry/alert_watch.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace stanchion;
using nlohmann::json;

namespace {

class memory_sink final : public event_sink {
public:
  void publish(event x) override {
    heard.push_back(std::move(x));
  }
  std::vector<event> heard;
};

event failed(const std::string& tool, const std::string& verdict = "try_again",
             bool reconcile = false) {
  return {.kind = event_kind::attempt_ended,
          .at = fabric::virtual_epoch,
          .subject = tool,
          .fields = json{{"failure", {{"kind", "timeout"}}},
                         {"verdict", verdict},
                         {"reconcile", reconcile}}
                      .dump()};
}

} // namespace

TEST_CASE("only a failure of a critical tool must be looked at now",
          "[actors][telemetry]") {
  const auto [x, at_once] = GENERATE(table<event, bool>({
    {failed("pay"), true},
    {failed("look"), false},
    {failed("pay", "await_copy"), false},
    {failed("pay", "ask_reconcile", true), false},
    {{.kind = event_kind::call_refused, .subject = "pay", .fields = "{}"},
     true},
    {{.kind = event_kind::run_ended, .subject = "pay", .fields = "{}"}, false},
    {{.kind = event_kind::breaker_opened, .subject = "pay", .fields = "{}"},
     false},
    {{.kind = event_kind::attempt_ended, .subject = "pay", .fields = "no JSON"},
     false},
  }));
  auto feed = alert_feed{{}, {"pay"}};
  CHECK(feed.hear(x) == at_once);
}

TEST_CASE("a watch that was restarted does not raise an alert again",
          "[actors][telemetry]") {
  auto sys = fabric::system{{.virtual_seed = 1}};
  auto sim = fabric::simulation{sys};
  const auto told = std::make_shared<memory_sink>();
  const auto feed = std::make_shared<alert_feed>(
    alert_options{.critical_quiet = 1h}, std::set<std::string>{"pay"});
  const auto options = alert_watch_options{
    .feed = feed, .store = make_memory_store(), .events = told};
  const auto first = sys.spawn(make_alert_watch(options));
  CHECK(feed->hear(failed("pay")));
  sys.send(first, check_alerts{});
  sim.advance(1s);
  REQUIRE(told->heard.size() == 1);
  CHECK(told->heard[0].kind == event_kind::alert_raised);
  CHECK(told->heard[0].severity == severity::critical);
  CHECK(told->heard[0].subject == "pay");
  CHECK(json::parse(told->heard[0].fields)["alert"] == "critical_tool_failed");
  CHECK(feed->active() == 1);
  sys.stop(first);
  sim.advance(1s);
  static_cast<void>(sys.spawn(make_alert_watch(options)));
  sim.advance(10min);
  CHECK(told->heard.size() == 1);
  sim.advance(1h);
  REQUIRE(told->heard.size() == 2);
  CHECK(told->heard[1].kind == event_kind::alert_cleared);
  CHECK(told->heard[1].severity == severity::info);
  CHECK(feed->active() == 0);
}

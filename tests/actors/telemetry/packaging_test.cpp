#include "support/catch.hpp"
#include "support/journal_samples.hpp"
#include "support/paths.hpp"

#include <stanchion/actors/telemetry/alerts.hpp>
#include <stanchion/actors/telemetry/metrics.hpp>

#include <nlohmann/json.hpp>

#include <cctype>
#include <set>
#include <string>
#include <string_view>

using namespace stanchion;
using nlohmann::json;

namespace {

/// Every word of `text` that begins as our metrics do.
std::set<std::string> metrics_in(const std::string& text) {
  constexpr auto prefix = std::string_view{"stanchion_"};
  auto names = std::set<std::string>{};
  for (auto at = text.find(prefix); at != text.npos;) {
    auto end = at;
    while (end < text.size()
           && (std::isalnum(static_cast<unsigned char>(text[end])) != 0
               || text[end] == '_'))
      ++end;
    names.insert(text.substr(at, end - at));
    at = text.find(prefix, end);
  }
  return names;
}

/// Every metric that the program can show.
std::set<std::string> exported() {
  auto all = metrics{{.tools = {"t"}, .critical = {"t"}, .agents = {"a"}}};
  const auto failed = json{{"failure", {{"kind", "timeout"}}}, {"tool", "t"}};
  for (auto n = 1U; n < 64; ++n)
    all.hear({.kind = static_cast<event_kind>(n),
              .subject = "t",
              .fields = failed.dump()});
  return metrics_in(all.text({}));
}

std::string package(const char* path) {
  return read_file(source_dir() / "packaging" / path);
}

} // namespace

TEST_CASE("dashboard and rules ask for nothing that is not there",
          "[actors][telemetry]") {
  const auto* path
    = GENERATE("grafana/stanchion.json", "prometheus/stanchion.rules.yml",
               "prometheus/stanchion.rules.test.yml");
  const auto known = exported();
  const auto asked = metrics_in(package(path));
  CHECK(asked.size() >= 5);
  for (const auto& name : asked) {
    CAPTURE(path, name);
    CHECK(known.contains(name));
  }
}

TEST_CASE("the dashboard shows every metric", "[actors][telemetry]") {
  const auto shown = metrics_in(package("grafana/stanchion.json"));
  for (auto name : exported()) {
    for (const auto* part : {"_bucket", "_sum", "_count"})
      if (name.ends_with(part))
        name.resize(name.size() - std::string_view{part}.size());
    CAPTURE(name);
    CHECK((shown.contains(name) || shown.contains(name + "_bucket")
           || shown.contains(name + "_sum")));
  }
}

TEST_CASE("every metric is explained", "[actors][telemetry]") {
  const auto page = read_file(source_dir() / "docs" / "telemetry.md");
  for (auto name : exported()) {
    for (const auto* part : {"_bucket", "_sum", "_count"})
      if (name.ends_with(part))
        name.resize(name.size() - std::string_view{part}.size());
    CAPTURE(name);
    CHECK(page.find("| `" + name + "` |") != page.npos);
  }
  for (const auto& name : metrics_in(page)) {
    CAPTURE(name);
    CHECK((exported().contains(name) || exported().contains(name + "_sum")));
  }
}

TEST_CASE("every panel of the dashboard has a place and a query",
          "[actors][telemetry]") {
  const auto doc = json::parse(package("grafana/stanchion.json"));
  CHECK(doc["uid"] == "stanchion");
  auto ids = std::set<int>{};
  auto taken = std::set<std::pair<int, int>>{};
  for (const auto& panel : doc["panels"]) {
    CAPTURE(panel["title"]);
    CHECK(ids.insert(panel["id"].get<int>()).second);
    const auto& at = panel["gridPos"];
    CHECK(at["x"].get<int>() + at["w"].get<int>() <= 24);
    for (auto x = 0; x < at["w"]; ++x)
      for (auto y = 0; y < at["h"]; ++y)
        CHECK(taken.insert({at["x"].get<int>() + x, at["y"].get<int>() + y})
                .second);
    if (panel["type"] == "row")
      continue;
    REQUIRE_FALSE(panel["targets"].empty());
    for (const auto& target : panel["targets"])
      CHECK(target["datasource"]["uid"] == "${datasource}");
  }
}

TEST_CASE("the rules have the thresholds of the built-in alerts",
          "[actors][telemetry]") {
  const auto rules = package("prometheus/stanchion.rules.yml");
  const auto x = alert_options{};
  const auto whole = [](duration d, duration unit) {
    REQUIRE(d % unit == duration::zero());
    return std::to_string(d / unit);
  };
  const auto number = [](double d) { return json(d).dump(); };
  for (const auto& text :
       {"increase5m > " + std::to_string(x.spike_least - 1),
        "errors_total[" + whole(x.spike_window, 1min) + "m]",
        "< " + std::to_string(static_cast<int>(x.spike_factor)) + " * (",
        "offset " + whole(x.spike_window, 1min) + "m)",
        ">= " + number(x.retries_least),
        ">= " + std::to_string(static_cast<int>(x.retries_factor)) + " * ",
        "runs_ended:increase15m >= " + std::to_string(x.retries_runs),
        "runs_ended:before >= " + std::to_string(x.retries_runs),
        "retries_sum[" + whole(x.retries_window, 1min) + "m]",
        "[" + whole(4 * x.retries_window, 1h) + "h] offset "
          + whole(x.retries_window, 1min) + "m",
        "failures_total[" + whole(x.critical_quiet, 1min) + "m]",
        "(stanchion_tickets_open) >= " + std::to_string(x.open_tickets),
        "for: " + whole(x.breaker_open, 1min) + "m",
        "> " + whole(x.approval_age, 1s)}) {
    CAPTURE(text);
    CHECK(rules.find(text) != rules.npos);
  }
}

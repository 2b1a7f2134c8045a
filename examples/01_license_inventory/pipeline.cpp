#include "pipeline.hpp"

#include "agents.hpp"
#include "inventory.hpp"
#include "tools.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

namespace license_inventory {

using namespace stanchion;

namespace {

std::string words_for(const event& x) {
  switch (x.kind) {
  case event_kind::child_restarted:
    return "restarted " + x.subject;
  case event_kind::breaker_opened:
    return "tripped " + x.subject;
  case event_kind::late_result: // the run tells of it, too
    return x.subject == "document" ? std::string{} : "late " + x.subject;
  default:
    return {};
  }
}

tool_settings tools_for(const pipeline_settings& settings,
                        const std::shared_ptr<inventory>& store) {
  const auto written = [settings, store] {
    if (settings.tell)
      settings.tell("written");
    if (settings.kill_after > 0 && store->write_count() >= settings.kill_after)
      ::kill(::getpid(), SIGKILL);
  };
  return {.store = store,
          .faults = settings.faults,
          .after_write = written,
          .timeout = settings.timeout};
}

std::vector<ticket> open_tickets(store& journal) {
  return journal.list_tickets(
    {.states = {ticket_state::open}, .limit = 1'000'000});
}

/// The text of what the agent would do; empty if it has no idea.
std::string suggestion_of(const ticket& x) {
  const auto context = json::parse(x.context);
  return context.value("suggested_next_step", std::string{});
}

void decide_as_suggested(runtime& rt) {
  for (const auto& x : open_tickets(rt.journal())) {
    const auto answers = std::ranges::count(x.options, verb::answer) != 0;
    rt.decide({.ticket = x.id,
               .verb = answers ? verb::answer : verb::retry,
               .by = "demo",
               .comment = "as suggested",
               .payload = answers ? suggestion_of(x) : std::string{}});
    static_cast<void>(rt.wait(x.run_id));
  }
}

} // namespace

std::filesystem::path inventory_path(const std::filesystem::path& data_dir) {
  return data_dir / "inventory.db";
}

void equip(runtime& rt) {
  const auto& dir = rt.settings().data_dir;
  data_dir{dir}.create();
  add_tools(rt, {.store = std::make_shared<inventory>(inventory_path(dir))});
  add_agents(rt);
}

void run_pipeline(const pipeline_settings& settings) {
  auto rt = runtime{config{.data_dir = settings.data_dir}};
  data_dir{settings.data_dir}.create();
  const auto store
    = std::make_shared<inventory>(inventory_path(settings.data_dir));
  add_tools(rt, tools_for(settings, store));
  add_agents(rt);
  if (settings.tell)
    rt.events().subscribe([tell = settings.tell](const event& x) {
      if (const auto words = words_for(x); !words.empty())
        tell(words);
    });
  rt.start();
  const auto root = settings.root.string();
  const auto run
    = rt.submit({.agent = "inventory",
                 .input = args("root", root, "limit", settings.limit),
                 .key = root,
                 .submitter = "demo"});
  static_cast<void>(rt.wait(run.id));
  if (settings.decide_all)
    decide_as_suggested(rt);
  rt.stop();
}

std::vector<record> in_doubt(store& journal) {
  auto result = std::vector<record>{};
  for (const auto& x : open_tickets(journal)) {
    const auto suggested = json::parse(suggestion_of(x), nullptr, false);
    if (!suggested.is_object())
      continue;
    result.push_back(suggested.get<record>());
  }
  return result;
}

} // namespace license_inventory

// A crashing tool and a crashing agent under each strategy.
//
// Shows:    supervisors of one's own, whom each strategy restarts, and that no
//           restart costs a run anything it has done.
// Run:      ./dev example 02_restart
// Expected: expected.txt; README.md explains it

#include <stanchion/stanchion.hpp>

#include <atomic>
#include <functional>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>

using namespace stanchion;

namespace {

std::atomic<int> tool_crashes = 0;  // still to come
std::atomic<int> agent_crashes = 0; // still to come
std::atomic<int> lookups = 0;

json look_up(const value&, tool_context&) {
  ++lookups;
  return args("item", "lamp");
}

json price(const value& item, tool_context&) {
  if (tool_crashes > 0 && tool_crashes-- > 0)
    throw std::runtime_error{"the price list is torn"};
  return args("offer", item["item"].as_string() + " for 30");
}

task<json> quote(agent_context& ctx, value) {
  auto item = co_await ctx.call("stock");
  if (agent_crashes > 0 && agent_crashes-- > 0)
    throw std::runtime_error{"lost the thread"};
  auto offer = co_await ctx.call("prices", args("item", item["item"]));
  co_return offer.get();
}

/// Says what supervisors and runs do, in the order in which they do it.
class narrator {
public:
  void operator()(const event& x) {
    const std::lock_guard guard{mutex_};
    const auto fields = json::parse(x.fields.empty() ? "{}" : x.fields);
    const auto of_team = fields.value("supervisor", "") == "team";
    if (x.kind == event_kind::child_down)
      say(x.subject + (of_team ? " went down as a whole" : ": its actor died"));
    else if (x.kind == event_kind::child_stopped && of_team)
      say(x.subject + " was stopped with it");
    else if (x.kind == event_kind::child_restarted)
      say(x.subject + (of_team ? " was started again" : ": a new actor"));
    else if (x.kind == event_kind::run_started && ++drives_ > 1)
      say("the run is replayed");
  }

private:
  static void say(const std::string& line) {
    std::cout << "    " << line << '\n';
  }

  std::mutex mutex_;
  int drives_ = 0;
};

/// Runs one quote in a team of three; a tool's guard may restart it `most`
/// times before the team has to see to it.
void tell(strategy how, const std::string& title, std::uint32_t most) {
  std::cout << "  " << title << '\n';
  lookups = 0;
  const auto soon = backoff_options{.first = 1ms};
  const auto again = retry_options{.backoff = soon};
  auto stock = tool{"stock", effect::read_only, look_up};
  stock.input(any()).output(any()).run_inline();
  auto prices = tool{"prices", effect::read_only, price};
  prices.input(any()).output(any()).run_inline().retry(again);
  prices.restarts(most, 60s).restart_backoff(soon);
  auto team = supervisor{"team", how};
  team.backoff(1ms).child(stock).child(prices);
  team.child(agent{"quote", "v1", quote}.backoff(1ms));

  auto rt = runtime{config{.in_memory = true}};
  rt.add(team);
  rt.start();
  auto voice = narrator{};
  const auto listening = rt.events().subscribe(std::ref(voice));
  const auto run = rt.submit({.agent = "quote"}).id;
  rt.wait(run);
  rt.events().unsubscribe(listening);
  std::cout << "    => " << rt.result(run).get()["offer"].as_string()
            << ", looked up " << lookups << " time(s)\n";
}

} // namespace

int main() {
  for (const auto how :
       {strategy::one_for_one, strategy::one_for_all, strategy::rest_for_one}) {
    std::cout << to_string(how) << '\n';
    tool_crashes = 1;
    tell(how, "a tool crashes, and its guard may restart it", 5);
    tool_crashes = 1;
    tell(how, "a tool crashes, and its guard may not", 0);
    agent_crashes = 1;
    tell(how, "an agent crashes", 5);
  }
}

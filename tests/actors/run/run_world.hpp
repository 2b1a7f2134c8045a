#pragma once

#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/agent.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/run.hpp>
#include <stanchion/actors/timer/timers.hpp>
#include <stanchion/core/call.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stanchion::test {

/// What a tool does at one attempt.
using tool_script
  = std::function<outcome(const call_request&, std::uint32_t attempt)>;

/// A guard without policies: one attempt, as scripted. Counts effects by key.
class simple_guard final : public fabric::actor {
public:
  simple_guard(tool_script s, std::vector<std::string>& calls)
    : script_(std::move(s)), calls_(&calls) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "guard";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* x = e.body.as<call_request>()) {
      open_[x->key] = *x;
      callers_[x->key] = e.sender();
      if (x->attempts.open && script_ == nullptr)
        return;
      if (x->at_once)
        act(x->key, 1, e.sender());
      else
        send(e.sender(), call_admitted{x->key, x->attempts.made + 1});
    } else if (const auto* go = e.body.as<attempt_go>()) {
      act(go->key, go->attempt, callers_[go->key]);
    } else if (const auto* drop = e.body.as<call_dropped>()) {
      if (open_.erase(drop->key) != 0)
        send(e.sender(),
             call_done{drop->key, 0,
                       failure{.kind = failure_kind::cancelled,
                               .effect = side_effect::not_started}});
    }
  }

private:
  void act(const call_key& key, std::uint32_t attempt,
           const fabric::actor_ref& to) {
    const auto found = open_.find(key);
    if (found == open_.end())
      return;
    const auto request = found->second;
    calls_->push_back(std::to_string(key.run) + "/" + key.step);
    auto result = script_(request, attempt);
    if (!result.ok() && result.why().kind == failure_kind::timeout
        && result.why().message == "hang") {
      open_.erase(found); // it has left: a drop does not call it back
      return;
    }
    if (!result.ok() && result.why().code == "again") {
      send(to, attempt_failed{key, attempt, result.why(), now()});
      send(to, call_admitted{key, attempt + 1});
      if (request.at_once)
        act(key, attempt + 1, to);
      return;
    }
    open_.erase(key);
    if (!result.ok())
      if (const auto why = parse_wait_reason(result.why().code)) {
        send(to, call_waits{key, now() + 20s, *why});
        return;
      }
    if (!result.ok() && result.why().effect == side_effect::unknown)
      send(to, call_unknown{key, attempt, result.why()});
    else
      send(to, call_done{key, attempt, std::move(result)});
  }

  tool_script script_;
  std::vector<std::string>* calls_;
  std::map<call_key, call_request> open_;
  std::map<call_key, fabric::actor_ref> callers_;
};

/// A runtime in small, in virtual time: journal, timers, guards, and one actor
/// that spawns runs and routes to them.
class run_world {
public:
  explicit run_world(std::shared_ptr<memory_store> in, std::uint64_t seed = 1,
                     std::size_t bound = defaults::journal_backlog);
  run_world() : run_world(std::shared_ptr<memory_store>{make_memory_store()}) {
    // nop
  }
  run_world(const run_world&) = delete;
  run_world& operator=(const run_world&) = delete;
  ~run_world();

  void tool(const std::string& name, effect e, tool_script s);
  void agent(stanchion::agent x);

  /// Starts a run.
  run_number begin(const std::string& agent, const value& input = args());
  /// Starts a run and lets everything happen that can.
  run_number submit(const std::string& agent, const value& input = args());
  /// Takes every open run up from the store.
  void recover();
  void settle() {
    sim.run();
  }
  void tell(run_number to, fabric::message m);
  /// Decides a run's open ticket as a person would.
  void decide(run_number run, verb v, const std::string& payload = {});

  [[nodiscard]] run_row row(run_number n);
  [[nodiscard]] std::string state(run_number n);
  /// The result as text, or how else it stands.
  [[nodiscard]] std::string result(run_number n);
  [[nodiscard]] std::vector<ticket> tickets();
  [[nodiscard]] std::vector<std::string> kinds(run_number n);

  std::shared_ptr<memory_store> store;
  fabric::system sys;
  fabric::simulation sim;
  std::vector<std::string> calls; // attempts that reached a tool
  std::vector<std::string> crashes;
  std::map<std::string, stanchion::agent> agents;
  std::map<run_number, fabric::actor_ref> runs;
  std::shared_ptr<run_services> services;
  fabric::actor_ref boss;
  fabric::actor_ref desk;
};

} // namespace stanchion::test

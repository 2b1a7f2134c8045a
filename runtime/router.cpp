#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/runtime/recovery.hpp>
#include <stanchion/runtime/router.hpp>
#include <stanchion/supervisors/policy/suspect_queue.hpp>

#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

class router final : public fabric::actor {
public:
  router(std::shared_ptr<store> from, std::function<bool(const run_row&)> knows)
    : store_(std::move(from)), knows_(std::move(knows)) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "router";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* x = e.body.as<fabric::routed>())
      route(*x);
    else if (const auto* fresh = e.body.as<start_new_run>())
      start_new(*fresh);
    else if (const auto* over = e.body.as<run_over>())
      agents_.erase(over->number);
    else if (const auto* evicted = e.body.as<run_evicted>())
      agents_.erase(evicted->number);
    else if (const auto* asked = e.body.as<ask_turn>())
      line_up(*asked, e.sender());
    else if (const auto* done = e.body.as<turn_over>())
      leave(done->who);
    else
      receive_rare(e);
  }

  void on_down(const fabric::down& d) override {
    auto gone = std::vector<suspect>{};
    for (const auto& [x, run] : askers_)
      if (run.id() == d.source)
        gone.push_back(x);
    for (const auto& x : gone)
      leave(x);
  }

private:
  void receive_rare(fabric::envelope& e) {
    if (const auto* x = e.body.as<agent_supervised>())
      supervise(*x);
    else if (const auto* start = e.body.as<start_run>())
      pass(start->number, fabric::message::of(*start));
    else if (e.body.is<guards_changed>() || e.body.is<mode_changed>())
      for (const auto& [agent, supervisor] : supervisors_)
        send(supervisor, e.body);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(tree_node{.name = "router",
                                         .kind = "system",
                                         .state = "running",
                                         .detail = describe(),
                                         .children = {}});
  }

  [[nodiscard]] std::string describe() const {
    auto text = std::to_string(agents_.size()) + " runs in memory";
    if (const auto x = suspects_.current())
      text += ", " + std::to_string(suspects_.size())
              + " suspects of a death, one at a time: run "
              + std::to_string(x->run) + " step " + x->step;
    return text;
  }

  void supervise(const agent_supervised& x) {
    if (!x.supervisor) {
      supervisors_.erase(x.agent);
      return;
    }
    supervisors_[x.agent] = x.supervisor;
    for (auto& m : std::exchange(waiting_[x.agent], {}))
      send(x.supervisor, std::move(m));
  }

  /// Hands `m` to the supervisor of `agent`, or keeps it until there is one.
  void hand(const std::string& agent, fabric::message m) {
    const auto found = supervisors_.find(agent);
    if (found == supervisors_.end())
      waiting_[agent].push_back(std::move(m));
    else
      send(found->second, std::move(m));
  }

  void start_new(const start_new_run& x) {
    agents_[x.number] = x.agent;
    hand(x.agent, fabric::message::of(start_run{x.number, x.beginning}));
  }

  void route(const fabric::routed& x) {
    pass(x.to, fabric::message::of(x));
  }

  void pass(run_number to, fabric::message m) {
    auto found = agents_.find(to);
    if (found == agents_.end()) {
      const auto row = store_->find_run(to);
      if (!row || is_terminal(row->state) || !knows_(*row))
        return; // a hint that nobody can follow
      found = agents_.emplace(to, row->agent).first;
    }
    hand(found->second, std::move(m));
  }

  // -- suspects ---------------------------------------------------------------

  void line_up(const ask_turn& x, const fabric::actor_ref& run) {
    monitor(run); // what it holds when it ends is free again
    askers_[x.who] = run;
    if (suspects_.enter(x.who, x.deaths))
      grant(x.who);
  }

  void grant(const suspect& x) {
    store_->remember(to_text(x));
    send(askers_.at(x), turn_granted{x});
  }

  void leave(const suspect& x) {
    askers_.erase(x);
    const auto next = suspects_.leave(x);
    if (next)
      grant(*next);
    else if (suspects_.size() == 0)
      store_->remember({});
  }

  std::shared_ptr<store> store_;
  std::function<bool(const run_row&)> knows_;
  std::map<std::string, fabric::actor_ref> supervisors_;
  std::unordered_map<run_number, std::string> agents_; // of runs in memory
  std::map<std::string, std::vector<fabric::message>> waiting_;
  suspect_queue suspects_;
  std::map<suspect, fabric::actor_ref> askers_;
};

} // namespace

std::unique_ptr<fabric::actor>
make_router(std::shared_ptr<store> from,
            std::function<bool(const run_row&)> knows) {
  return std::make_unique<router>(std::move(from), std::move(knows));
}

} // namespace stanchion

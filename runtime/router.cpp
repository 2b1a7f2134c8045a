#include <stanchion/core/run_control.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/runtime/router.hpp>

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

class router final : public fabric::actor {
public:
  explicit router(std::shared_ptr<store> from) : store_(std::move(from)) {
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
    else if (const auto* cleared = e.body.as<run_cleared>())
      clear(cleared->number);
    else
      receive_rare(e);
  }

private:
  void receive_rare(fabric::envelope& e) {
    if (const auto* x = e.body.as<agent_supervised>())
      supervise(*x);
    else if (const auto* start = e.body.as<start_run>())
      pass(start->number, fabric::message::of(*start));
    else if (const auto* suspect = e.body.as<start_suspect>())
      suspect_run(suspect->number);
    else if (e.body.is<guards_changed>())
      for (const auto& [agent, supervisor] : supervisors_)
        send(supervisor, e.body);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(
        tree_node{.name = "router",
                  .kind = "system",
                  .state = "running",
                  .detail = std::to_string(agents_.size()) + " runs in memory",
                  .children = {}});
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
      if (!row || is_terminal(row->state))
        return; // a hint for a run that has ended
      found = agents_.emplace(to, row->agent).first;
    }
    hand(found->second, std::move(m));
  }

  void suspect_run(run_number x) {
    if (suspect_)
      return suspects_.push_back(x);
    suspect_ = x;
    pass(x, fabric::message::of(start_run{x, nullptr}));
  }

  void clear(run_number x) {
    if (suspect_ != x)
      return;
    suspect_.reset();
    if (suspects_.empty())
      return;
    const auto next = suspects_.front();
    suspects_.pop_front();
    suspect_run(next);
  }

  std::shared_ptr<store> store_;
  std::map<std::string, fabric::actor_ref> supervisors_;
  std::unordered_map<run_number, std::string> agents_; // of runs in memory
  std::map<std::string, std::vector<fabric::message>> waiting_;
  std::deque<run_number> suspects_;   // still to be driven
  std::optional<run_number> suspect_; // under way
};

} // namespace

std::unique_ptr<fabric::actor> make_router(std::shared_ptr<store> from) {
  return std::make_unique<router>(std::move(from));
}

} // namespace stanchion

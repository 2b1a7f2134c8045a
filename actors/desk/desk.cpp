#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// A decision on its way to the disk, and who waits behind it.
struct under_way {
  ticket decided;
  decide_ticket winner;
  std::deque<decide_ticket> waiting;
};

class desk final : public fabric::actor {
public:
  explicit desk(desk_options options) : options_(std::move(options)) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "desk";
  }

protected:
  void start() override {
    // What an earlier desk sent may still be on its way to the disk.
    send(options_.journal,
         append{.content = {}, .token = ++last_token_, .acknowledge = true});
  }

  void receive(fabric::envelope& e) override {
    if (auto* x = e.body.edit<decide_ticket>())
      take(std::move(*x));
    else if (const auto* done = e.body.as<appended>())
      on_durable(done->token);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(describe());
  }

private:
  [[nodiscard]] tree_node describe() const {
    auto node = tree_node{.name = "desk", .kind = "system", .state = "running"};
    if (!commits_.empty())
      node.detail = std::to_string(commits_.size()) + " decisions not durable";
    return node;
  }

  void take(decide_ticket x) {
    if (!ready_)
      early_.push_back(std::move(x));
    else if (const auto busy = commits_.find(x.id); busy != commits_.end())
      busy->second.waiting.push_back(std::move(x));
    else
      judge(std::move(x));
  }

  void judge(decide_ticket x) {
    try {
      const auto now_is = options_.store->find_ticket(x.id);
      if (!now_is)
        throw error{error_code::unknown_ticket,
                    "there is no ticket " + x.id
                      + "; `ticket list` shows those that are open"};
      auto verdict = decide(*now_is, x.wish, now());
      if (auto* fresh = std::get_if<ticket>(&verdict))
        return commit(std::move(*fresh), std::move(x));
      notify(*now_is); // its run may have missed the first time
      tell(x, *now_is);
    } catch (const error& e) {
      tell(x, e);
    }
  }

  void commit(ticket decided, decide_ticket winner) {
    auto content = batch{};
    content.tickets.push_back(decided);
    const auto id = decided.id;
    tokens_.emplace(++last_token_, id);
    commits_.emplace(id, under_way{.decided = std::move(decided),
                                   .winner = std::move(winner),
                                   .waiting = {}});
    send(options_.journal, append{.content = std::move(content),
                                  .token = last_token_,
                                  .acknowledge = true});
  }

  void on_durable(std::uint64_t token) {
    if (!std::exchange(ready_, true))
      for (auto& x : std::exchange(early_, {}))
        take(std::move(x));
    const auto found = tokens_.find(token);
    if (found == tokens_.end())
      return;
    auto done = std::move(commits_.extract(found->second).mapped());
    tokens_.erase(found);
    publish(done.decided);
    notify(done.decided);
    tell(done.winner, std::move(done.decided));
    for (auto& x : done.waiting)
      take(std::move(x));
  }

  void notify(const ticket& x) const {
    if (x.run != 0)
      send(options_.router,
           fabric::routed{x.run, fabric::message::of(ticket_decided{x.id})});
  }

  static void tell(const decide_ticket& x, std::variant<ticket, error> what) {
    if (x.answer)
      x.answer(std::move(what));
  }

  void publish(const ticket& x) const {
    if (options_.events == nullptr || x.run != 0)
      return;
    const auto fields = nlohmann::json{{"ticket", x.id},
                                       {"verb", to_string(x.decided->verb)},
                                       {"by", x.decided->by}};
    options_.events->publish(
      {.kind = event_kind::ticket_decided,
       .at = now(),
       .subject = "desk",
       .fields = fields.dump(-1, ' ', false,
                             nlohmann::json::error_handler_t::replace)});
  }

  desk_options options_;
  bool ready_ = false;                       // what came before us is durable
  std::deque<decide_ticket> early_;          // until then
  std::map<std::string, under_way> commits_; // by ticket
  std::map<std::uint64_t, std::string> tokens_; // to tickets
  std::uint64_t last_token_ = 0;
};

} // namespace

std::unique_ptr<fabric::actor> make_desk(desk_options options) {
  return std::make_unique<desk>(std::move(options));
}

} // namespace stanchion

#include <stanchion/actors/timer/timers.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/routed.hpp>

#include <algorithm>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

class timers final : public fabric::actor {
public:
  explicit timers(fabric::actor_ref router) : router_(std::move(router)) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "timers";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* x = e.body.as<arm_timer>()) {
      pending_.emplace(x->at, x->run);
      arm();
    } else if (e.body.is<describe_tree>()) {
      e.take_promise().deliver(
        tree_node{.name = "timers",
                  .kind = "system",
                  .state = "running",
                  .detail = std::to_string(pending_.size()) + " pending",
                  .children = {}});
    }
  }

private:
  /// Wall time may jump, so no sleep is longer than this.
  static constexpr auto longest_sleep = duration{60s};

  void arm() {
    if (pending_.empty() || (armed_ && *armed_ <= pending_.top().first))
      return;
    armed_ = pending_.top().first;
    const auto delay = std::clamp(*armed_ - now(), duration{0}, longest_sleep);
    after(delay, [this] { fire(); });
  }

  void fire() {
    armed_.reset();
    while (!pending_.empty() && pending_.top().first <= now()) {
      send(router_, fabric::routed{pending_.top().second,
                                   fabric::message::of(timer_due{})});
      pending_.pop();
    }
    arm();
  }

  using entry = std::pair<instant, run_number>;

  fabric::actor_ref router_;
  std::priority_queue<entry, std::vector<entry>, std::greater<>> pending_;
  std::optional<instant> armed_;
};

} // namespace

std::unique_ptr<fabric::actor> make_timers(fabric::actor_ref router) {
  return std::make_unique<timers>(std::move(router));
}

} // namespace stanchion

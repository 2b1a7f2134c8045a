#include "bench/guarded.hpp"

#include <stanchion/actors/tool/tool_actor.hpp>
#include <stanchion/core/call.hpp>

#include <string>
#include <utility>

namespace stanchion::bench {

namespace {

class caller final : public fabric::actor {
public:
  caller(std::function<std::unique_ptr<fabric::actor>()> through,
         std::uint64_t calls, std::function<void()> answered)
    : through_(std::move(through)), left_(calls),
      answered_(std::move(answered)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "caller";
  }

protected:
  void start() override {
    to_ = spawn(through_());
    next();
  }
  void receive(fabric::envelope& e) override {
    if (!e.body.is<call_done>())
      return; // admitted, failed once, held: a run would note it
    answered_();
    if (--left_ > 0)
      return next();
    stop(to_);
    quit();
  }

private:
  void next() {
    auto x = call_request{};
    x.key = {1, std::to_string(left_), 0};
    x.arguments = R"({"n":1,"s":"ab"})";
    x.at_once = true;
    send(to_, std::move(x));
  }

  std::function<std::unique_ptr<fabric::actor>()> through_;
  std::uint64_t left_;
  std::function<void()> answered_;
  fabric::actor_ref to_;
};

} // namespace

guard_options eager_guard(tool_function fn) {
  auto work = tool_options{};
  work.name = "step";
  work.function = std::move(fn);
  work.run_inline = true;
  auto x = guard_options{};
  x.name = "step";
  x.effect = effect::read_only;
  x.child = [spec = std::make_shared<const tool_options>(std::move(work))] {
    return make_tool_actor(spec);
  };
  x.retry.backoff.first = duration{0};
  // In one bench every other attempt fails.
  x.retry_budget.reset();
  x.breaker.failure_rate = 0;
  x.restart_backoff.first = duration{0};
  x.restarts = {10'000, std::chrono::milliseconds{100}};
  return x;
}

std::unique_ptr<fabric::actor>
make_caller(std::function<std::unique_ptr<fabric::actor>()> through,
            std::uint64_t calls, std::function<void()> answered) {
  return std::make_unique<caller>(std::move(through), calls,
                                  std::move(answered));
}

} // namespace stanchion::bench

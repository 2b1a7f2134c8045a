#include "bench/guarded.hpp"
#include "bench/rows.hpp"

#include <stanchion/core/call.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/core/value.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <future>

namespace stanchion::bench {

namespace {

/// Where a guard would be: reads the arguments, forwards the job and the
/// answer, and decides nothing.
class relay final : public fabric::actor {
public:
  explicit relay(guard_options x) : options_(std::move(x)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "relay";
  }

protected:
  void start() override {
    tool_ = spawn(options_.child());
  }
  void receive(fabric::envelope& e) override {
    const auto* x = e.body.as<call_request>();
    if (x == nullptr)
      return;
    auto job = tool_job{};
    job.key = idempotency_key(x->run, x->key.step, x->key.revision);
    job.arguments = parse_json(x->arguments);
    job.deadline = now() + options_.attempt_timeout;
    request(tool_, fabric::message::of(std::move(job)),
            [this, key = x->key, to = e.sender()](fabric::reply& r) {
              send(to, call_done{key, 1, r.body.as<tool_answer>()->result});
            });
  }
  void on_stop() override {
    stop(tool_);
    quit();
  }

private:
  guard_options options_;
  fabric::actor_ref tool_;
};

/// Nanoseconds a call. On one thread: what is compared is work, not wake-ups.
double call_through(
  const std::function<std::unique_ptr<fabric::actor>(guard_options)>& make,
  const scale& x) {
  const auto warm = x.size(std::uint64_t{20'000}, std::uint64_t{10});
  const auto calls = warm + x.size(std::uint64_t{300'000}, std::uint64_t{200});
  auto over = std::promise<void>{};
  auto begin = clock::time_point{};
  auto end = begin;
  auto done = std::uint64_t{0};
  auto sys = fabric::system{{.threads = 1}};
  const auto through = [&make] {
    return make(eager_guard(
      [](const value& in, tool_context&) -> json { return in.get(); }));
  };
  static_cast<void>(sys.spawn(make_caller(through, calls, [&] {
    if (++done == warm)
      begin = clock::now();
    if (done != calls)
      return;
    end = clock::now();
    over.set_value();
  })));
  over.get_future().wait();
  sys.shutdown(std::chrono::seconds{5});
  return std::chrono::duration<double, std::nano>(end - begin).count()
         / static_cast<double>(calls - warm);
}

/// With limits that a benchmark does not reach.
guard_options with_all_policies(guard_options x) {
  x.retry_budget.emplace();
  x.breaker = breaker_options{.slow_after = std::chrono::seconds{1}};
  x.rate = rate_options{.requests = 1'000'000'000, .tokens = 1'000'000'000'000};
  x.cost = [](const value& in) -> std::uint64_t { return in.get().size(); };
  x.limit = concurrency_options{.most = 8, .adapt = aimd_options{}};
  x.hedge = hedge_options{};
  return x;
}

double through_relay(const scale& x) {
  return call_through(
    [](guard_options o) { return std::make_unique<relay>(std::move(o)); }, x);
}

} // namespace

row cost_of_all_policies() {
  return {
    .name = "policies",
    .title = "the same with every policy on",
    .unit = "ns",
    .product =
      [](const scale& x) {
        return call_through(
          [](guard_options o) {
            return make_guard(with_all_policies(std::move(o)));
          },
          x);
      },
    .floor = through_relay,
    .target = "<= floor + 500",
    .met
    = [](const figures& f) { return f.product - f.floor.value_or(0) <= 500; }};
}

row policy_cost() {
  return {
    .name = "policy",
    .title = "successful call through a guard (floor: no policies)",
    .unit = "ns",
    .product = [](const scale& x) { return call_through(make_guard, x); },
    .floor = through_relay,
    .target = "<= floor + 300",
    .met
    = [](const figures& f) { return f.product - f.floor.value_or(0) <= 300; }};
}

} // namespace stanchion::bench

#include <stanchion/actors/tool/tool_work.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/testing/detail/sample.hpp>
#include <stanchion/runtime/testing/detail/sink.hpp>

#include <stdexcept>
#include <utility>

namespace stanchion::detail {

namespace {

/// The longest an answer of a tool that is well takes.
constexpr auto slowest = std::uint64_t{100'000}; // microseconds

/// Stands for one tool: asks the sink, and answers when the answer is there.
class stand_in final : public fabric::actor {
public:
  stand_in(tool t, sink& world) : tool_(std::move(t)), sink_(world) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return tool_.name();
  }

protected:
  void receive(fabric::envelope& e) override {
    const auto* job = e.body.as<tool_job>();
    if (job == nullptr || sink_.deaf)
      return;
    if (job->where != nullptr) {
      if (!job->where->enter())
        return; // called off
      job->where->leave();
    }
    auto answer = job->reconcile ? tool_answer{sink_.question(job->key)}
                                 : sink_.attempt(tool_, *job, sys().clock());
    const auto delay = sink_.latency();
    if (delay == duration::zero())
      return e.take_promise().deliver(std::move(answer));
    after(delay, [to = std::make_shared<fabric::promise>(e.take_promise()),
                  answer = std::move(answer)] { to->deliver(answer); });
  }

private:
  tool tool_;
  sink& sink_;
};

} // namespace

sink::sink(std::uint64_t seed) : random_(seeded_random(seed)) {
  // nop
}

void sink::fake(std::string tool, tool_function fn) {
  fakes_.insert_or_assign(std::move(tool), std::move(fn));
}

json sink::call(const tool& t, const value& arguments, tool_context& ctx) {
  const auto found = fakes_.find(t.name());
  if (found == fakes_.end())
    return sample(t.output_schema().document(), *random_);
  return found->second(arguments, ctx);
}

tool_answer sink::attempt(const tool& t, const tool_job& job,
                          const clock& time) {
  const auto acts = t.effect_class() != effect::read_only;
  auto& noted
    = calls_.emplace_back(simulated_call{.at = time.now(),
                                         .tool = t.name(),
                                         .effect = t.effect_class(),
                                         .key = job.key,
                                         .attempt = job.attempt,
                                         .arguments = canonical(job.arguments),
                                         .happened = false});
  if (on_attempt)
    on_attempt(noted);
  if (t.effect_class() == effect::idempotent)
    if (const auto* known = result_of(job.key))
      return {value{*known}};
  auto options = tool_options{};
  options.name = t.name();
  auto ctx = make_context(options, job, &time);
  try {
    auto result = call(t, job.arguments, ctx);
    noted.happened = acts;
    auto checked_result = checked(value{result});
    if (acts)
      done_.insert_or_assign(job.key, std::move(result));
    return {std::move(checked_result), ctx.costs};
  } catch (const tool_error& e) {
    return {e.why(), ctx.costs};
  }
}

outcome sink::question(const std::string& key) const {
  if (const auto* known = result_of(key))
    return value{*known};
  return failure{.kind = failure_kind::not_found,
                 .effect = side_effect::none,
                 .message = "nothing is known under this key"};
}

const json* sink::result_of(const std::string& key) const {
  const auto found = done_.find(key);
  return found == done_.end() ? nullptr : &found->second;
}

duration sink::latency() {
  const auto bits = random_->next();
  return bits % 2 == 0 ? duration::zero() : duration{1 + bits / 2 % slowest};
}

std::unique_ptr<fabric::actor> make_stand_in(const tool& t, sink& world) {
  return std::make_unique<stand_in>(t, world);
}

} // namespace stanchion::detail

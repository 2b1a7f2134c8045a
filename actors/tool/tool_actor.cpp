#include <stanchion/actors/tool/tool_actor.hpp>
#include <stanchion/actors/tool/tool_work.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <map>
#include <stdexcept>
#include <utility>

namespace stanchion {

namespace {

using fabric::completion;
using fabric::envelope;
using fabric::message;
using fabric::promise;

/// Takes the mark off the thread, however the function ends.
class at_work {
public:
  explicit at_work(worker_mark* where) : where_(where) {
    // nop
  }
  at_work(const at_work&) = delete;
  at_work& operator=(const at_work&) = delete;
  ~at_work() {
    if (where_ != nullptr)
      where_->leave();
  }

private:
  worker_mark* where_;
};

/// Nobody waits any more: the function is not even called.
outcome not_worth_it() {
  return failure{.kind = failure_kind::cancelled,
                 .effect = side_effect::not_started,
                 .message = "nobody waited any more when its turn came"};
}

outcome no_room() {
  return failure{.kind = failure_kind::bulkhead_full,
                 .effect = side_effect::not_started,
                 .message = "the queue of the thread pool is full"};
}

class tool_actor final : public fabric::actor {
public:
  explicit tool_actor(std::shared_ptr<const tool_options> options)
    : options_(std::move(options)) {
    // nop
  }

  std::string name() const override {
    return options_->name;
  }

protected:
  void receive(envelope& e) override {
    if (const auto* job = e.body.as<tool_job>())
      begin(*job, e);
  }

private:
  void begin(const tool_job& job, envelope& e) {
    if (job.reconcile && !options_->reconcile)
      return answer(e.take_promise(), failure{.message = "has no reconcile"});
    if (options_->coroutine && !job.reconcile)
      return start_coroutine(job, e.take_promise());
    if (!options_->run_inline)
      return submit(e);
    auto done = work(*options_, job, &sys().clock());
    finish(e.take_promise(), std::move(done));
  }

  static void answer(promise to, outcome x) {
    to.deliver(tool_answer{std::move(x)});
  }

  /// Answers, or ends this actor: the exception does.
  static void finish(promise to, tool_result x) {
    if (const auto* crash = std::get_if<tool_crash>(&x.how)) {
      to.fail(crash->text);
      throw std::runtime_error{crash->text};
    }
    to.deliver(tool_answer{std::get<outcome>(std::move(x.how)), x.spent});
  }

  // -- on the pool ------------------------------------------------------------

  void submit(envelope& e) {
    const auto id = expect([this](completion& c) { on_worked(c); });
    promises_.emplace(id, e.take_promise());
    // Owns all it touches: it may outlive this actor and its system.
    auto job = [options = options_, body = e.body, gate = sys().gate(),
                me = self().id(), id]() mutable {
      gate.set(me, id, message::of(on_thread(*options, *body.as<tool_job>())));
    };
    if (options_->pool->submit(std::move(job)))
      return;
    forget(id);
    answer(std::move(promises_.extract(id).mapped()), no_room());
  }

  static tool_result on_thread(const tool_options& options,
                               const tool_job& job) {
    if (job.stop.stop_requested() || (job.where && !job.where->enter()))
      return {not_worth_it()};
    const auto busy = at_work{job.where.get()};
    const auto* time
      = options.pool_clock != nullptr ? options.pool_clock : &system_clock();
    return work(options, job, time);
  }

  void on_worked(completion& c) {
    auto to = promises_.extract(c.id);
    finish(std::move(to.mapped()), std::move(*c.body.edit<tool_result>()));
  }

  // -- as a coroutine ---------------------------------------------------------

  void start_coroutine(const tool_job& job, promise to) {
    const auto id = ++last_attempt_;
    auto ctx = make_context(*options_, job, &sys().clock());
    auto host = std::make_unique<coroutine_host>(
      std::move(ctx), [this](duration d, std::function<void()> then) {
        after(d, std::move(then));
      });
    auto& started = *host;
    attempts_.emplace(id, attempt{std::move(to), std::move(host)});
    auto ended = [this, id] { on_returned(id); };
    try {
      started.start(options_->coroutine, job.arguments, std::move(ended));
    } catch (...) {
      // Not from the coroutine, but from a function that was to make one.
      auto never_ran = attempts_.extract(id);
      if (never_ran.empty())
        throw;
      finish(std::move(never_ran.mapped().to), caught(*options_, false));
    }
  }

  void on_returned(std::uint64_t id) {
    auto done = std::move(attempts_.extract(id).mapped());
    finish(std::move(done.to), result_of(*done.host));
  }

  tool_result result_of(coroutine_host& host) const {
    auto result = tool_result{outcome{value{}}};
    try {
      result.how = checked(host.take_result());
    } catch (...) {
      result = caught(*options_, false);
    }
    result.spent = host.spent();
    return result;
  }

  struct attempt {
    promise to;
    std::unique_ptr<coroutine_host> host;
  };

  std::shared_ptr<const tool_options> options_;
  std::map<std::uint64_t, promise> promises_; // of jobs on the pool
  std::uint64_t last_attempt_ = 0;
  std::map<std::uint64_t, attempt> attempts_; // coroutines; last, see above
};

} // namespace

std::unique_ptr<fabric::actor>
make_tool_actor(std::shared_ptr<const tool_options> options) {
  const auto& x = *options;
  const auto refuse = [&x](const std::string& why) {
    throw error{error_code::invalid_spec, "tool " + x.name + ": " + why};
  };
  if (static_cast<bool>(x.function) == static_cast<bool>(x.coroutine))
    refuse("needs a function or a coroutine, and only one of them");
  const auto blocks = static_cast<bool>(x.function || x.reconcile);
  if (blocks && !x.run_inline && x.pool == nullptr)
    refuse("needs a pool, or run_inline");
  return std::make_unique<tool_actor>(std::move(options));
}

} // namespace stanchion

#include <stanchion/fabric/system.hpp>
#include <stanchion/runtime/detail/faulty_tool.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stanchion::detail {

namespace {

using fabric::envelope;
using fabric::exit_kind;
using fabric::promise;
using fabric::reply;

/// How far from its timeout a slow drip ends.
constexpr auto moment = duration{1'000};

/// Whether a service that says so has provably done nothing.
bool refuses(failure_kind x) {
  switch (x) {
  case failure_kind::http_4xx:
  case failure_kind::rate_limited:
  case failure_kind::overloaded:
  case failure_kind::auth:
  case failure_kind::refused:
  case failure_kind::bad_arguments:
  case failure_kind::permission_denied:
  case failure_kind::invalid_input:
  case failure_kind::not_found:
    return true;
  default:
    return false;
  }
}

class faulty_tool final : public fabric::actor {
public:
  explicit faulty_tool(faulty_tool_options options)
    : options_(std::move(options)) {
    // nop
  }
  faulty_tool(const faulty_tool&) = delete;
  faulty_tool& operator=(const faulty_tool&) = delete;

  ~faulty_tool() override {
    if (work_)
      sys().kill(work_);
  }

  [[nodiscard]] std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    work_ = spawn(options_.work());
    monitor(work_);
  }

  void receive(envelope& e) override {
    const auto* job = e.body.as<tool_job>();
    if (job == nullptr)
      return;
    const auto x = options_.faults->at_attempt(options_.name, *job, now());
    if (!x)
      return pass_on(e, {});
    if (x->side == fault_side::after)
      return pass_on(e, [this, x = *x, job = *job](promise to, reply& r) {
        strike(x, job, std::move(to), &r);
      });
    if (x->kind == fault_kind::latency || x->kind == fault_kind::drip)
      return hold_back(*x, *job, e);
    // Nobody can know that the work has not begun.
    if (job->where != nullptr && job->where->enter())
      job->where->leave();
    strike(*x, *job, e.take_promise(), nullptr);
  }

  void on_stop() override {
    stopping_ = true;
    stop(work_);
  }

  void on_down(const fabric::down& d) override {
    work_ = {};
    quit(stopping_ ? exit_kind::shutdown : d.kind, d.text);
  }

private:
  using answered = std::function<void(promise, reply&)>;

  // -- the tool's own work ----------------------------------------------------

  void pass_on(envelope& e, answered then) {
    auto key = e.body.as<tool_job>()->key;
    send_job(e.body, std::move(key), e.take_promise(), std::move(then));
  }

  void send_job(const fabric::message& job, std::string key, promise to,
                answered then) {
    auto shared = std::make_shared<promise>(std::move(to));
    request(work_, job,
            [this, key = std::move(key), to = std::move(shared),
             then = std::move(then)](reply& r) {
              if (then && r.how == reply::status::answered)
                return then(std::move(*to), r);
              give_back(key, *to, r);
            });
  }

  void give_back(const std::string& key, promise& to, reply& r) {
    if (r.how != reply::status::answered) {
      to.fail(r.text);
      return; // this actor follows, see `on_down`
    }
    if (const auto* x = r.body.as<tool_answer>();
        x != nullptr && x->result.ok())
      options_.faults->forget(key);
    to.deliver(std::move(r.body));
  }

  // -- faults -----------------------------------------------------------------

  /// Before the work: it begins late, or its answer is whole at the very end.
  void hold_back(const fault_rule& x, const tool_job& job, envelope& e) {
    auto to = std::make_shared<promise>(e.take_promise());
    after(delay_of(x, job), [this, body = e.body, key = job.key, to] {
      if (work_)
        send_job(body, key, std::move(*to), {});
    });
  }

  /// `r`: what the work answered; null before it.
  void strike(const fault_rule& x, const tool_job& job, promise to, reply* r) {
    switch (x.kind) {
    case fault_kind::fail:
      return fail(x, job, std::move(to));
    case fault_kind::latency:
    case fault_kind::drip:
      return delay_answer(x, job, std::move(to), *r);
    case fault_kind::hang:
      unanswered_.push_back(std::move(to));
      return;
    case fault_kind::kill:
    case fault_kind::power:
      unanswered_.push_back(std::move(to));
      return options_.faults->die(x);
    default:
      return to.deliver(tool_answer{failure{.message = "no such fault"}});
    }
  }

  void delay_answer(const fault_rule& x, const tool_job& job, promise to,
                    const reply& r) {
    after(delay_of(x, job),
          [this, key = job.key, r = r,
           to = std::make_shared<promise>(std::move(to))]() mutable {
            give_back(key, *to, r);
          });
  }

  void fail(const fault_rule& x, const tool_job& job, promise to) {
    const auto text = "injected: " + to_text(x);
    if (x.failure == failure_kind::crashed) {
      to.fail(text);
      throw std::runtime_error{text};
    }
    if (x.failure == failure_kind::schema_violation && !job.reconcile)
      if (auto odd = odd_value())
        return to.deliver(tool_answer{std::move(*odd)});
    const auto harmless
      = x.side == fault_side::before && refuses(x.failure) && !job.reconcile;
    to.deliver(tool_answer{
      failure{.kind = x.failure,
              .effect = harmless ? side_effect::none : side_effect::unknown,
              .message = text,
              .code = code_of(x)}});
  }

  /// An answer that the schema refuses, if there is any.
  [[nodiscard]] std::optional<value> odd_value() const {
    for (auto& x :
         std::array{json(nullptr), json("?"), json(-1), json::object()})
      if (options_.output.check(x))
        return value{x};
    return std::nullopt;
  }

  [[nodiscard]] duration delay_of(const fault_rule& x, const tool_job& job) {
    if (x.kind == fault_kind::latency)
      return x.delay;
    late_ = !late_; // in turn just too late and just in time
    const auto left = job.deadline - now();
    return std::max(left + (late_ ? moment : -moment), duration::zero());
  }

  faulty_tool_options options_;
  fabric::actor_ref work_;
  std::vector<promise> unanswered_;
  bool late_ = false;
  bool stopping_ = false;
};

} // namespace

std::unique_ptr<fabric::actor> make_faulty_tool(faulty_tool_options options) {
  return std::make_unique<faulty_tool>(std::move(options));
}

} // namespace stanchion::detail

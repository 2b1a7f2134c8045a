#pragma once

#include <stanchion/actors/run/task.hpp>
#include <stanchion/core/outcome.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace stanchion {

/// One step to be awaited. Made by a context; gets its number when it starts,
/// so that the order of evaluation of arguments does not matter.
class operation : public awaitable {
public:
  operation(operation&& other) noexcept;
  operation& operator=(operation&&) = delete;
  ~operation();

  [[nodiscard]] bool await_ready() const noexcept {
    return false;
  }
  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) {
    auto& where = caller.promise().where();
    start(where, continuation{caller, &where, nullptr, 0});
  }

  /// Starts the step in `where`; `then` is told when its outcome is there.
  void start(branch& where, continuation then);
  /// What the step failed of, as `take` would throw it; null if it succeeded.
  [[nodiscard]] std::exception_ptr thrown() const;
  /// The branch was decided without this step.
  void drop();

  /// For the engine: the outcome is there.
  void complete(outcome x);

protected:
  explicit operation(std::unique_ptr<step> what);

  /// The outcome. Precondition: `then` was told.
  [[nodiscard]] const outcome& result() const {
    return *result_;
  }
  /// Whether a failure is thrown into the coroutine.
  bool throws_ = true;

private:
  std::unique_ptr<step> what_; // until it starts
  step* asked_ = nullptr;      // from then on until its outcome
  engine* owner_ = nullptr;
  continuation then_;
  std::optional<outcome> result_;
};

/// `ctx.call`: the tool's answer, or its failure thrown as `step_error`.
class [[nodiscard]] call_operation : public operation {
public:
  using operation::operation;
  value await_resume() {
    return take();
  }
  [[nodiscard]] value take();

private:
  friend class agent_context;
};

/// `ctx.try_call`: the tool's answer or its failure, as a value.
class [[nodiscard]] try_call_operation : public operation {
public:
  explicit try_call_operation(std::unique_ptr<step> what);
  outcome await_resume() {
    return take();
  }
  [[nodiscard]] outcome take();
};

/// `ctx.sleep_for` and `ctx.sleep_until`.
class [[nodiscard]] sleep_operation : public operation {
public:
  explicit sleep_operation(std::unique_ptr<step> what);
  void await_resume() {
    take();
  }
  void take() {
    // nop: a timer cannot fail
  }
};

/// `ctx.compensate_with`: it is journaled what is to be undone.
class [[nodiscard]] compensate_operation : public operation {
public:
  explicit compensate_operation(std::unique_ptr<step> what);
  void await_resume() {
    take();
  }
  void take();
};

/// `ctx.signal`: what the signal says.
class [[nodiscard]] signal_operation : public operation {
public:
  explicit signal_operation(std::unique_ptr<step> what);
  value await_resume() {
    return take();
  }
  [[nodiscard]] value take();
};

/// `ctx.lower_mode`: it holds.
class [[nodiscard]] lower_operation : public operation {
public:
  explicit lower_operation(std::unique_ptr<step> what);
  void await_resume() {
    take();
  }
  void take() {
    // nop: it cannot fail
  }
};

/// `ctx.escalate`, `ctx.approve` and `ctx.question`: what the person said.
class [[nodiscard]] escalate_operation : public operation {
public:
  explicit escalate_operation(std::unique_ptr<step> what);
  value await_resume() {
    return take();
  }
  [[nodiscard]] value take();
};

/// How a child stands when `settled` returns.
class settlement {
public:
  explicit settlement(value x);

  /// Whether the child has completed; its result is `result()`.
  [[nodiscard]] bool completed() const;
  /// Whether it waits for a person; it may still complete.
  [[nodiscard]] bool parked() const;
  /// `completed`, `failed`, `cancelled` or `parked`.
  [[nodiscard]] const std::string& state() const;
  /// What the child returned; null unless it completed.
  [[nodiscard]] value result() const;
  /// Why it failed or is parked, for people; empty if it completed.
  [[nodiscard]] std::string why() const;

private:
  value content_;
};

/// `child.result()`: what the child returned; `step_error` when it failed or
/// was cancelled. Waits through a park.
class [[nodiscard]] child_result_operation : public operation {
public:
  explicit child_result_operation(std::unique_ptr<step> what);
  value await_resume() {
    return take();
  }
  [[nodiscard]] value take();
};

/// `child.settled()`: how the child stands once it ends or parks.
class [[nodiscard]] settled_operation : public operation {
public:
  explicit settled_operation(std::unique_ptr<step> what);
  settlement await_resume() {
    return take();
  }
  [[nodiscard]] settlement take();
};

/// A child run, from the parent's side. Copies name the same child.
class child_run {
public:
  child_run(stanchion::run_id id, run_number number)
    : id_(id), number_(number) {
    // nop
  }

  [[nodiscard]] const stanchion::run_id& id() const {
    return id_;
  }
  /// Waits until the child has ended.
  [[nodiscard]] child_result_operation result() const;
  /// Waits until the child has ended or is parked.
  [[nodiscard]] settled_operation settled() const;

private:
  stanchion::run_id id_;
  run_number number_;
};

/// `ctx.spawn`: the child's handle, once the child is durable.
class [[nodiscard]] spawn_operation : public operation {
public:
  explicit spawn_operation(std::unique_ptr<step> what);
  child_run await_resume() {
    return take();
  }
  [[nodiscard]] child_run take();
};

/// `ctx.continue_as_new`: never comes back; the run carries on from the start
/// under a new id.
class [[nodiscard]] renewal_operation : public operation {
public:
  explicit renewal_operation(std::unique_ptr<step> what);
  void await_resume() {
    // nop: not reached
  }
  void take() {
    // nop: not reached
  }
};

} // namespace stanchion

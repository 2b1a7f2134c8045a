#pragma once

#include <stanchion/actors/run/engine.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace stanchion {

template <class T = void>
class task;

/// What a task may await besides other tasks: operations made by a context.
class awaitable {
protected:
  awaitable() = default;
  awaitable(awaitable&&) = default;
  awaitable& operator=(awaitable&&) = default;
  ~awaitable() = default;
};

namespace detail {

template <class T>
struct is_task : std::false_type {};
template <class T>
struct is_task<task<T>> : std::true_type {};

/// The part of a promise that does not depend on the result.
class promise_base {
public:
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept {
    return {};
  }

  /// Tells whoever waits. The frame stays until its task is destroyed, which
  /// never happens inside this call: waiters are queued, not resumed.
  struct last_suspend {
    [[nodiscard]] bool await_ready() const noexcept {
      return false;
    }
    template <class P>
    void await_suspend(std::coroutine_handle<P> h) const noexcept {
      h.promise().finished();
    }
    void await_resume() const noexcept {
      // nop
    }
  };

  [[nodiscard]] last_suspend final_suspend() const noexcept {
    return {};
  }

  void unhandled_exception() noexcept {
    thrown_ = std::current_exception();
  }

  /// Only tasks and operations of a context may be awaited: anything else
  /// would not be replayed.
  template <class T>
  task<T>&& await_transform(task<T>&& x) const noexcept {
    return std::move(x);
  }
  template <std::derived_from<awaitable> A>
  A&& await_transform(A&& x) const noexcept {
    return std::forward<A>(x);
  }

  [[nodiscard]] branch& where() const {
    return *where_;
  }
  [[nodiscard]] std::exception_ptr thrown() const {
    return thrown_;
  }
  void run_in(branch& where, continuation then) {
    where_ = &where;
    then_ = then;
  }
  void then(continuation then) {
    then_ = then;
  }

protected:
  void rethrow() const {
    if (thrown_)
      std::rethrow_exception(thrown_);
  }

private:
  void finished() const noexcept {
    then_();
  }

  branch* where_ = nullptr;
  continuation then_;
  std::exception_ptr thrown_;
};

template <class T>
class promise : public promise_base {
public:
  [[nodiscard]] task<T> get_return_object() noexcept;

  template <class U>
    requires std::convertible_to<U&&, T>
  void return_value(U&& x) {
    result_.emplace(std::forward<U>(x));
  }

  [[nodiscard]] T take() {
    rethrow();
    return std::move(*result_);
  }

private:
  std::optional<T> result_;
};

template <>
class promise<void> : public promise_base {
public:
  [[nodiscard]] task<void> get_return_object() noexcept;

  void return_void() const noexcept {
    // nop
  }

  void take() const {
    rethrow();
  }
};

} // namespace detail

/// A coroutine of an agent or of a coroutine tool: started when awaited,
/// resumed in the actor that owns it, one message at a time.
///
/// May await operations of its context and other tasks, nothing else. What it
/// throws comes out of the `co_await`. Destroying a task that is not done
/// destroys its frame: the destructors of its locals run, no other code does.
/// Parameters are taken by value; no capturing lambda may be a task.
template <class T>
class [[nodiscard]] task {
public:
  using promise_type = detail::promise<T>;
  using handle = std::coroutine_handle<promise_type>;

  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {
    // nop
  }
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_)
      handle_.destroy();
  }

  // -- awaiting ---------------------------------------------------------------

  [[nodiscard]] bool await_ready() const noexcept {
    return false;
  }
  /// Runs the task here until it is done or waits; only then does the caller
  /// suspend. No symmetric transfer: without optimisation, compilers nest it.
  template <class P>
  bool await_suspend(std::coroutine_handle<P> caller) {
    auto& where = caller.promise().where();
    handle_.promise().run_in(where, {});
    handle_.resume();
    if (handle_.done())
      return false;
    handle_.promise().then(continuation{caller, &where, nullptr, 0});
    return true;
  }
  T await_resume() {
    return handle_.promise().take();
  }

  // -- for the engine and scopes ----------------------------------------------

  /// Starts the task in `where`; `then` is told when it is done, which may be
  /// before this returns.
  void start(branch& where, continuation then) {
    handle_.promise().run_in(where, then);
    where.owner->within(where, [this] { handle_.resume(); });
  }
  [[nodiscard]] T take() {
    return handle_.promise().take();
  }
  [[nodiscard]] std::exception_ptr thrown() const {
    return handle_.promise().thrown();
  }
  /// Destroys the frame.
  void drop() {
    if (handle_)
      std::exchange(handle_, {}).destroy();
  }

private:
  friend promise_type;
  explicit task(handle h) noexcept : handle_(h) {
    // nop
  }

  handle handle_;
};

template <class T>
task<T> detail::promise<T>::get_return_object() noexcept {
  return task<T>{std::coroutine_handle<promise>::from_promise(*this)};
}

inline task<void> detail::promise<void>::get_return_object() noexcept {
  return task<void>{std::coroutine_handle<promise>::from_promise(*this)};
}

} // namespace stanchion

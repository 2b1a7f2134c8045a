#pragma once

#include <stanchion/actors/run/operation.hpp>

#include <cstddef>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace stanchion {

/// The part of `all` and `race` that does not depend on types: numbers the
/// branches, starts them left to right, counts them and decides.
class scope : public awaitable, private listener {
public:
  scope(scope&&) noexcept = default; // before it starts only
  scope& operator=(scope&&) = delete;
  virtual ~scope();

  [[nodiscard]] bool await_ready() const noexcept {
    return false;
  }
  template <class P>
  void await_suspend(std::coroutine_handle<P> caller) {
    auto& where = caller.promise().where();
    start(where, continuation{caller, &where, nullptr, 0});
  }

  /// Starts the branches in `where`.
  void start(branch& where, continuation then);
  /// What the decision throws; null if nothing.
  [[nodiscard]] std::exception_ptr thrown() const;
  /// Destroys what is not done.
  void drop();

protected:
  /// How a scope is decided.
  enum class rule : std::uint8_t {
    all,  ///< when every branch is done, or one threw
    race, ///< when the first one is done
  };

  static constexpr auto no_limit = std::numeric_limits<std::size_t>::max();

  scope(rule how, std::size_t limit) : rule_(how), limit_(limit) {
    // nop
  }

  [[nodiscard]] virtual std::size_t size() const = 0;
  virtual void start_part(std::size_t i, branch& where, continuation then) = 0;
  [[nodiscard]] virtual std::exception_ptr part_thrown(std::size_t i) const = 0;
  virtual void drop_part(std::size_t i) = 0;

  [[nodiscard]] std::size_t winner() const {
    return decider_;
  }
  void rethrow() const;

private:
  void done(std::size_t index) override;
  void start_more();
  void decide(std::size_t index);

  rule rule_;
  std::size_t limit_;
  std::string prefix_;
  std::vector<branch> branches_;
  std::vector<bool> finished_;
  std::size_t started_ = 0;
  std::size_t done_ = 0;
  std::size_t decider_ = no_limit;
  bool starting_ = false;
  bool decided_ = false;
  engine* owner_ = nullptr;
  bool raced_ = false;
  continuation then_;
};

/// What a scope may have as a branch: a task, an operation, another scope.
template <class T>
concept scope_part
  = !std::is_reference_v<T> && requires(T& x, branch& b, continuation then) {
      x.start(b, then);
      x.take();
      x.thrown();
      x.drop();
    };

namespace detail {

/// `T` itself, or an empty stand-in for void.
template <class T>
using stored = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class Part>
using result_of = stored<decltype(std::declval<Part&>().take())>;

template <class Part>
result_of<Part> take(Part& x) {
  if constexpr (std::is_void_v<decltype(x.take())>) {
    x.take();
    return {};
  } else {
    return x.take();
  }
}

/// The same as a `value`; null for void.
template <class Part>
value take_value(Part& x) {
  if constexpr (std::is_void_v<decltype(x.take())>) {
    x.take();
    return {};
  } else if constexpr (std::is_same_v<decltype(x.take()), outcome>) {
    return x.take().get();
  } else {
    return value{x.take()};
  }
}

/// A fixed number of parts of different types.
template <class... Parts>
class tuple_scope : public scope {
protected:
  tuple_scope(rule how, Parts&&... parts)
    : scope(how, no_limit), parts_(std::move(parts)...) {
    // nop
  }

  [[nodiscard]] std::size_t size() const override {
    return sizeof...(Parts);
  }
  void start_part(std::size_t i, branch& where, continuation then) override {
    visit(parts_, i, [&](auto& x) { x.start(where, then); });
  }
  [[nodiscard]] std::exception_ptr part_thrown(std::size_t i) const override {
    auto result = std::exception_ptr{};
    visit(parts_, i, [&](const auto& x) { result = x.thrown(); });
    return result;
  }
  void drop_part(std::size_t i) override {
    visit(parts_, i, [](auto& x) { x.drop(); });
  }

  template <class Tuple, class F>
  static void visit(Tuple& parts, std::size_t i, F f) {
    std::apply(
      [&](auto&... x) {
        auto at = std::size_t{0};
        ((at++ == i ? f(x) : void()), ...);
      },
      parts);
  }

  std::tuple<Parts...> parts_;
};

} // namespace detail

/// `ctx.all(a, b, …)`: every result, as a tuple; void parts yield
/// `std::monostate`. The first failure is thrown once it is delivered; no
/// further step starts in the other branches.
template <class... Parts>
class [[nodiscard]] all_operation final : public detail::tuple_scope<Parts...> {
public:
  explicit all_operation(Parts&&... parts)
    : detail::tuple_scope<Parts...>(scope::rule::all, std::move(parts)...) {
    // nop
  }
  auto await_resume() {
    return take();
  }
  [[nodiscard]] std::tuple<detail::result_of<Parts>...> take() {
    this->rethrow();
    return std::apply(
      [](auto&... x) {
        return std::tuple<detail::result_of<Parts>...>{detail::take(x)...};
      },
      this->parts_);
  }
};

/// `ctx.all(vector, limit)`: every result, in the vector's order.
template <class Part>
class [[nodiscard]] all_of_operation final : public scope {
public:
  all_of_operation(std::vector<Part>&& parts, std::size_t limit)
    : scope(rule::all, limit == 0 ? no_limit : limit),
      parts_(std::move(parts)) {
    // nop
  }
  auto await_resume() {
    return take();
  }
  [[nodiscard]] std::vector<detail::result_of<Part>> take() {
    rethrow();
    auto results = std::vector<detail::result_of<Part>>{};
    results.reserve(parts_.size());
    for (auto& x : parts_)
      results.push_back(detail::take(x));
    return results;
  }

protected:
  [[nodiscard]] std::size_t size() const override {
    return parts_.size();
  }
  void start_part(std::size_t i, branch& where, continuation then) override {
    parts_[i].start(where, then);
  }
  [[nodiscard]] std::exception_ptr part_thrown(std::size_t i) const override {
    return parts_[i].thrown();
  }
  void drop_part(std::size_t i) override {
    parts_[i].drop();
  }

private:
  std::vector<Part> parts_;
};

/// Who won a race, and with what.
class race_result {
public:
  race_result(std::size_t index, value x)
    : index_(index), value_(std::move(x)) {
    // nop
  }
  /// The winner's place among the arguments, from 0.
  [[nodiscard]] std::size_t index() const {
    return index_;
  }
  /// What the winner yielded; null if it yields nothing.
  [[nodiscard]] const value& get() const {
    return value_;
  }

private:
  std::size_t index_;
  value value_;
};

/// `ctx.race(a, b, …)`: the first to be delivered wins, also by failing. No
/// further step starts in the others; their open attempts are awaited by the
/// run and recorded.
template <class... Parts>
class [[nodiscard]] race_operation final
  : public detail::tuple_scope<Parts...> {
public:
  explicit race_operation(Parts&&... parts)
    : detail::tuple_scope<Parts...>(scope::rule::race, std::move(parts)...) {
    // nop
  }
  race_result await_resume() {
    return take();
  }
  [[nodiscard]] race_result take() {
    this->rethrow();
    auto result = value{};
    this->visit(this->parts_, this->winner(),
                [&](auto& x) { result = detail::take_value(x); });
    return {this->winner(), std::move(result)};
  }
};

} // namespace stanchion

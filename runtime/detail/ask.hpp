#pragma once

#include <stanchion/runtime/detail/impl.hpp>

#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

namespace stanchion {

namespace detail {

/// How long a waiter sleeps before it looks again without having been woken.
inline constexpr auto look_again = std::chrono::milliseconds{50};

} // namespace detail

template <class T>
T runtime::impl::ask(std::future<T>& answer, const std::function<void()>& send,
                     const std::function<std::optional<T>()>& done,
                     const std::function<void()>& require_taker) {
  for (;;) {
    const auto asked = current_epoch();
    auto dropped = false;
    send();
    while (answer.wait_for(detail::look_again) != std::future_status::ready
           && current_epoch() == asked)
      require_running();
    try {
      if (answer.wait_for(std::chrono::seconds{0}) == std::future_status::ready)
        return answer.get();
    } catch (const std::future_error&) {
      // Whoever was asked is gone; its successor needs a moment.
      dropped = true;
      auto held = std::unique_lock{mutex};
      changed.wait_for(held, detail::look_again);
    }
    require_running();
    if (auto known = done())
      return *std::move(known);
    if (dropped)
      require_taker();
  }
}

} // namespace stanchion

#include "support/catch.hpp"

#include <stanchion/core/backlog.hpp>

#include <future>
#include <utility>

using namespace stanchion;

TEST_CASE("a backlog is what its shares hold", "[core][backlog]") {
  const auto it = std::make_shared<backlog>(10);
  {
    auto x = it->take(6);
    auto y = it->take(4);
    CHECK(it->waiting() == 10);
    CHECK_FALSE(it->past_bound());
    auto z = it->take(1);
    CHECK(it->past_bound());
    x.merge(std::move(y));
    x.merge(std::exchange(z, {}));
    CHECK(it->waiting() == 11);
    x = backlog::share{};
    CHECK(it->waiting() == 0);
    auto none = backlog::share{};
    none.merge(it->take(3));
    CHECK(it->waiting() == 3);
  }
  CHECK(it->waiting() == 0);
}

TEST_CASE("a share that outlives its backlog's owners is harmless",
          "[core][backlog]") {
  auto it = std::make_shared<backlog>(1);
  const auto x = it->take(5);
  it.reset();
  CHECK(x);
}

TEST_CASE("who waits goes on once the backlog is down to its bound",
          "[core][backlog]") {
  const auto it = std::make_shared<backlog>(10);
  it->wait(1h); // does not block
  auto much = it->take(11);
  it->wait(1ms);
  CHECK(it->past_bound());
  auto waiter = std::async(std::launch::async, [it] {
    it->wait(1h);
    return it->past_bound();
  });
  much = backlog::share{};
  CHECK_FALSE(waiter.get());
}

#include "support/catch.hpp"

#include <stanchion/actors/tool/inline_executor.hpp>
#include <stanchion/actors/tool/thread_pool.hpp>

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <vector>

using namespace stanchion;

namespace {

/// Jobs that stay in their worker until told to leave.
struct hanging {
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::promise<std::thread::id> entered;

  /// Returns the worker, once it is in the job.
  std::thread::id enter(thread_pool& pool) {
    entered = {};
    const auto taken = pool.submit([this, leave = open] {
      entered.set_value(std::this_thread::get_id());
      leave.wait();
    });
    REQUIRE(taken);
    return entered.get_future().get();
  }
};

/// Runs a job and waits until it is done.
std::thread::id run_one(thread_pool& pool) {
  auto where = std::promise<std::thread::id>{};
  REQUIRE(pool.submit([&] { where.set_value(std::this_thread::get_id()); }));
  return where.get_future().get();
}

} // namespace

TEST_CASE("a pool runs every job once", "[actors][tool]") {
  auto count = std::atomic<int>{0};
  auto done = std::latch{500};
  auto pool = thread_pool{{.threads = 4}};
  for (auto i = 0; i < 500; ++i)
    REQUIRE(pool.submit([&] {
      ++count;
      done.count_down();
    }));
  done.wait();
  CHECK(count == 500);
  CHECK(pool.close(10s) == 0);
}

TEST_CASE("jobs run beside each other", "[actors][tool]") {
  auto pool = thread_pool{{.threads = 3}};
  auto all_in = std::latch{3};
  auto done = std::latch{3};
  for (auto i = 0; i < 3; ++i)
    REQUIRE(pool.submit([&] {
      all_in.arrive_and_wait();
      done.count_down();
    }));
  done.wait();
}

TEST_CASE("a full queue refuses", "[actors][tool]") {
  auto jobs = hanging{};
  auto pool = thread_pool{{.threads = 1, .queue = 2}};
  jobs.enter(pool);
  CHECK(pool.submit([] {}));
  CHECK(pool.submit([] {}));
  CHECK(pool.queued() == 2);
  CHECK_FALSE(pool.submit([] {}));
  jobs.gate.set_value();
}

TEST_CASE("a closed pool refuses and drops what waits", "[actors][tool]") {
  auto jobs = hanging{};
  auto ran = std::make_shared<std::atomic<bool>>(false);
  auto pool = thread_pool{{.threads = 1}};
  jobs.enter(pool);
  REQUIRE(pool.submit([ran] { *ran = true; }));
  auto left = std::size_t{99};
  auto closer = std::thread{[&] { left = pool.close(10s); }};
  while (pool.queued() != 0) // until it is closed
    std::this_thread::yield();
  CHECK_FALSE(pool.submit([] {}));
  jobs.gate.set_value();
  closer.join();
  CHECK(left == 0);
  CHECK_FALSE(*ran);
}

TEST_CASE("a hung worker is replaced, and ends when its job returns",
          "[actors][tool]") {
  auto jobs = hanging{};
  auto pool = thread_pool{{.threads = 1}};
  const auto hung = jobs.enter(pool);
  CHECK(pool.abandoned() == 0);
  pool.replace_hung_worker(hung);
  CHECK(pool.abandoned() == 1);
  CHECK(run_one(pool) != hung);
  jobs.gate.set_value();
  while (pool.abandoned() != 0)
    std::this_thread::yield();
  CHECK(run_one(pool) != hung);
}

TEST_CASE("a worker that runs nothing is not replaced", "[actors][tool]") {
  auto pool = thread_pool{{.threads = 1}};
  const auto idle = run_one(pool);
  pool.replace_hung_worker(std::thread::id{});
  CHECK(pool.abandoned() == 0);
  CHECK(run_one(pool) == idle);
}

TEST_CASE("a worker is replaced once", "[actors][tool]") {
  auto jobs = hanging{};
  auto pool = thread_pool{{.threads = 1}};
  const auto hung = jobs.enter(pool);
  pool.replace_hung_worker(hung);
  pool.replace_hung_worker(hung);
  CHECK(pool.abandoned() == 1);
  jobs.gate.set_value();
}

TEST_CASE("closing leaves behind what does not return, and counts it",
          "[actors][tool]") {
  auto jobs = hanging{};
  {
    auto pool = thread_pool{{.threads = 2}};
    pool.replace_hung_worker(jobs.enter(pool));
    jobs.enter(pool);
    CHECK(pool.close(1ms) == 2);
    CHECK_FALSE(pool.submit([] {}));
  }
  jobs.gate.set_value(); // the threads end after the pool
}

TEST_CASE("the default pool has at least four threads", "[actors][tool]") {
  auto pool = thread_pool{};
  auto all_in = std::latch{4};
  auto done = std::latch{4};
  for (auto i = 0; i < 4; ++i)
    REQUIRE(pool.submit([&] {
      all_in.arrive_and_wait();
      done.count_down();
    }));
  done.wait();
}

TEST_CASE("the inline executor has run a job when submit returns",
          "[actors][tool]") {
  auto here = std::thread::id{};
  auto x = inline_executor{};
  CHECK(x.submit([&] { here = std::this_thread::get_id(); }));
  CHECK(here == std::this_thread::get_id());
  CHECK(x.queued() == 0);
}

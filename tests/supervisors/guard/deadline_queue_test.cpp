#include "support/catch.hpp"

#include <stanchion/supervisors/guard/deadline_queue.hpp>

#include <vector>

using namespace stanchion;

namespace {

const auto t0 = from_micros(1'000'000'000);

struct fixture {
  deadline_queue<int> queue{10s};
  std::vector<int> due;

  void pop() {
    queue.pop_due([this](int x) { due.push_back(x); });
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "one timer serves all, in order",
                 "[supervisors][guard]") {
  queue.push(t0, 1);
  CHECK(queue.arm() == 10s);
  queue.push(t0 + 3s, 2);
  CHECK_FALSE(queue.arm());
  queue.push(t0 + 3s, 3);
  CHECK_FALSE(queue.arm());
  pop();
  CHECK(due == std::vector{1});
  CHECK(queue.arm() == 3s);
  pop();
  CHECK(due == std::vector{1, 2, 3});
  CHECK_FALSE(queue.arm());
}

TEST_CASE_METHOD(fixture, "what is over is forgotten", "[supervisors][guard]") {
  queue.push(t0, 1);
  CHECK(queue.arm());
  queue.trim([](int) { return true; });
  CHECK(queue.size() == 0);
  pop();
  CHECK(due.empty());
  CHECK_FALSE(queue.arm());
  queue.push(t0 + 20s, 2);
  CHECK(queue.arm() == 10s);
}

TEST_CASE_METHOD(fixture, "a timer armed for one that is over serves the next",
                 "[supervisors][guard]") {
  queue.push(t0, 1);
  CHECK(queue.arm());
  queue.trim([](int) { return true; });
  queue.push(t0 + 4s, 2);
  CHECK_FALSE(queue.arm());
  pop();
  CHECK(due.empty());
  CHECK(queue.arm() == 4s);
  pop();
  CHECK(due == std::vector{2});
}

TEST_CASE_METHOD(fixture, "a clock that steps makes nothing due early",
                 "[supervisors][guard]") {
  auto [step, wait] = GENERATE(table<duration, duration>({
    {1h, 10s}, // at worst one span late
    {-1h, 0s}, // the second was added when the clock stepped, as far as known
  }));
  queue.push(t0, 1);
  CHECK(queue.arm() == 10s);
  queue.push(t0 + step, 2);
  queue.push(t0 + step + 2s, 3);
  pop();
  if (step > 0s) {
    CHECK(due == std::vector{1});
    CHECK(queue.arm() == wait);
  } else {
    CHECK(due == std::vector{1, 2});
    CHECK(queue.arm() == 2s);
  }
}

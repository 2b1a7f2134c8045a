#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <stanchion/cli/top/asker.hpp>
#include <stanchion/core/error.hpp>

#include <atomic>
#include <memory>
#include <semaphore>
#include <stdexcept>

using namespace stanchion;
using namespace stanchion::top;
using namespace stanchion::test;

namespace {

/// Counts how many are inside at once, at most.
struct crowd {
  std::atomic<int> inside{0};
  std::atomic<int> most{0};

  void enter() {
    const auto now = ++inside;
    auto before = most.load();
    while (now > before && !most.compare_exchange_weak(before, now))
      continue;
    --inside;
  }
};

constexpr auto hardly_ever = std::chrono::hours{1};

} // namespace

TEST_CASE("one thing is asked at a time, and each order is answered",
          "[cli][top]") {
  auto seen = crowd{};
  auto x = asker{{.look =
                    [&seen] {
                      seen.enter();
                      return report{};
                    },
                  .act =
                    [&seen](const order& o) {
                      seen.enter();
                      return "did " + o.id;
                    }},
                 1ms,
                 [] {}};
  for (auto i = 0; i < 20; ++i)
    x.ask({.what = order_kind::decide, .id = std::to_string(i)});
  auto texts = std::vector<std::string>{};
  CHECK(eventually([&] {
    for (auto& each : x.take().outcomes)
      texts.push_back(each.text);
    return texts.size() == 20;
  }));
  CHECK(texts.front() == "did 0");
  CHECK(texts.back() == "did 19");
  CHECK(x.stop());
  CHECK(seen.most == 1);
}

TEST_CASE("after an order it is looked again at once", "[cli][top]") {
  auto told = std::atomic<int>{0};
  auto x = asker{{.look = [] { return report{.undriven = "seen"}; },
                  .act = [](const order&) { return std::string{"done"}; }},
                 hardly_ever,
                 [&told] { ++told; }};
  x.ask({.what = order_kind::decide});
  CHECK(eventually([&told] { return told == 2; }));
  const auto back = x.take();
  REQUIRE(back.fresh);
  CHECK(back.fresh->undriven == "seen");
  CHECK(back.outcomes.size() == 1);
  CHECK(back.outcomes[0].done);
}

TEST_CASE("what goes wrong is told, and asked again", "[cli][top]") {
  auto fails = std::atomic<bool>{true};
  auto x = asker{{.look =
                    [&fails] {
                      if (fails)
                        throw error{error_code::no_server, "gone"};
                      return report{};
                    },
                  .act = [](const order&) -> std::string {
                    throw std::runtime_error{"no"};
                  }},
                 1ms,
                 [] {}};
  x.ask({.what = order_kind::stop_all});
  auto refused = std::string{};
  auto trouble = std::string{};
  CHECK(eventually([&] {
    const auto back = x.take();
    if (!back.outcomes.empty())
      refused = back.outcomes[0].text;
    trouble += back.trouble;
    return !refused.empty() && !trouble.empty();
  }));
  CHECK(refused == "no");
  CHECK_THAT(trouble, ContainsSubstring("gone"));
  fails = false;
  CHECK(eventually([&x] { return x.take().fresh.has_value(); }));
}

TEST_CASE("what hangs is left behind, and tells nobody", "[cli][top]") {
  struct outside {
    std::binary_semaphore asked{0};
    std::binary_semaphore answer{0};
    std::atomic<int> told{0};
  };
  const auto world = std::make_shared<outside>();
  auto x = std::make_unique<asker>(
    questions{.look =
                [world] {
                  world->asked.release();
                  world->answer.acquire();
                  return report{};
                },
              .act = [](const order&) { return std::string{}; }},
    1ms, [world] { ++world->told; });
  world->asked.acquire();
  CHECK_FALSE(x->stop());
  CHECK_FALSE(x->stop());
  x.reset();
  world->answer.release();
  CHECK(eventually([&world] { return world.use_count() == 1; }));
  CHECK(world->told == 0);
}

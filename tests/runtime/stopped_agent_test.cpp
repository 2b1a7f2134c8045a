#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// More crashed runs than stop an agent.
constexpr auto many = 6;

/// Chance that does something first, once, when it is asked by the thread that
/// made it: a new run draws its id when it has been let in.
class interrupted final : public random_source {
public:
  std::function<void()> first;

  std::uint64_t next() override {
    if (std::this_thread::get_id() == mine_)
      if (const auto f = std::exchange(first, nullptr))
        f();
    return chance_->next();
  }

private:
  std::thread::id mine_ = std::this_thread::get_id();
  std::shared_ptr<random_source> chance_ = seeded_random(1);
};

task<json> crashes(agent_context&, value) {
  throw std::runtime_error{"no"};
  co_return json{};
}

} // namespace

TEST_CASE("a submission that the agent's stop overtakes is refused",
          "[runtime]") {
  const auto chance = std::make_shared<interrupted>();
  runtime rt{config{.in_memory = true, .random = chance}};
  rt.add(agent{"shaky", "1", crashes}.restarts(0, 1min).backoff(0s));
  rt.start();
  auto stopped = false;
  chance->first = [&] {
    const auto row = rt.submit({.agent = "shaky"});
    for (auto i = 1; i < many; ++i)
      rt.submit({.agent = "shaky"}, [](const run_row&) {});
    stopped = eventually([&] { return rt.leaves_alone(row); });
  };
  auto why = error_code{};
  try {
    rt.submit({.agent = "shaky"});
  } catch (const error& e) {
    why = e.code();
  }
  REQUIRE(stopped);
  CHECK(why == error_code::run_conflict);
}

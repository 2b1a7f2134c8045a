#include "support/catch.hpp"

#include <stanchion/runtime/event_bus.hpp>

#include <vector>

using namespace stanchion;

namespace {

event of(event_kind kind) {
  return {.kind = kind};
}

} // namespace

TEST_CASE("a listener hears the kinds it asked for", "[runtime][events]") {
  auto bus = event_bus{};
  auto heard = std::vector<event_kind>{};
  auto all = 0;
  const auto some = bus.subscribe(
    [&](const event& x) { heard.push_back(x.kind); }, {event_kind::run_ended});
  bus.publish(of(event_kind::run_ended));
  bus.publish(of(event_kind::step_asked));
  CHECK(heard == std::vector{event_kind::run_ended});
  bus.subscribe([&](const event&) { ++all; });
  bus.publish(of(event_kind::step_asked));
  bus.publish(of(event_kind::run_ended));
  CHECK(all == 2);
  CHECK(heard.size() == 2);
  bus.unsubscribe(some);
  bus.publish(of(event_kind::run_ended));
  CHECK(heard.size() == 2);
}

TEST_CASE("a bus wants what somebody listens to", "[runtime][events]") {
  auto bus = event_bus{};
  CHECK_FALSE(bus.wants(event_kind::step_asked));
  const auto x = bus.subscribe([](const event&) {}, {event_kind::step_asked});
  CHECK(bus.wants(event_kind::step_asked));
  CHECK_FALSE(bus.wants(event_kind::step_ended));
  bus.unsubscribe(x);
  CHECK_FALSE(bus.wants(event_kind::step_asked));
}

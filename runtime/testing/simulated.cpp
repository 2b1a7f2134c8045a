#include <stanchion/runtime/testing/simulated.hpp>

#include <algorithm>

namespace stanchion {

namespace {

template <class Range, class Predicate>
std::size_t how_many(const Range& xs, Predicate p) {
  return static_cast<std::size_t>(std::ranges::count_if(xs, p));
}

} // namespace

std::size_t simulated::effects(std::string_view tool) const {
  return how_many(calls, [tool](const simulated_call& x) {
    return x.tool == tool && x.happened;
  });
}

std::size_t simulated::attempts(std::string_view tool) const {
  return how_many(calls,
                  [tool](const simulated_call& x) { return x.tool == tool; });
}

std::size_t simulated::count(run_state x) const {
  return how_many(runs,
                  [x](const simulated_run& r) { return r.row.state == x; });
}

std::size_t simulated::count(event_kind x) const {
  const auto found = events.find(x);
  return found == events.end() ? 0 : found->second;
}

std::size_t simulated::count(park_reason x) const {
  return how_many(tickets, [x](const ticket& t) { return t.reason == x; });
}

} // namespace stanchion

#include <stanchion/actors/telemetry/window_sum.hpp>

#include <algorithm>

namespace stanchion {

namespace {

constexpr std::int64_t slots_of_window = 10;

} // namespace

window_sum::window_sum(duration width, std::uint32_t windows)
  : slot_(std::max(width / slots_of_window, duration{1})),
    kept_(slots_of_window * windows) {
  // nop
}

std::int64_t window_sum::slot_of(instant at) const {
  return to_micros(at) / slot_.count();
}

void window_sum::add(instant at, double amount) {
  const auto slot = slot_of(at);
  while (!sums_.empty() && sums_.front().first <= slot - kept_)
    sums_.pop_front();
  // What comes a little late counts as of the newest slot.
  if (sums_.empty() || sums_.back().first < slot)
    sums_.emplace_back(slot, amount);
  else
    sums_.back().second += amount;
}

double window_sum::between(std::int64_t first, std::int64_t last) const {
  auto sum = 0.0;
  for (const auto& [slot, amount] : sums_)
    if (slot >= first && slot <= last)
      sum += amount;
  return sum;
}

double window_sum::recent(instant now) const {
  const auto last = slot_of(now);
  return between(last - slots_of_window + 1, last);
}

double window_sum::before(instant now) const {
  const auto last = slot_of(now) - slots_of_window;
  return between(last - kept_ + slots_of_window + 1, last);
}

} // namespace stanchion

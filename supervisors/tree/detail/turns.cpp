#include <stanchion/supervisors/tree/detail/turns.hpp>

#include <algorithm>

namespace stanchion::detail {

namespace {

bool holds_group(const standing& x) {
  return x.state == child_state::stopping || (x.marked && is_alive(x.state))
         || (x.wanted && x.delayed && !is_alive(x.state));
}

/// Whether it is wanted but not up.
bool is_coming(const standing& x) {
  return x.wanted && x.state != child_state::running;
}

bool is_ready(const standing& x) {
  return x.wanted && !x.delayed && !is_alive(x.state);
}

} // namespace

std::optional<std::size_t> next_stop(const std::vector<standing>& children) {
  for (auto i = children.size(); i-- > 0;) {
    const auto& x = children[i];
    if (!x.marked || !is_alive(x.state))
      continue;
    if (x.state == child_state::stopping)
      return std::nullopt;
    return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> next_start(strategy how,
                                      const std::vector<standing>& children) {
  const auto grouped = how != strategy::one_for_one;
  if (grouped && std::ranges::any_of(children, holds_group))
    return std::nullopt;
  auto open = true; // nobody before is still coming up
  for (std::size_t i = 0; i < children.size(); ++i) {
    const auto& x = children[i];
    const auto in_order = grouped || !x.booted;
    if (is_ready(x) && (open || !in_order))
      return i;
    if (is_coming(x) && in_order)
      open = false;
  }
  return std::nullopt;
}

} // namespace stanchion::detail

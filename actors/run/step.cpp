#include <stanchion/actors/run/step.hpp>

#include <array>

namespace stanchion {

namespace {

constexpr auto names = std::array<std::string_view, 7>{
  "call", "timer", "spawn", "child", "settled", "escalation", "renewal"};

} // namespace

std::string_view to_string(step_kind x) {
  return names[static_cast<std::size_t>(x) - 1];
}

std::optional<step_kind> parse_step_kind(std::string_view text) {
  for (auto i = std::size_t{0}; i < names.size(); ++i)
    if (names[i] == text)
      return static_cast<step_kind>(i + 1);
  return std::nullopt;
}

} // namespace stanchion

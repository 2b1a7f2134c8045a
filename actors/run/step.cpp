#include <stanchion/actors/run/step.hpp>

#include <array>
#include <charconv>
#include <string>
#include <system_error>

namespace stanchion {

namespace {

constexpr auto names = std::array<std::string_view, 12>{
  "call",    "timer",        "spawn",    "child",    "settled", "escalation",
  "renewal", "compensation", "approval", "question", "signal",  "lowering"};

constexpr auto own_mark = '~';
constexpr auto undo_word = std::string_view{"undo"};

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

bool is_own(const step_path& path) {
  return path.find(own_mark) != step_path::npos;
}

step_path fallback_path(const step_path& of, std::size_t nth) {
  return of + own_mark + std::to_string(nth);
}

step_path undo_path(const step_path& of) {
  return of + own_mark + std::string{undo_word};
}

bool is_undo(const step_path& own) {
  const auto mark = own.rfind(own_mark);
  return mark != step_path::npos
         && std::string_view{own}.substr(mark + 1) == undo_word;
}

step_path served_by(const step_path& own) {
  return own.substr(0, own.rfind(own_mark));
}

std::size_t fallback_number(const step_path& own) {
  auto n = std::size_t{0};
  const auto mark = own.rfind(own_mark);
  if (mark == step_path::npos)
    return 0;
  const auto* end = own.data() + own.size();
  const auto [rest, problem] = std::from_chars(own.data() + mark + 1, end, n);
  return problem == std::errc{} && rest == end ? n : 0;
}

} // namespace stanchion

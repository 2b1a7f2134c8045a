#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/effect.hpp>

namespace stanchion {

std::string_view to_string(effect x) {
  switch (x) {
  case effect::read_only:
    return "read_only";
  case effect::idempotent:
    return "idempotent";
  case effect::reconcilable:
    return "reconcilable";
  case effect::once:
    return "once";
  }
  return detail::no_name;
}

std::optional<effect> parse_effect(std::string_view text) {
  return detail::parse_name(text, effect::once);
}

} // namespace stanchion

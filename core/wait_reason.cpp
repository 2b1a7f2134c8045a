#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/wait_reason.hpp>

namespace stanchion {

std::string_view to_string(wait_reason x) {
  switch (x) {
  case wait_reason::backoff:
    return "backoff";
  case wait_reason::breaker:
    return "breaker";
  case wait_reason::rate:
    return "rate";
  case wait_reason::place:
    return "place";
  }
  return detail::no_name;
}

std::optional<wait_reason> parse_wait_reason(std::string_view text) {
  return detail::parse_name(text, wait_reason::place);
}

} // namespace stanchion

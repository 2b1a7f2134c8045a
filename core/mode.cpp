#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/mode.hpp>

namespace stanchion {

std::string_view to_string(mode x) {
  switch (x) {
  case mode::autonomous:
    return "autonomous";
  case mode::advisory:
    return "advisory";
  case mode::stopped:
    return "stopped";
  }
  return detail::no_name;
}

std::optional<mode> parse_mode(std::string_view text) {
  return detail::parse_name(text, mode::stopped);
}

} // namespace stanchion

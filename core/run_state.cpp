#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/run_state.hpp>

namespace stanchion {

std::string_view to_string(run_state x) {
  switch (x) {
  case run_state::queued:
    return "queued";
  case run_state::running:
    return "running";
  case run_state::waiting:
    return "waiting";
  case run_state::parked:
    return "parked";
  case run_state::compensating:
    return "compensating";
  case run_state::completed:
    return "completed";
  case run_state::failed:
    return "failed";
  case run_state::cancelled:
    return "cancelled";
  case run_state::continued:
    return "continued";
  }
  return detail::no_name;
}

std::optional<run_state> parse_run_state(std::string_view text) {
  return detail::parse_name(text, run_state::continued);
}

} // namespace stanchion

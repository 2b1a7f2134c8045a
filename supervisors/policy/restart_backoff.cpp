#include <stanchion/supervisors/policy/restart_backoff.hpp>

#include <limits>

namespace stanchion {

restart_backoff::restart_backoff(backoff_options options, duration quiet)
  : options_(options), quiet_(quiet) {
  // nop
}

duration restart_backoff::next(instant now, double unit) {
  if (was_quiet(now))
    failures_ = 0;
  const auto before = failures_ > 0 ? std::optional{last_delay_} : std::nullopt;
  last_delay_ = delay(options_, failures_, unit, before);
  last_failure_ = now;
  if (failures_ < std::numeric_limits<std::uint32_t>::max())
    ++failures_;
  return last_delay_;
}

void restart_backoff::reset() {
  failures_ = 0;
}

bool restart_backoff::was_quiet(instant now) const {
  const auto since = now - last_failure_;
  return since >= quiet_ && since / 2 >= last_delay_;
}

} // namespace stanchion

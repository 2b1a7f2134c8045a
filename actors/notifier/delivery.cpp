#include <stanchion/actors/http/retry_after.hpp>
#include <stanchion/actors/notifier/delivery.hpp>

#include <algorithm>
#include <array>

namespace stanchion {

namespace {

/// What a header asks for, but at most a day.
std::optional<duration> wait_in(const std::string& header, instant now) {
  const auto wait = parse_retry_after(header, now);
  return wait ? std::optional{std::min<duration>(*wait, 24h)} : std::nullopt;
}

} // namespace

delivery_result delivery_of(int status, const std::string& retry_after,
                            instant now) {
  constexpr auto later = std::array{408, 425, 429};
  auto x = delivery_result{.how = delivery_result::status::failed,
                           .why = "HTTP " + std::to_string(status),
                           .retry_after = {}};
  if (status >= 200 && status < 300)
    x.how = delivery_result::status::delivered;
  else if (status >= 400 && status < 500
           && std::find(later.begin(), later.end(), status) == later.end())
    x.how = delivery_result::status::refused;
  else if (!retry_after.empty())
    x.retry_after = wait_in(retry_after, now);
  return x;
}

delivery_result delivery_of_exit(int code) {
  // sysexits.h: from EX_USAGE to EX_CONFIG another try ends as this one did.
  constexpr auto usage = 64;
  constexpr auto temporary = 75;
  constexpr auto config = 78;
  const auto for_good = code >= usage && code <= config && code != temporary;
  return {.how = code == 0  ? delivery_result::status::delivered
                 : for_good ? delivery_result::status::refused
                            : delivery_result::status::failed,
          .why = "exit code " + std::to_string(code),
          .retry_after = {}};
}

delivery_verdict decide(const delivery_result& x, std::uint32_t tries,
                        instant oldest, instant now,
                        const notification_options& options, double unit) {
  if (x.how == delivery_result::status::delivered)
    return message_done{};
  if (x.how == delivery_result::status::refused)
    return drop_message{x.why};
  const auto wait
    = std::max(delay(options.backoff, tries == 0 ? 0 : tries - 1, unit),
               x.retry_after.value_or(duration::zero()));
  const auto end = oldest + options.give_up_after;
  if (now >= end)
    return drop_message{x.why + ", for " + to_text(now - oldest)};
  // The last try is made when the time is up.
  return deliver_again{std::min(now + wait, end)};
}

} // namespace stanchion

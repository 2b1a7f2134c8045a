#include <stanchion/actors/notifier/delivery.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace stanchion {

namespace {

/// A Retry-After of the past, of no number and of no date counts for nothing.
std::optional<duration> wait_in(const std::string& header, instant now) {
  constexpr auto most = std::chrono::seconds{24h};
  auto seconds = std::int64_t{0};
  const auto* end = header.data() + header.size();
  const auto read = std::from_chars(header.data(), end, seconds);
  if (read.ec == std::errc{} && read.ptr == end)
    return std::clamp(std::chrono::seconds{seconds}, 0s, most);
  auto date = std::tm{};
  if (::strptime(header.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr)
    return std::nullopt;
  const auto at = instant{std::chrono::seconds{::timegm(&date)}};
  return std::clamp<duration>(at - now, 0s, most);
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

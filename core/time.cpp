#include <stanchion/core/time.hpp>

#include <array>
#include <charconv>
#include <cstdio>

namespace stanchion {

namespace {

class machine_clock final : public clock {
public:
  [[nodiscard]] instant now() const override {
    return std::chrono::floor<duration>(std::chrono::system_clock::now());
  }
};

/// Date and time of day up to the second: 2026-01-31T12:00:00.
std::string to_seconds_text(instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  std::array<char, 48> text{};
  std::snprintf(
    text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
    static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
    static_cast<int>(time.minutes().count()),
    static_cast<int>(time.seconds().count()));
  return text.data();
}

/// `x` with at least `width` digits.
std::string padded(std::uint64_t x, std::size_t width) {
  auto digits = std::to_string(x);
  if (digits.size() < width)
    digits.insert(0, width - digits.size(), '0');
  return digits;
}

/// The part of `at` below its second, in microseconds.
std::uint64_t micros_of_second(instant at) {
  const auto part = at - std::chrono::floor<std::chrono::seconds>(at);
  return static_cast<std::uint64_t>(part.count());
}

/// `big` of one unit and, unless it is zero, two digits of the next.
std::string two_units(std::uint64_t big, char big_unit, std::uint64_t small,
                      char small_unit) {
  auto text = std::to_string(big) + big_unit;
  if (small > 0)
    text += padded(small, 2) + small_unit;
  return text;
}

std::string to_text(std::uint64_t micros) {
  constexpr std::uint64_t second = 1'000'000;
  constexpr std::uint64_t minute = 60 * second;
  constexpr std::uint64_t hour = 60 * minute;
  constexpr std::uint64_t day = 24 * hour;
  if (micros == 0)
    return "0s";
  if (micros < 1000)
    return std::to_string(micros) + "us";
  if (micros < second)
    return std::to_string(micros / 1000) + "ms";
  if (micros < minute) {
    const auto tenths = micros % second / (second / 10);
    const auto fraction = tenths > 0 ? "." + std::to_string(tenths) : "";
    return std::to_string(micros / second) + fraction + "s";
  }
  if (micros < hour)
    return two_units(micros / minute, 'm', micros % minute / second, 's');
  if (micros < day)
    return two_units(micros / hour, 'h', micros % hour / minute, 'm');
  return two_units(micros / day, 'd', micros % day / hour, 'h');
}

/// Takes fixed-width numbers and single characters off the front of a text.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_(text) {
    // nop
  }

  /// Exactly `width` digits.
  std::optional<int> number(std::size_t width) {
    int x = 0;
    const auto digits = rest_.substr(0, width);
    if (digits.size() < width
        || digits.find_first_not_of("0123456789") != std::string_view::npos)
      return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), x);
    rest_.remove_prefix(width);
    return x;
  }

  /// One of `choice`; 0 when there is none.
  char one_of(std::string_view choice) {
    if (rest_.empty() || choice.find(rest_[0]) == std::string_view::npos)
      return 0;
    const auto c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  [[nodiscard]] bool done() const {
    return rest_.empty();
  }

private:
  std::string_view rest_;
};

std::optional<instant> scan_date(scanner& from) {
  const auto year = from.number(4);
  const bool dash = from.one_of("-") != 0;
  const auto month = from.number(2);
  const bool other_dash = from.one_of("-") != 0;
  const auto day = from.number(2);
  if (!year || !dash || !month || !other_dash || !day)
    return std::nullopt;
  const std::chrono::year_month_day date{
    std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
    std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok())
    return std::nullopt;
  return instant{std::chrono::sys_days{date}};
}

/// Hours and minutes, as in a time and in an offset.
std::optional<duration> scan_hours(scanner& from) {
  const auto hours = from.number(2);
  const bool colon = from.one_of(":") != 0;
  const auto minutes = from.number(2);
  if (!hours || !colon || !minutes || *hours > 23 || *minutes > 59)
    return std::nullopt;
  return std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
}

/// The digits behind a decimal point; those past microseconds are dropped.
std::optional<duration> scan_fraction(scanner& from) {
  duration result{0};
  auto unit = duration{100'000};
  auto digit = from.number(1);
  if (!digit)
    return std::nullopt;
  for (; digit; digit = from.number(1), unit /= 10)
    result += *digit * unit;
  return result;
}

std::optional<duration> scan_time(scanner& from) {
  const auto hours = scan_hours(from);
  const bool colon = from.one_of(":") != 0;
  const auto seconds = from.number(2);
  if (!hours || !colon || !seconds || *seconds > 59)
    return std::nullopt;
  const auto whole = *hours + std::chrono::seconds{*seconds};
  if (from.one_of(".") == 0)
    return whole;
  const auto fraction = scan_fraction(from);
  return fraction ? std::optional{whole + *fraction} : std::nullopt;
}

std::optional<duration> scan_offset(scanner& from) {
  const auto sign = from.one_of("Zz+-");
  if (sign == 0)
    return std::nullopt;
  if (sign == 'Z' || sign == 'z')
    return duration{0};
  const auto span = scan_hours(from);
  if (!span)
    return std::nullopt;
  return sign == '+' ? *span : -*span;
}

} // namespace

const clock& system_clock() {
  static const machine_clock instance;
  return instance;
}

std::string to_rfc3339(instant at) {
  return to_seconds_text(at) + "." + padded(micros_of_second(at) / 1000, 3)
         + "Z";
}

std::string to_rfc3339_micros(instant at) {
  return to_seconds_text(at) + "." + padded(micros_of_second(at), 6) + "Z";
}

std::optional<instant> parse_rfc3339(std::string_view text) {
  scanner from{text};
  const auto date = scan_date(from);
  if (!date || from.one_of("Tt") == 0)
    return std::nullopt;
  const auto time = scan_time(from);
  const auto offset = time ? scan_offset(from) : std::nullopt;
  if (!offset || !from.done())
    return std::nullopt;
  return *date + *time - *offset;
}

std::string to_text(duration d) {
  const auto count = static_cast<std::uint64_t>(d.count());
  if (d.count() < 0)
    return "-" + to_text(std::uint64_t{0} - count);
  return to_text(count);
}

} // namespace stanchion

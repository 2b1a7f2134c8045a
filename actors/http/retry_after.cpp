#include <stanchion/actors/http/retry_after.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace stanchion {

namespace {

using std::chrono::sys_days;

constexpr auto most = duration{std::chrono::days{366}};

constexpr auto months = std::array{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr auto long_days = std::array{
  "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view without_blanks(std::string_view text) {
  constexpr auto blanks = " \t";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Takes a date apart from left to right; once something does not fit, nothing
/// does.
class date_scanner {
public:
  explicit date_scanner(std::string_view text) : rest_(text) {
    // nop
  }

  bool word(std::string_view x) {
    if (!rest_.starts_with(x))
      return false;
    rest_.remove_prefix(x.size());
    return true;
  }

  /// Fails if it is not there.
  date_scanner& expect(std::string_view x) {
    fits_ = fits_ && word(x);
    return *this;
  }

  unsigned digits(std::size_t count) {
    auto x = 0U;
    for (; count > 0; --count) {
      fits_ = fits_ && !rest_.empty() && is_digit(rest_.front());
      if (!fits_)
        return 0;
      x = x * 10 + static_cast<unsigned>(rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return x;
  }

  /// Counted from 1.
  unsigned month() {
    for (auto i = 0U; i < months.size(); ++i)
      if (word(months[i]))
        return i + 1;
    fits_ = false;
    return 0;
  }

  /// Whether all of it was read.
  [[nodiscard]] bool done() const {
    return fits_ && rest_.empty();
  }

private:
  std::string_view rest_;
  bool fits_ = true;
};

struct date_parts {
  unsigned year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

void scan_time(date_scanner& from, date_parts& to) {
  to.hour = from.digits(2);
  to.minute = from.expect(":").digits(2);
  to.second = from.expect(":").digits(2);
}

/// Of the years with these two digits the one that is at most 50 years ahead,
/// as RFC 9110 wants it.
unsigned full_year(unsigned two_digits, instant now) {
  const auto today
    = std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(now)};
  const auto latest = static_cast<unsigned>(int{today.year()} + 50);
  return latest - (latest - two_digits) % 100;
}

/// "06 Nov 1994 08:49:37 GMT"
void scan_usual(date_scanner& from, date_parts& to) {
  to.day = from.digits(2);
  to.month = from.expect(" ").month();
  to.year = from.expect(" ").digits(4);
  scan_time(from.expect(" "), to);
  from.expect(" GMT");
}

/// "06-Nov-94 08:49:37 GMT"
void scan_rfc850(date_scanner& from, date_parts& to, instant now) {
  to.day = from.digits(2);
  to.month = from.expect("-").month();
  to.year = full_year(from.expect("-").digits(2), now);
  scan_time(from.expect(" "), to);
  from.expect(" GMT");
}

/// "Nov  6 08:49:37 1994"
void scan_asctime(date_scanner& from, date_parts& to) {
  to.month = from.month();
  to.day = from.expect(" ").word(" ") ? from.digits(1) : from.digits(2);
  scan_time(from.expect(" "), to);
  to.year = from.expect(" ").digits(4);
}

/// Reads the name of a day and what follows it, whose form it tells. That the
/// name is that of the date is not asked for.
void scan_date(date_scanner& from, date_parts& to, instant now) {
  for (const auto* name : long_days) {
    const auto day = std::string_view{name};
    if (!from.word(day.substr(0, 3)))
      continue;
    if (from.word(", "))
      return scan_usual(from, to);
    if (from.word(" "))
      return scan_asctime(from, to);
    return scan_rfc850(from.expect(day.substr(3)).expect(", "), to, now);
  }
  from.expect("the name of a day");
}

std::optional<instant> instant_of(const date_parts& x) {
  const auto date = std::chrono::year_month_day{
    std::chrono::year{static_cast<int>(x.year)}, std::chrono::month{x.month},
    std::chrono::day{x.day}};
  // The 60th is a leap second.
  if (!date.ok() || x.hour > 23 || x.minute > 59 || x.second > 60)
    return std::nullopt;
  return instant{sys_days{date}} + std::chrono::hours{x.hour}
         + std::chrono::minutes{x.minute} + std::chrono::seconds{x.second};
}

std::optional<duration> parse_date(std::string_view text, instant now) {
  auto from = date_scanner{text};
  auto parts = date_parts{};
  scan_date(from, parts, now);
  const auto at = from.done() ? instant_of(parts) : std::nullopt;
  if (!at || *at - now > most)
    return std::nullopt;
  return std::max<duration>(*at - now, duration::zero());
}

/// Digits, with a decimal point between some of them or without: so many times
/// `unit`, what is below a microsecond rounded up.
std::optional<duration> parse_number(std::string_view text, duration unit) {
  auto count = 0.0;
  auto scale = 0.0; // of the next digit behind the point
  for (const auto c : text) {
    if (c == '.' && scale == 0.0) {
      scale = 0.1;
    } else if (!is_digit(c)) {
      return std::nullopt;
    } else if (scale == 0.0) {
      count = count * 10 + (c - '0');
    } else {
      count += (c - '0') * scale;
      scale /= 10;
    }
  }
  const auto micros = count * static_cast<double>(unit.count());
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())
      || micros > static_cast<double>(most.count()))
    return std::nullopt;
  return duration{static_cast<duration::rep>(std::ceil(micros - 1e-3))};
}

} // namespace

std::optional<duration> parse_retry_after(std::string_view text, instant now) {
  const auto bare = without_blanks(text);
  if (const auto x = parse_number(bare, 1s))
    return x;
  return parse_date(bare, now);
}

std::optional<duration> retry_after(const http_headers& from, instant now) {
  if (const auto text = find_header(from, "retry-after-ms"))
    if (const auto x = parse_number(without_blanks(*text), 1ms))
      return x;
  const auto text = find_header(from, "retry-after");
  return text ? parse_retry_after(*text, now) : std::nullopt;
}

} // namespace stanchion

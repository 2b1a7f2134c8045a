#include <stanchion/core/error.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <array>
#include <charconv>

namespace stanchion {

namespace {

constexpr auto named_kinds = std::array{
  fault_kind::hang, fault_kind::drip,   fault_kind::kill, fault_kind::power,
  fault_kind::full, fault_kind::broken, fault_kind::lost};

[[noreturn]] void refuse(std::string_view rule, const std::string& why) {
  throw error{error_code::invalid_spec,
              "faults: \"" + std::string{rule} + "\" " + why
                + "; write TARGET:WHAT[:before|:after]@WHEN, such as "
                  "pay:timeout:after@0.2 or commit:kill@#3"};
}

/// Cuts what is before `mark` off `text`; all of it if there is none.
std::string_view cut(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  const auto head = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return head;
}

template <class T>
std::optional<T> number(std::string_view text) {
  auto x = T{};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), x);
  const auto whole = end == text.data() + text.size();
  return problem == std::errc{} && whole ? std::optional{x} : std::nullopt;
}

std::optional<duration> span(std::string_view text) {
  const auto digits = text.find_first_not_of("0123456789");
  const auto count = number<std::int64_t>(text.substr(0, digits));
  const auto unit
    = digits == std::string_view::npos ? "s" : text.substr(digits);
  constexpr auto most = std::int64_t{1'000'000'000};
  if (!count || *count > most)
    return std::nullopt;
  if (unit == "ms")
    return std::chrono::milliseconds{*count};
  if (unit == "s")
    return std::chrono::seconds{*count};
  if (unit == "m")
    return std::chrono::minutes{*count};
  return std::nullopt;
}

/// Reads WHAT into `x`. False when it is nothing.
bool read_what(std::string_view what, fault_rule& x) {
  constexpr auto latency = std::string_view{"latency="};
  if (what.starts_with(latency)) {
    const auto delay = span(what.substr(latency.size()));
    x.kind = fault_kind::latency;
    x.delay = delay.value_or(duration::zero());
    return delay.has_value();
  }
  for (const auto kind : named_kinds)
    if (what == to_string(kind)) {
      x.kind = kind;
      return true;
    }
  const auto why = parse_failure_kind(what);
  x.kind = fault_kind::fail;
  x.failure = why.value_or(failure_kind::internal);
  return why.has_value();
}

bool read_when(std::string_view when, fault_rule& x) {
  if (when.starts_with('#')) {
    x.nth = number<std::uint64_t>(when.substr(1)).value_or(0);
    return x.nth != 0;
  }
  const auto percent = when.ends_with('%');
  if (percent)
    when.remove_suffix(1);
  const auto chance = number<double>(when);
  x.rate = chance.value_or(0) / (percent ? 100 : 1);
  return chance.has_value();
}

fault_rule read_rule(std::string_view rule) {
  auto x = fault_rule{};
  auto when = rule;
  auto head = cut(when, '@');
  x.target = cut(head, ':');
  const auto what = cut(head, ':');
  if (!read_what(what, x))
    refuse(rule, "does nothing that can be done: \"" + std::string{what}
                   + "\" is no fault");
  if (head == to_string(fault_side::after))
    x.side = fault_side::after;
  else if (!head.empty() && head != to_string(fault_side::before))
    refuse(rule, "has no side \"" + std::string{head} + "\"");
  if (!read_when(when, x))
    refuse(rule, "does not say when");
  return x;
}

std::string what_text(const fault_rule& x) {
  if (x.kind == fault_kind::fail)
    return std::string{to_string(x.failure)};
  if (x.kind != fault_kind::latency)
    return std::string{to_string(x.kind)};
  const auto ms = x.delay / 1ms;
  return "latency=" + std::to_string(ms) + "ms";
}

std::string when_text(const fault_rule& x) {
  if (x.nth != 0)
    return "#" + std::to_string(x.nth);
  auto text = std::array<char, 32>{};
  const auto [end, problem]
    = std::to_chars(text.data(), text.data() + text.size(), x.rate);
  return {text.data(), problem == std::errc{} ? end : text.data()};
}

} // namespace

std::string_view to_string(fault_kind x) {
  switch (x) {
  case fault_kind::fail:
    return "fail";
  case fault_kind::latency:
    return "latency";
  case fault_kind::hang:
    return "hang";
  case fault_kind::drip:
    return "drip";
  case fault_kind::kill:
    return "kill";
  case fault_kind::power:
    return "power";
  case fault_kind::full:
    return "full";
  case fault_kind::broken:
    return "broken";
  case fault_kind::lost:
    return "lost";
  }
  return "?";
}

std::string_view to_string(fault_side x) {
  return x == fault_side::before ? "before" : "after";
}

std::string to_text(const fault_rule& x) {
  auto text = x.target + ":" + what_text(x);
  if (x.side == fault_side::after)
    text += ":after";
  return text + "@" + when_text(x);
}

std::string to_text(const faults& x) {
  auto text = std::string{};
  for (const auto& rule : x.rules)
    text += (text.empty() ? "" : ",") + to_text(rule);
  return text;
}

faults parse_faults(std::string_view text) {
  auto x = faults{};
  while (!text.empty()) {
    const auto rule = cut(text, ',');
    if (rule == "rough") {
      const auto all = rough_days().rules;
      x.rules.insert(x.rules.end(), all.begin(), all.end());
    } else {
      x.rules.push_back(read_rule(rule));
    }
  }
  const auto problems = validate(x);
  if (!problems.empty())
    throw error{error_code::invalid_spec, problems.front()};
  return x;
}

} // namespace stanchion

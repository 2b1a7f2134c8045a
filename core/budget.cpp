#include <stanchion/core/budget.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>

namespace stanchion {

namespace {

constexpr auto longest = duration{std::chrono::days{3'650}};

template <class T>
std::optional<T> least(const std::optional<T>& x, const std::optional<T>& y) {
  if (!x || !y)
    return x ? x : y;
  return std::min(*x, *y);
}

void raise(std::optional<std::uint32_t>& x,
           const std::optional<std::uint32_t>& by) {
  constexpr auto most = std::numeric_limits<std::uint32_t>::max();
  if (x && by)
    *x = *by < most - *x ? *x + *by : most;
}

void lower(std::optional<std::uint32_t>& x, std::uint32_t used) {
  if (x)
    *x = *x > used ? *x - used : 1;
}

template <class T>
void read(const json& from, const char* key, std::optional<T>& to) {
  if (const auto found = from.find(key); found != from.end())
    to = found->get<T>();
}

std::uint64_t positive(const std::string& key, const json& x) {
  if (!x.is_number_unsigned() || x == 0 || x > 1'000'000'000)
    throw error{error_code::bad_decision,
                "\"" + key
                  + "\" must be a whole number from 1 to 1000000000, and is "
                  + x.dump()};
  return x.get<std::uint64_t>();
}

} // namespace

std::vector<std::string> validate(const budget& x) {
  std::vector<std::string> found;
  if (x.time && (*x.time <= duration::zero() || *x.time > longest))
    found.emplace_back("time: must be longer than zero and at most ten years; "
                       "leave it out for no limit");
  if (x.steps && *x.steps == 0)
    found.emplace_back("steps: must be at least 1; leave it out for no limit");
  if (x.attempts && *x.attempts == 0)
    found.emplace_back("attempts: must be at least 1; leave it out for no "
                       "limit");
  return found;
}

budget tighter(const budget& x, const budget& y) {
  return {.time = least(x.time, y.time),
          .steps = least(x.steps, y.steps),
          .attempts = least(x.attempts, y.attempts)};
}

budget enlarged(const budget& x, const budget& by) {
  auto result = x;
  if (x.time && by.time)
    result.time = std::min(*x.time, longest) + std::min(*by.time, longest);
  raise(result.steps, by.steps);
  raise(result.attempts, by.attempts);
  return result;
}

budget rest(const budget& x, const usage& used) {
  auto result = x;
  if (x.time)
    result.time = std::max(*x.time - used.time, duration{1});
  lower(result.steps, used.steps);
  lower(result.attempts, used.attempts);
  return result;
}

void to_json(json& to, const budget& from) {
  to = json::object();
  if (from.time)
    to["time_us"] = from.time->count();
  if (from.steps)
    to["steps"] = *from.steps;
  if (from.attempts)
    to["attempts"] = *from.attempts;
}

budget budget_from_json(const json& from) {
  budget x;
  if (const auto found = from.find("time_us"); found != from.end())
    x.time = duration{found->get<std::int64_t>()};
  read(from, "steps", x.steps);
  read(from, "attempts", x.attempts);
  return x;
}

budget extension_from_json(const json& from) {
  constexpr auto form = "an extension is {\"seconds\": 600, \"steps\": 10, "
                        "\"attempts\": 5}, or some of these";
  if (!from.is_object() || from.empty())
    throw error{error_code::bad_decision, form};
  budget x;
  for (const auto& [key, number] : from.items()) {
    if (key == "seconds")
      x.time = std::chrono::seconds{positive(key, number)};
    else if (key == "steps")
      x.steps = static_cast<std::uint32_t>(positive(key, number));
    else if (key == "attempts")
      x.attempts = static_cast<std::uint32_t>(positive(key, number));
    else
      throw error{error_code::bad_decision,
                  "\"" + key + "\" is no limit; " + form};
  }
  return x;
}

} // namespace stanchion

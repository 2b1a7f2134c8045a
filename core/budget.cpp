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

template <class T>
T sum(T x, T y) {
  constexpr auto most = std::numeric_limits<T>::max();
  return y < most - x ? x + y : most;
}

template <class T>
void raise(std::optional<T>& x, const std::optional<T>& by) {
  if (x && by)
    *x = sum(*x, *by);
}

template <class T>
void lower(std::optional<T>& x, T used) {
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

void require_some(std::vector<std::string>& found, const char* name,
                  const auto& limit) {
  if (limit && *limit == 0)
    found.push_back(std::string{name}
                    + ": must be at least 1; leave it out for no limit");
}

} // namespace

spending operator+(const spending& x, const spending& y) {
  return {.tokens = sum(x.tokens, y.tokens), .cost = sum(x.cost, y.cost)};
}

spending operator-(const spending& x, const spending& y) {
  return {.tokens = x.tokens - std::min(x.tokens, y.tokens),
          .cost = x.cost - std::min(x.cost, y.cost)};
}

std::vector<std::string> validate(const budget& x) {
  std::vector<std::string> found;
  if (x.time && (*x.time <= duration::zero() || *x.time > longest))
    found.emplace_back("time: must be longer than zero and at most ten years; "
                       "leave it out for no limit");
  require_some(found, "steps", x.steps);
  require_some(found, "attempts", x.attempts);
  require_some(found, "tokens", x.tokens);
  require_some(found, "cost", x.cost);
  return found;
}

budget tighter(const budget& x, const budget& y) {
  return {.time = least(x.time, y.time),
          .steps = least(x.steps, y.steps),
          .attempts = least(x.attempts, y.attempts),
          .tokens = least(x.tokens, y.tokens),
          .cost = least(x.cost, y.cost)};
}

budget enlarged(const budget& x, const budget& by) {
  auto result = x;
  if (x.time && by.time)
    result.time = std::min(*x.time, longest) + std::min(*by.time, longest);
  raise(result.steps, by.steps);
  raise(result.attempts, by.attempts);
  raise(result.tokens, by.tokens);
  raise(result.cost, by.cost);
  return result;
}

budget rest(const budget& x, const usage& used) {
  auto result = x;
  if (x.time)
    result.time = std::max(*x.time - used.time, duration{1});
  lower(result.steps, used.steps);
  lower(result.attempts, used.attempts);
  lower(result.tokens, used.spent.tokens);
  lower(result.cost, used.spent.cost);
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
  if (from.tokens)
    to["tokens"] = *from.tokens;
  if (from.cost)
    to["cost"] = *from.cost;
}

budget budget_from_json(const json& from) {
  budget x;
  if (const auto found = from.find("time_us"); found != from.end())
    x.time = duration{found->get<std::int64_t>()};
  read(from, "steps", x.steps);
  read(from, "attempts", x.attempts);
  read(from, "tokens", x.tokens);
  read(from, "cost", x.cost);
  return x;
}

budget extension_from_json(const json& from) {
  constexpr auto form = "an extension is {\"seconds\": 600, \"steps\": 10, "
                        "\"attempts\": 5, \"tokens\": 1000, \"cost\": "
                        "50000}, or some of these";
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
    else if (key == "tokens")
      x.tokens = positive(key, number);
    else if (key == "cost")
      x.cost = positive(key, number);
    else
      throw error{error_code::bad_decision,
                  "\"" + key + "\" is no limit; " + form};
  }
  return x;
}

void to_json(json& to, const spending& from) {
  to = json::object();
  if (from.tokens != 0)
    to["tokens"] = from.tokens;
  if (from.cost != 0)
    to["cost"] = from.cost;
}

spending spending_from_json(const json& from) {
  return {.tokens = from.value("tokens", std::uint64_t{0}),
          .cost = from.value("cost", std::uint64_t{0})};
}

} // namespace stanchion

#include <stanchion/core/problem_list.hpp>
#include <stanchion/supervisors/policy/detail/json_integer.hpp>
#include <stanchion/supervisors/policy/retry_budget.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace stanchion {

namespace {

constexpr std::int64_t one_retry = 1'000;
constexpr int text_version = 1;

/// The member `key`, if it is an integer that may be reckoned with.
std::optional<std::int64_t> integer(const nlohmann::json& from,
                                    const char* key) {
  return detail::integer<std::int64_t>(from, key, -detail::far_away,
                                       detail::far_away);
}

} // namespace

std::vector<std::string> validate(const retry_budget_options& x,
                                  std::string_view where) {
  problem_list found{where};
  found.require(x.share >= 0.0 && x.share <= 10.0, "share",
                "must be from 0 to 10; 0.2 allows a retry for every five "
                "calls");
  found.require(x.reserve <= 100'000, "reserve", "must be at most 100000");
  found.require(x.window >= 1s && x.window <= 1h, "window",
                "must be from 1s to 1h");
  return found.take();
}

retry_budget::retry_budget(retry_budget_options options)
  : options_(options),
    deposit_(static_cast<std::int64_t>(options.share * double{one_retry})),
    balance_(options.window) {
  // nop
}

bool retry_budget::try_spend(instant now) {
  if (balance(now) < one_retry)
    return false;
  balance_.add(now, -one_retry);
  return true;
}

std::uint64_t retry_budget::left(instant now) {
  return static_cast<std::uint64_t>(std::max(balance(now), std::int64_t{0})
                                    / one_retry);
}

std::int64_t retry_budget::balance(instant now) {
  return balance_.total(now) + options_.reserve * one_retry;
}

std::string retry_budget::to_text(instant now) {
  const nlohmann::json doc = {{"version", text_version},
                              {"balance", balance_.total(now)},
                              {"at", to_micros(now)}};
  return doc.dump();
}

retry_budget retry_budget::from_text(std::string_view text,
                                     retry_budget_options options,
                                     instant now) {
  auto result = retry_budget{options};
  const auto reserve = options.reserve * one_retry;
  const auto doc = nlohmann::json::parse(text, nullptr, false);
  const auto version = doc.is_object() ? integer(doc, "version") : std::nullopt;
  const auto balance = version ? integer(doc, "balance") : std::nullopt;
  const auto at = version ? integer(doc, "at") : std::nullopt;
  if (version != text_version || !balance || !at)
    result.balance_.add(now, -reserve);
  else if (now - from_micros(*at) < options.window)
    result.balance_.add(now, std::clamp(*balance, -reserve, reserve));
  return result;
}

} // namespace stanchion

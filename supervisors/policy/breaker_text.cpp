#include <stanchion/supervisors/policy/breaker.hpp>
#include <stanchion/supervisors/policy/detail/json_integer.hpp>

#include <nlohmann/json.hpp>

#include <limits>

namespace stanchion {

namespace {

constexpr int text_version = 1;

std::optional<breaker_state> parse_state(std::string_view text) {
  for (auto x :
       {breaker_state::closed, breaker_state::open, breaker_state::isolated})
    if (to_string(x) == text)
      return x;
  return std::nullopt;
}

/// The member `key` as a count.
template <class T>
std::optional<T> count(const nlohmann::json& from, const char* key) {
  return detail::integer<T>(from, key, 0, std::numeric_limits<T>::max() - 1);
}

/// The member `key` as an instant that may be shifted without overflow.
std::optional<instant> moment(const nlohmann::json& from, const char* key) {
  const auto x = detail::integer<std::int64_t>(from, key, -detail::far_away,
                                               detail::far_away);
  return x ? std::optional{from_micros(*x)} : std::nullopt;
}

} // namespace

std::string breaker::to_text() const {
  const auto state
    = state_ == breaker_state::half_open ? breaker_state::open : state_;
  const nlohmann::json doc = {
    {"version", text_version},    {"state", to_string(state)},
    {"generation", generation_},  {"failures", failures_},
    {"opened", opened_},          {"seen", to_micros(seen_)},
    {"until", to_micros(until_)},
  };
  return doc.dump();
}

std::optional<breaker> breaker::from_text(std::string_view text,
                                          breaker_options options) {
  const auto doc = nlohmann::json::parse(text, nullptr, false);
  if (!doc.is_object() || count<int>(doc, "version") != text_version
      || !doc.contains("state") || !doc["state"].is_string())
    return std::nullopt;
  const auto state = parse_state(doc["state"].get_ref<const std::string&>());
  const auto generation = count<std::uint64_t>(doc, "generation");
  const auto failures = count<std::uint32_t>(doc, "failures");
  const auto opened = count<std::uint32_t>(doc, "opened");
  const auto seen = moment(doc, "seen");
  const auto until = moment(doc, "until");
  if (!state || !generation || !failures || !opened || !seen || !until)
    return std::nullopt;
  breaker result{options};
  result.state_ = *state;
  result.generation_ = *generation + 1;
  result.failures_ = *failures;
  result.opened_ = *opened;
  result.seen_ = *seen;
  result.until_ = *until;
  return result;
}

} // namespace stanchion

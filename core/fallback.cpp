#include <stanchion/core/fallback.hpp>
#include <stanchion/core/problem_list.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

fallback cached(duration max_age, cache_scope scope) {
  return fallback_cache{max_age, scope};
}

fallback static_value(json content) {
  return fallback_value{value{std::move(content)}};
}

fallback
partial(std::function<json(const value& arguments, const failure& why)> make) {
  return fallback_partial{std::move(make)};
}

fallback instead(std::string tool,
                 std::function<json(const value& arguments)> arguments) {
  return fallback_tool{std::move(tool), std::move(arguments)};
}

bool may_fall_back(const failure& why) {
  switch (why.kind) {
  case failure_kind::cancelled:
  case failure_kind::bad_arguments:
  case failure_kind::unknown_tool:
  case failure_kind::budget_exhausted:
  case failure_kind::deadline_exceeded:
  case failure_kind::step_limit:
  case failure_kind::nondeterminism:
    return false;
  default:
    return category_of(why.kind) != failure_category::user_data
           && why.effect != side_effect::unknown;
  }
}

std::vector<std::string> validate(const std::vector<fallback>& chain,
                                  bool read_only, std::string_view where) {
  auto found = problem_list{};
  auto nth = 0;
  for (const auto& x : chain) {
    const auto field = std::string{where} + "[" + std::to_string(++nth) + "]";
    const auto* other = std::get_if<fallback_tool>(&x);
    found.require(other != nullptr || read_only, field,
                  "only a read_only tool may be answered for without a call; "
                  "of another one nobody would know whether it acted");
    if (other != nullptr)
      found.require(!other->tool.empty(), field, "names no tool");
    if (const auto* kept = std::get_if<fallback_cache>(&x))
      found.require(kept->max_age > duration::zero(), field,
                    "max_age must be positive");
    if (const auto* part = std::get_if<fallback_partial>(&x))
      found.require(static_cast<bool>(part->make), field, "has no function");
    found.require(!std::holds_alternative<fallback_value>(x)
                    || nth == static_cast<int>(chain.size()),
                  field,
                  "always has something to give; nothing after it is "
                  "ever tried");
  }
  return found.take();
}

} // namespace stanchion

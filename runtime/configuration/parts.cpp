#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>

#include <variant>

namespace stanchion::configuring {

configuration_problem place_of(const object_reader& x, const char* member) {
  return x.where(member == nullptr ? std::string_view{} : member);
}

std::vector<mention> mentions(const std::vector<std::string>& names,
                              const object_reader& x, const char* member) {
  auto all = std::vector<mention>{};
  for (const auto& name : names)
    all.push_back({name, place_of(x, member)});
  return all;
}

std::vector<mention> needed_by(const tool_policies& of,
                               const object_reader& x) {
  auto all = std::vector<mention>{};
  for (const auto& each : of.fallbacks)
    if (const auto* other = std::get_if<fallback_tool>(&each))
      all.push_back({other->tool, place_of(x, "fallbacks")});
  if (!of.inverse.empty())
    all.push_back({of.inverse, place_of(x, "inverse")});
  return all;
}

} // namespace stanchion::configuring

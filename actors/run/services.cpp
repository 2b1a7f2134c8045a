#include <stanchion/actors/run/services.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace stanchion {

bool tool_traits::keeps_answers() const {
  return std::any_of(fallbacks.begin(), fallbacks.end(), [](const auto& x) {
    return std::holds_alternative<fallback_cache>(x);
  });
}

std::optional<tool_entry> tool_directory::find(std::string_view name) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return std::nullopt;
  return found->second;
}

void tool_directory::put(const std::string& name, effect tool_effect,
                         tool_traits traits) {
  auto shared = std::make_shared<const tool_traits>(std::move(traits));
  const std::lock_guard lock{mutex_};
  auto& entry = entries_[name];
  entry.tool_effect = tool_effect;
  entry.traits = std::move(shared);
}

void tool_directory::set_guard(const std::string& name,
                               fabric::actor_ref guard) {
  const std::lock_guard lock{mutex_};
  if (const auto found = entries_.find(name); found != entries_.end())
    std::swap(found->second.guard, guard);
}

} // namespace stanchion

#include <stanchion/actors/run/services.hpp>

#include <utility>

namespace stanchion {

std::optional<tool_entry> tool_directory::find(std::string_view name) const {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(name);
  if (found == entries_.end())
    return std::nullopt;
  return found->second;
}

void tool_directory::put(const std::string& name, effect tool_effect) {
  const std::lock_guard lock{mutex_};
  entries_[name].tool_effect = tool_effect;
}

void tool_directory::set_guard(const std::string& name,
                               fabric::actor_ref guard) {
  const std::lock_guard lock{mutex_};
  if (const auto found = entries_.find(name); found != entries_.end())
    std::swap(found->second.guard, guard);
}

} // namespace stanchion

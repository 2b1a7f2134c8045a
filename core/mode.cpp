#include <stanchion/core/detail/names.hpp>
#include <stanchion/core/mode.hpp>

namespace stanchion {

std::string_view to_string(mode x) {
  switch (x) {
  case mode::autonomous:
    return "autonomous";
  case mode::advisory:
    return "advisory";
  case mode::stopped:
    return "stopped";
  }
  return detail::no_name;
}

std::optional<mode> parse_mode(std::string_view text) {
  return detail::parse_name(text, mode::stopped);
}

mode_directory::entry& mode_directory::entry_of(const std::string& agent) {
  auto& x = entries_[agent];
  if (x.cell == nullptr)
    x.cell = std::make_shared<mode_cell>(top_);
  return x;
}

std::shared_ptr<const mode_cell>
mode_directory::cell(const std::string& agent) {
  const std::lock_guard lock{mutex_};
  return entry_of(agent).cell;
}

mode_setting mode_directory::find(const std::string& agent) const {
  const std::lock_guard lock{mutex_};
  if (agent.empty())
    return everything_;
  const auto found = entries_.find(agent);
  return found == entries_.end() ? mode_setting{} : found->second.setting;
}

void mode_directory::set(const std::string& agent, mode_setting x) {
  const std::lock_guard lock{mutex_};
  if (agent.empty()) {
    top_->set(x.mode);
    everything_ = std::move(x);
    return;
  }
  auto& to = entry_of(agent);
  to.cell->set(x.mode);
  to.setting = std::move(x);
}

mode_setting mode_directory::effective(const std::string& agent) const {
  auto own = find(agent);
  auto all = find({});
  return own.mode < all.mode ? all : own;
}

} // namespace stanchion

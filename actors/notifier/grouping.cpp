#include <stanchion/actors/notifier/grouping.hpp>

#include <algorithm>

namespace stanchion {

void grouping::add(pending_notice x) {
  if (!ids_.insert(x.content.id).second)
    return;
  if (x.message.empty())
    queue_.push_back(std::move(x.content));
  else
    sealed_[x.message].push_back(std::move(x.content));
}

void grouping::forget(const std::string& id) {
  ids_.erase(id);
}

bool grouping::ready(const notice& x, instant now) const {
  const auto open = windows_.find({x.group, x.what});
  return open == windows_.end() || open->second <= now;
}

/// Takes out the one at `first` and those like it, up to the first of its group
/// that says something else.
message grouping::gather(std::size_t first) {
  const auto kind = queue_[first].what;
  const auto group = queue_[first].group;
  auto about = std::vector<notice>{};
  auto rest = std::deque<notice>{};
  auto ended = false;
  for (auto& x : queue_) {
    const auto same_group = x.group == group;
    ended = ended || (same_group && x.what != kind);
    if (same_group && !ended)
      about.push_back(std::move(x));
    else
      rest.push_back(std::move(x));
  }
  queue_ = std::move(rest);
  return message_of(std::move(about));
}

std::optional<grouping::next_message> grouping::next(instant now) {
  std::erase_if(windows_, [now](const auto& x) { return x.second <= now; });
  if (!sealed_.empty()) {
    auto found = sealed_.extract(sealed_.begin());
    return next_message{
      .content = {.id = found.key(), .about = std::move(found.mapped())},
      .sealed = true};
  }
  auto held = std::set<std::string>{}; // groups that wait for their window
  for (auto i = std::size_t{0}; i < queue_.size(); ++i) {
    const auto& x = queue_[i];
    if (held.contains(x.group))
      continue;
    if (!ready(x, now)) {
      held.insert(x.group);
      continue;
    }
    if (window_ > duration::zero())
      windows_[{x.group, x.what}] = now + window_;
    return next_message{.content = gather(i)};
  }
  return std::nullopt;
}

std::optional<instant> grouping::due(instant now) const {
  if (!sealed_.empty())
    return now;
  auto soonest = std::optional<instant>{};
  auto seen = std::set<std::string>{};
  for (const auto& x : queue_) {
    if (!seen.insert(x.group).second)
      continue;
    const auto open = windows_.find({x.group, x.what});
    const auto at = open == windows_.end() ? now : std::max(now, open->second);
    soonest = soonest ? std::min(*soonest, at) : at;
  }
  return soonest;
}

std::size_t grouping::waiting() const {
  auto count = queue_.size();
  for (const auto& [id, about] : sealed_)
    count += about.size();
  return count;
}

} // namespace stanchion

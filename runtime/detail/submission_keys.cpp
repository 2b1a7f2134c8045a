#include <stanchion/runtime/detail/submission_keys.hpp>

#include <utility>

namespace stanchion::detail {

submission_keys::submission_keys() : state_(std::make_shared<state>()) {
  // nop
}

submission_keys::~submission_keys() {
  const std::lock_guard lock{state_->mutex};
  state_->closed = true;
}

std::shared_ptr<void> submission_keys::claim(const std::string& key) {
  {
    auto lock = std::unique_lock{state_->mutex};
    state_->changed.wait(lock,
                         [&] { return state_->taken.try_emplace(key).second; });
  }
  return hold(state_, key);
}

std::shared_ptr<void>
submission_keys::try_claim(const std::string& key,
                           std::function<void()> when_free) {
  {
    const std::lock_guard lock{state_->mutex};
    const auto [place, fresh] = state_->taken.try_emplace(key);
    if (!fresh) {
      place->second.push_back(std::move(when_free));
      return nullptr;
    }
  }
  return hold(state_, key);
}

std::shared_ptr<void> submission_keys::hold(const std::shared_ptr<state>& in,
                                            const std::string& key) {
  const auto let_go = [in, key](void*) {
    auto waiting = std::vector<std::function<void()>>{};
    {
      const std::lock_guard lock{in->mutex};
      const auto found = in->taken.find(key);
      if (!in->closed)
        waiting = std::move(found->second);
      in->taken.erase(found);
    }
    in->changed.notify_all();
    for (const auto& wake : waiting)
      wake();
  };
  return {in.get(), let_go};
}

} // namespace stanchion::detail

#include <stanchion/runtime/supervisor.hpp>

namespace stanchion {

supervisor& supervisor::child(tool x) {
  children_.emplace_back(std::move(x));
  return *this;
}

supervisor& supervisor::child(agent x) {
  children_.emplace_back(std::move(x));
  return *this;
}

supervisor& supervisor::child(llm_agent x) {
  children_.emplace_back(std::move(x));
  return *this;
}

supervisor& supervisor::child(supervisor x) {
  children_.emplace_back(std::move(x));
  return *this;
}

} // namespace stanchion

#include "support/eventually.hpp"

#include <poll.h>

namespace stanchion::test {

bool eventually(const std::function<bool()>& holds,
                std::chrono::milliseconds limit) {
  constexpr auto pause = 5; // ms
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    poll(nullptr, 0, pause);
  }
  return true;
}

} // namespace stanchion::test

#include "support/refusal.hpp"

namespace stanchion::test {

error_code refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const error& e) {
    return e.code();
  }
  return error_code{};
}

} // namespace stanchion::test

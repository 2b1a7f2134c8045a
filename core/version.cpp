#include <stanchion/core/version.hpp>

namespace stanchion {

std::string_view version() noexcept {
  return STANCHION_VERSION;
}

} // namespace stanchion

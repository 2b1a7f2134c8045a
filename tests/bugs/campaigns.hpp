#pragma once

#include <stanchion/testing.hpp>

#include <functional>
#include <string>
#include <vector>

/// What bugs are hunted with: systems that use much of the runtime, each with
/// bad days of its own and with what must be true at the end of them.
namespace stanchion::test {

struct hunting_ground {
  std::string name;
  std::function<simulation()> make;
  /// One death at every boundary instead of seeds.
  bool everywhere = false;
};

[[nodiscard]] const std::vector<hunting_ground>& hunting_grounds();

} // namespace stanchion::test

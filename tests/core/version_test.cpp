#include "support/catch.hpp"

#include <stanchion/core/version.hpp>

#include <algorithm>

using namespace stanchion;

TEST_CASE("the version has three parts", "[core][version]") {
  const auto text = version();
  CHECK(std::count(text.begin(), text.end(), '.') == 2);
  CHECK(text.find_first_not_of("0123456789.") == text.npos);
}

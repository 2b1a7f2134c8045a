#pragma once

/// The one place that knows which Catch2 is installed: v2 on Debian 12, v3 on
/// Debian 13. Offers what both have, by its v2 name: TEST_CASE,
/// TEST_CASE_METHOD, SECTION, CHECK, REQUIRE, GENERATE, `table`, `Approx`,
/// CHECK_THAT and the string matchers.

#if __has_include(<catch2/catch_all.hpp>)
#  include <catch2/catch_all.hpp>
#else
#  include <catch2/catch.hpp>
#endif

#include <string>

namespace stanchion::test {

#if __has_include(<catch2/catch_all.hpp>)
using Catch::Approx; // v2 offers it everywhere
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
#else
using Catch::Matchers::EndsWith;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;

/// Named as in v3, where `Contains` became a matcher of ranges.
// NOLINTNEXTLINE(readability-identifier-naming)
inline auto ContainsSubstring(const std::string& text) {
  return Catch::Matchers::Contains(text);
}
#endif

} // namespace stanchion::test

using Catch::Generators::table;
using namespace stanchion::test;

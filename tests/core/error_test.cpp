#include "support/catch.hpp"

#include <stanchion/core/error.hpp>

using namespace stanchion;

TEST_CASE("an error starts with its stable code", "[core][error]") {
  const error x{error_code::store_in_use, "another process owns /data"};
  CHECK(x.code() == error_code::store_in_use);
  CHECK(std::string{x.what()} == "E-STORE-001: another process owns /data");
}

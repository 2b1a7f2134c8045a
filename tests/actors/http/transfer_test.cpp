#include "support/catch.hpp"

#include <stanchion/actors/http/transfer.hpp>

#include <set>

using namespace stanchion;

TEST_CASE("a header is found by its name in any case, the first one first",
          "[http][transfer]") {
  const auto from = http_headers{
    {"Content-Type", "text/plain"}, {"x-id", "1"}, {"X-ID", "2"}, {"x-", ""}};
  CHECK(find_header(from, "content-type") == "text/plain");
  CHECK(find_header(from, "X-Id") == "1");
  CHECK(find_header(from, "x-") == "");
  CHECK_FALSE(find_header(from, "x-i"));
  CHECK_FALSE(find_header(from, "x-idx"));
  CHECK_FALSE(find_header({}, "x-id"));
}

TEST_CASE("each failure of a transfer has a name of its own",
          "[http][transfer]") {
  using enum transfer_failure;
  auto names = std::set<std::string_view>{};
  for (const auto x :
       {unreachable, refused, broken, timeout, too_large, malformed, cancelled})
    names.insert(to_string(x));
  CHECK(names.size() == 7);
  CHECK(names.contains("too_large"));
}

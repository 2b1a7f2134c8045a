#include "support/catch.hpp"

#include <stanchion/core/http_failure.hpp>

using namespace stanchion;

TEST_CASE("an HTTP status names a kind and what may have happened",
          "[core][failure]") {
  using k = failure_kind;
  using e = side_effect;
  auto [status, kind, effect]
    = GENERATE(table<std::uint16_t, failure_kind, side_effect>({
      {400, k::http_4xx, e::none},
      {401, k::auth, e::none},
      {402, k::budget_exhausted, e::none},
      {403, k::permission_denied, e::none},
      {404, k::not_found, e::none},
      {408, k::timeout, e::unknown},
      {409, k::conflict, e::unknown},
      {410, k::not_found, e::none},
      {422, k::http_4xx, e::none},
      {425, k::overloaded, e::none},
      {429, k::rate_limited, e::none},
      {499, k::http_4xx, e::none},
      {500, k::http_5xx, e::unknown},
      {503, k::http_5xx, e::unknown},
      {529, k::overloaded, e::none},
      {599, k::http_5xx, e::unknown},
      {302, k::internal, e::unknown},
      {0, k::internal, e::unknown},
    }));
  const auto x = http_failure(status, "text");
  CAPTURE(status);
  CHECK(x.kind == kind);
  CHECK(x.effect == effect);
  CHECK(x.status == status);
}

TEST_CASE("a negative wait that a service asks for is none",
          "[core][failure]") {
  CHECK(http_failure(429, "", "", -5s).retry_after == 0s);
  CHECK(http_failure(429, "", "", 5s).retry_after == 5s);
  CHECK_FALSE(http_failure(429, "").retry_after);
}

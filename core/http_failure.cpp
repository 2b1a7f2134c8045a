#include <stanchion/core/http_failure.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

failure_kind kind_of(std::uint16_t status) {
  switch (status) {
  case 401:
    return failure_kind::auth;
  case 402:
    return failure_kind::budget_exhausted;
  case 403:
    return failure_kind::permission_denied;
  case 404:
  case 410:
    return failure_kind::not_found;
  case 408:
    return failure_kind::timeout;
  case 409:
    return failure_kind::conflict;
  case 425:
  case 529:
    return failure_kind::overloaded;
  case 429:
    return failure_kind::rate_limited;
  default:
    break;
  }
  if (status >= 400 && status < 500)
    return failure_kind::http_4xx;
  return status >= 500 && status < 600 ? failure_kind::http_5xx
                                       : failure_kind::internal;
}

side_effect effect_of(std::uint16_t status) {
  if (status == 408 || status == 409)
    return side_effect::unknown;
  if ((status >= 400 && status < 500) || status == 529)
    return side_effect::none;
  return side_effect::unknown;
}

} // namespace

failure http_failure(std::uint16_t status, std::string message,
                     std::string code, std::optional<duration> retry_after) {
  auto x = failure{.kind = kind_of(status),
                   .effect = effect_of(status),
                   .message = std::move(message),
                   .status = status,
                   .code = std::move(code)};
  if (retry_after)
    x.retry_after = std::max(*retry_after, duration::zero());
  return x;
}

} // namespace stanchion

#include <stanchion/actors/http/transfer.hpp>
#include <stanchion/core/ascii.hpp>

#include <algorithm>

namespace stanchion {

namespace {

bool equal_names(std::string_view x, std::string_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                    [](char a, char b) { return to_lower(a) == to_lower(b); });
}

} // namespace

std::optional<std::string_view> find_header(const http_headers& from,
                                            std::string_view name) {
  for (const auto& [key, content] : from)
    if (equal_names(key, name))
      return content;
  return std::nullopt;
}

std::string_view to_string(transfer_failure x) {
  switch (x) {
  case transfer_failure::unreachable:
    return "unreachable";
  case transfer_failure::refused:
    return "refused";
  case transfer_failure::broken:
    return "broken";
  case transfer_failure::timeout:
    return "timeout";
  case transfer_failure::too_large:
    return "too_large";
  case transfer_failure::malformed:
    return "malformed";
  case transfer_failure::cancelled:
    return "cancelled";
  }
  return "unknown";
}

} // namespace stanchion

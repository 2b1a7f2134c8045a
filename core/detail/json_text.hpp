#pragma once

#include <string>
#include <string_view>

namespace stanchion::detail {

/// One step of a JSON pointer (RFC 6901): `/` and the escaped name.
[[nodiscard]] std::string pointer_step(std::string_view name);

/// What nlohmann's parser complains about, without its prefix and without the
/// text it read, which may be long and no UTF-8.
[[nodiscard]] std::string syntax_complaint(std::string_view what);

} // namespace stanchion::detail

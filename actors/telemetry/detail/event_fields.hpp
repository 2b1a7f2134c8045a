#pragma once

#include <nlohmann/json_fwd.hpp>

/// What the fields of an event say, for those who count.
namespace stanchion::detail {

/// Whether an attempt that failed is one of its call: neither a question about
/// another one, nor one copy of several.
[[nodiscard]] bool is_whole_attempt(const nlohmann::json& fields);

} // namespace stanchion::detail

#pragma once

#include <nlohmann/json_fwd.hpp>

namespace stanchion {

/// The operator API as an OpenAPI 3.1 document, made from its routes.
///
/// Threads: any.
[[nodiscard]] nlohmann::json openapi_document();

} // namespace stanchion

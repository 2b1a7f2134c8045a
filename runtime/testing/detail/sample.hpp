#pragma once

#include <stanchion/core/random.hpp>

#include <nlohmann/json_fwd.hpp>

namespace stanchion::detail {

using nlohmann::json;

/// A value such as the JSON Schema `document` allows, drawn from `random`: a
/// constant, an example or a default where it names one, else what its type,
/// bounds and required members ask for. `{}` where it asks for nothing.
///
/// Patterns, formats and combinations are not solved: a tool whose schema has
/// them needs a fake.
[[nodiscard]] json sample(const json& document, random_source& random);

} // namespace stanchion::detail

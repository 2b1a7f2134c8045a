#pragma once

#include <stanchion/core/schema.hpp>
#include <stanchion/core/value.hpp>

#include <string>
#include <vector>

namespace stanchion {

/// The keywords of `document` that `schema` would have to ignore, each with its
/// JSON pointer, such as `/properties/a/prefixItems`: those of drafts after 7
/// that restrict or change what is valid, and a `$ref` that leads out of the
/// document, which is never fetched. Empty for a schema of draft 7 at most.
///
/// Threads: any.
[[nodiscard]] std::vector<std::string>
unsupported_keywords(const json& document);

/// Accepts everything, but shows `document`: for a schema that somebody else
/// checks, such as one that says what draft 7 cannot. Its `document()` has the
/// member `x-stanchion-unchecked` besides.
/// Threads: any.
[[nodiscard]] schema unchecked_schema(json document);

} // namespace stanchion

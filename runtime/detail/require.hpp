#pragma once

#include <string>
#include <vector>

namespace stanchion::detail {

/// Throws `error{invalid_spec}`, with what is wrong with `about` line by line,
/// unless nothing is.
void require_none(const std::vector<std::string>& problems,
                  const std::string& about);

} // namespace stanchion::detail

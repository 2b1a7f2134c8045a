#pragma once

#include <stanchion/cli/invocation.hpp>

#include <functional>
#include <string>
#include <vector>

namespace stanchion {

/// Does something to each; what goes wrong with one is said, and the others go
/// on. Says how it went: that of all, or `partly_failed`.
[[nodiscard]] exit_code
each(const command_context& x, const std::vector<std::string>& ids,
     const std::function<void(const std::string&)>& act);

} // namespace stanchion

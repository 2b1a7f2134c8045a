#pragma once

#include <stanchion/core/error.hpp>

#include <functional>

namespace stanchion::test {

/// What `f` is refused with; `error_code{}` when it is not.
[[nodiscard]] error_code refusal(const std::function<void()>& f);

} // namespace stanchion::test

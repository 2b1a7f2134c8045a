#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/require.hpp>

namespace stanchion::detail {

void require_none(const std::vector<std::string>& problems,
                  const std::string& about) {
  if (problems.empty())
    return;
  auto text = about + ":";
  for (const auto& x : problems)
    text += "\n  " + x;
  throw error{error_code::invalid_spec, text};
}

} // namespace stanchion::detail

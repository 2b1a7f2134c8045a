#pragma once

#include <cstdint>
#include <string_view>

namespace stanchion {

/// When a child that went down is started again.
enum class restart_type : std::uint8_t {
  permanent = 1, ///< always
  transient = 2, ///< only after an abnormal exit
  temporary = 3, ///< never; it is forgotten
};

/// Whom else a restart concerns.
enum class strategy : std::uint8_t {
  one_for_one = 1,  ///< only the child that failed
  one_for_all = 2,  ///< every child
  rest_for_one = 3, ///< it and every child started after it
};

/// Whether a supervisor ends when its work is done. Only exits a significant
/// child made by itself count, never those its supervisor caused.
enum class auto_shutdown : std::uint8_t {
  never = 1,
  any_significant = 2, ///< when the first significant child has ended
  all_significant = 3, ///< when the last significant child has ended
};

[[nodiscard]] constexpr std::string_view to_string(restart_type x) {
  switch (x) {
  case restart_type::permanent:
    return "permanent";
  case restart_type::transient:
    return "transient";
  case restart_type::temporary:
    return "temporary";
  }
  return "invalid";
}

[[nodiscard]] constexpr std::string_view to_string(strategy x) {
  switch (x) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  }
  return "invalid";
}

[[nodiscard]] constexpr std::string_view to_string(auto_shutdown x) {
  switch (x) {
  case auto_shutdown::never:
    return "never";
  case auto_shutdown::any_significant:
    return "any_significant";
  case auto_shutdown::all_significant:
    return "all_significant";
  }
  return "invalid";
}

} // namespace stanchion

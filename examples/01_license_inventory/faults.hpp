#pragma once

#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/core/value.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace license_inventory {

/// What goes wrong with one attempt of a tool.
enum class fault : std::uint8_t {
  none,
  overloaded,  ///< the tool says so and has done nothing
  crash,       ///< the tool throws before it does anything
  late_crash,  ///< it does its work, then throws: nobody hears of the result
  slow_answer, ///< it does its work, then answers only after its time is up
};

/// How often each of them happens: shares of all attempts, in [0, 1], at most
/// 1 together. Default: never.
struct fault_rates {
  double overloaded = 0;
  double crash = 0;
  double late_crash = 0;
  double slow_answer = 0;
  /// Another seed, other attempts.
  std::uint64_t seed = 1;
};

/// The fault of one attempt. Depends on its arguments only, so that the same
/// documents meet the same faults whatever the timing.
[[nodiscard]] fault choose_fault(const fault_rates& rates,
                                 std::string_view tool,
                                 std::string_view package,
                                 std::uint32_t attempt);

/// The same function, but it fails at these rates. Its arguments must name a
/// `package`.
[[nodiscard]] stanchion::tool_function with_faults(stanchion::tool_function fn,
                                                   const fault_rates& rates);

} // namespace license_inventory

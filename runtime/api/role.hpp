#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// What somebody may do at the operator API. All of them may read.
enum class role : std::uint8_t {
  viewer = 1,    ///< reads
  operator_role, ///< starts, cancels, resumes and retries runs; breakers, modes
  approver,      ///< decides tickets
  admin,         ///< all of it, and tokens and the audit
};

[[nodiscard]] std::string_view to_string(role x);
[[nodiscard]] std::optional<role> parse_role(std::string_view text);

/// Who may use a route.
enum class access : std::uint8_t {
  anybody, ///< without a token
  viewer,
  operator_role,
  approver,
  admin,
};

/// Whether somebody in that role may.
[[nodiscard]] bool allows(role who, access needed);

/// Who asks.
struct caller {
  /// Stands as `by` in whatever is decided.
  std::string name;
  role as = role::viewer;
  /// In which roles of their own tickets know them, such as `finance`.
  std::vector<std::string> decides_as = {};
  /// The user who owns the data directory: may speak for anybody.
  bool owner = false;
};

} // namespace stanchion

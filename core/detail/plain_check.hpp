#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::detail {

/// The part of JSON Schema that most tools use, compiled for speed: types,
/// bounds, and objects of named members.
///
/// Says "valid" or nothing at all: what it cannot vouch for, the full
/// validator judges.
///
/// Threads: immutable once compiled.
class plain_check {
public:
  /// Nothing when `schema` uses any other keyword that constrains.
  [[nodiscard]] static std::optional<plain_check>
  compile(const nlohmann::json& schema);

  /// Whether `x` surely fits.
  [[nodiscard]] bool vouches_for(const nlohmann::json& x) const;

private:
  struct member;

  static constexpr std::uint64_t no_bound
    = std::numeric_limits<std::uint64_t>::max();

  bool take(const std::string& keyword, const nlohmann::json& x);
  bool take_types(const nlohmann::json& x);
  bool take_properties(const nlohmann::json& x);
  bool take_required(const nlohmann::json& x);
  bool vouches_for_number(double x) const;
  bool vouches_for_text(const std::string& x) const;
  bool vouches_for_object(const nlohmann::json& x) const;
  member& named(const std::string& name);

  unsigned types_ = ~0U; // bits, one a JSON type
  double minimum_ = -std::numeric_limits<double>::infinity();
  double maximum_ = std::numeric_limits<double>::infinity();
  double above_ = -std::numeric_limits<double>::infinity();
  double below_ = std::numeric_limits<double>::infinity();
  std::uint64_t min_length_ = 0;
  std::uint64_t max_length_ = no_bound;
  std::vector<member> members_; // sorted by name, as JSON objects are
  std::size_t required_ = 0;
  bool closed_ = false; // no members but the named ones
};

struct plain_check::member {
  std::string name;
  plain_check content;
  bool listed = false; // among `properties`
  bool required = false;
};

} // namespace stanchion::detail

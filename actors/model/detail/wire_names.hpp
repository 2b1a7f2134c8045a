#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion::detail {

/// Names as a provider takes them: 1 to `most` letters, digits, `_` and `-`.
///
/// One to one, and the same whenever the same names are added in the same
/// order. A name that a provider takes stands for itself, unless one of a group
/// that was added before has become it.
class wire_names {
public:
  explicit wire_names(std::size_t most) : most_(most) {
    // nop
  }

  void add(const std::vector<std::string>& group);

  /// What is sent for a name that was added.
  [[nodiscard]] const std::string& to_wire(const std::string& name) const;
  /// The name that `wire` stands for; `wire` itself if it stands for none.
  [[nodiscard]] const std::string& from_wire(const std::string& wire) const;
  /// What is like `wanted` and stands for nothing.
  [[nodiscard]] std::string unused(std::string_view wanted) const;

private:
  void set(const std::string& name, std::string wire);

  std::size_t most_;
  std::map<std::string, std::string> wires_;
  std::map<std::string, std::string> names_; // the other way round
};

} // namespace stanchion::detail

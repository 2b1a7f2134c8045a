#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion {

/// Collects what is wrong with a set of options, one sentence a fault, each
/// beginning with the path of the field.
class problem_list {
public:
  /// `where` precedes every field, with a dot; empty for none.
  explicit problem_list(std::string_view where = {}) {
    if (!where.empty())
      prefix_ = std::string{where} + '.';
  }

  /// Notes `advice` about `field` unless `ok`.
  void require(bool ok, std::string_view field, std::string_view advice) {
    if (!ok)
      add(field, advice);
  }

  /// Notes `advice` about `field`.
  void add(std::string_view field, std::string_view advice) {
    found_.push_back(prefix_ + std::string{field} + ": " + std::string{advice});
  }

  /// Appends faults that name their fields in full.
  void append(std::vector<std::string> more) {
    for (auto& x : more)
      found_.push_back(std::move(x));
  }

  /// The path of `field`.
  [[nodiscard]] std::string path(std::string_view field) const {
    return prefix_ + std::string{field};
  }

  /// Everything noted, in order.
  [[nodiscard]] std::vector<std::string> take() {
    return std::move(found_);
  }

private:
  std::string prefix_;
  std::vector<std::string> found_;
};

} // namespace stanchion

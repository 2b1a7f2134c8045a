#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stanchion {

/// A set of places in the journal, kept as ranges.
///
/// Threads: not synchronised.
class position_set {
public:
  /// Adds `first` to `last`. Precondition: `first <= last`.
  void add(std::int64_t first, std::int64_t last);
  void add(const position_set& x);

  [[nodiscard]] bool contains(std::int64_t x) const {
    return covers(x, x);
  }
  /// Whether all from `first` to `last` are in it.
  [[nodiscard]] bool covers(std::int64_t first, std::int64_t last) const;
  /// The highest; 0 for none.
  [[nodiscard]] std::int64_t last() const;

  [[nodiscard]] const std::map<std::int64_t, std::int64_t>& ranges() const {
    return ranges_;
  }

  /// Such as `1-17,19,40-43`.
  [[nodiscard]] std::string to_text() const;
  /// Errors: `store_damaged` for anything else.
  [[nodiscard]] static position_set parse(std::string_view text);

private:
  std::map<std::int64_t, std::int64_t> ranges_; // first → last, never adjacent
};

} // namespace stanchion

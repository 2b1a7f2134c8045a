#pragma once

#include <stanchion/core/outcome.hpp>

#include <cstddef>
#include <optional>
#include <vector>

namespace stanchion {

/// How much of a batch is done before somebody looks. Each setter returns the
/// object: `scope_policy().above(20).below(0.8)`.
class scope_policy {
public:
  scope_policy() {
    // nop: not an aggregate, so that it may stand in a co_await expression
  }

  /// A batch of more items is done with care. Default: none is.
  scope_policy& above(std::size_t items) {
    above_ = items;
    return *this;
  }
  /// So is one of whose items somebody is less sure than that, in [0, 1]; one
  /// of which nobody said how sure counts as less. Default: none.
  scope_policy& below(double confidence) {
    below_ = confidence;
    return *this;
  }
  /// What a slice is multiplied by to give the next, from one on; at least 1.
  /// Default 2.
  scope_policy& growth(std::size_t factor) {
    growth_ = factor == 0 ? 1 : factor;
    return *this;
  }
  /// Items under way at a time. Default 8; 0 means no limit.
  scope_policy& limit(std::size_t calls) {
    limit_ = calls;
    return *this;
  }

  /// Whether `items` are done with care.
  [[nodiscard]] bool cares(const std::vector<value>& items) const;
  [[nodiscard]] std::size_t next_slice(std::size_t before) const;
  [[nodiscard]] std::size_t at_a_time() const {
    return limit_;
  }

private:
  std::optional<std::size_t> above_;
  std::optional<double> below_;
  std::size_t growth_ = 2;
  std::size_t limit_ = 8;
};

/// What came of each item, in their order. One that was not begun since a
/// person said so has failed with `permission_denied`, `not_started`.
struct batch_result {
  std::vector<outcome> items;

  [[nodiscard]] std::size_t succeeded() const;
  [[nodiscard]] bool all_succeeded() const {
    return succeeded() == items.size();
  }
};

} // namespace stanchion

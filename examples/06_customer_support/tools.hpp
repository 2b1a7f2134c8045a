#pragma once

#include "books.hpp"
#include "cases.hpp"
#include "naive_bayes.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace customer_support {

/// Refunds above this wait for a person, in cents.
inline constexpr auto refund_limit = std::int64_t{5'000};

/// The shop, as its tools see it.
struct shop {
  /// With the files of this example; its books lie in `dir`.
  explicit shop(const std::filesystem::path& dir);

  std::map<std::string, purchase> orders;
  naive_bayes classifier;
  books written;
};

/// Whether the classifier hangs at this text: one of nine does, always the
/// same.
[[nodiscard]] bool hangs_at(std::string_view text);

/// Adds `classify` (read_only) with its fallback `classify.marks`,
/// `orders.look_up` (read_only), `refunds.pay` and `replies.send` (idempotent).
void add_tools(stanchion::runtime& rt, const std::shared_ptr<shop>& s);

} // namespace customer_support

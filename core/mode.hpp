#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion {

/// What an agent may do unattended, from most to least. Append only: journaled.
enum class mode : std::uint8_t {
  autonomous = 1, ///< act
  advisory = 2,   ///< read; whatever changes something is proposed to a person
  stopped = 3,    ///< no calls; people are still answered
};

[[nodiscard]] std::string_view to_string(mode x);
[[nodiscard]] std::optional<mode> parse_mode(std::string_view text);

/// The one of both that allows less.
[[nodiscard]] constexpr mode stricter(mode a, mode b) {
  return a < b ? b : a;
}

/// A mode, and who changed it last.
struct mode_setting {
  stanchion::mode mode = stanchion::mode::autonomous;
  /// Empty for one that nobody set.
  std::string by;
  std::string reason;

  bool operator==(const mode_setting&) const = default;
};

/// Where a mode is looked up at each attempt: that of a run below that of its
/// agent below that of the whole runtime. The strictest of them holds.
///
/// Threads: any.
class mode_cell {
public:
  /// `above` may be null.
  explicit mode_cell(std::shared_ptr<const mode_cell> above = nullptr)
    : above_(std::move(above)) {
    // nop
  }

  [[nodiscard]] mode own() const {
    return own_.load(std::memory_order_acquire);
  }
  [[nodiscard]] mode effective() const {
    const auto here = own();
    return above_ == nullptr ? here : stricter(here, above_->effective());
  }
  void set(mode x) {
    own_.store(x, std::memory_order_release);
  }

private:
  std::shared_ptr<const mode_cell> above_;
  std::atomic<mode> own_ = mode::autonomous;
};

} // namespace stanchion

#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
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

/// The modes of all agents below that of everything. One per runtime.
///
/// Threads: any.
class mode_directory {
public:
  /// What an agent may do: that of its own, and of everything. Never null.
  [[nodiscard]] std::shared_ptr<const mode_cell> cell(const std::string& agent);
  /// Empty for everything.
  [[nodiscard]] mode_setting find(const std::string& agent) const;
  /// Empty for everything. Holds for whatever leaves from now on.
  void set(const std::string& agent, mode_setting x);
  /// Who has the last word about an agent: its own setting, or that of
  /// everything where that is stricter.
  [[nodiscard]] mode_setting effective(const std::string& agent) const;

private:
  struct entry {
    std::shared_ptr<mode_cell> cell;
    mode_setting setting;
  };

  entry& entry_of(const std::string& agent);

  mutable std::mutex mutex_;
  std::shared_ptr<mode_cell> top_ = std::make_shared<mode_cell>();
  mode_setting everything_;              // guarded by mutex_
  std::map<std::string, entry> entries_; // guarded by mutex_
};

} // namespace stanchion

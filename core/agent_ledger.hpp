#pragma once

#include <stanchion/core/time.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// What all runs of an agent together may use up within a while. A limit that
/// is not set does not hold.
struct agent_budget {
  /// Steps of any kind that its programs ask for. At least 1.
  std::optional<std::uint64_t> steps = std::nullopt;
  /// Attempts of calls. At least 1.
  std::optional<std::uint64_t> attempts = std::nullopt;
  /// Tokens, as `budget` counts them: see `tool::costs`. At least 1.
  std::optional<std::uint64_t> tokens = std::nullopt;
  /// Money, in millionths of its unit. At least 1.
  std::optional<std::uint64_t> cost = std::nullopt;
  /// The while, which slides. Positive; default a day.
  duration window = std::chrono::hours{24};

  bool operator==(const agent_budget&) const = default;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const agent_budget& x);

/// What a run of an agent has used. Less than nothing where it gives back what
/// it had set aside.
struct agent_use {
  std::int64_t steps = 0;
  std::int64_t attempts = 0;
  std::int64_t tokens = 0;
  std::int64_t cost = 0;
};

/// Adds up what all runs of each agent use that has a budget. One per runtime.
///
/// What was used is forgotten a window later, or up to a hundredth of a window
/// after that.
///
/// Errors:  none.
/// Threads: any; `limit` and `on_spent` are set before others may use it.
/// Time:    reads no clock.
class agent_ledger {
public:
  void limit(const std::string& agent, const agent_budget& x);
  [[nodiscard]] bool limits(const std::string& agent) const {
    return books_.contains(agent);
  }
  /// Whether tokens or cost are limited.
  [[nodiscard]] bool limits_cost(const std::string& agent) const;
  /// Every agent that has a budget, with its window.
  [[nodiscard]] std::map<std::string, duration> windows() const;

  /// Adds what was used at `at`, in any order. Tells `on_spent` where the
  /// budget is used up.
  void add(const std::string& agent, const agent_use& x, instant at);
  /// What is used up, in words, with the figures; nothing while there is some
  /// left.
  [[nodiscard]] std::optional<std::string> spent(const std::string& agent,
                                                 instant now);
  /// A person lets it go on: what was used counts no more.
  void forget(const std::string& agent);

  /// Told, on the thread that has added, of each addition to a budget that is
  /// used up. Must not block; may be null.
  std::function<void(const std::string& agent)> on_spent;

private:
  struct entry {
    instant first;
    instant last;
    agent_use used;
  };
  struct book {
    agent_budget limits;
    std::deque<entry> entries; // oldest first, a hundredth of the window each
    agent_use total;           // of the entries
  };

  static void drop_old(book& x, instant now);
  [[nodiscard]] static std::optional<std::string> spent(const book& x);

  mutable std::mutex mutex_;
  std::map<std::string, book> books_; // its contents guarded by mutex_
};

} // namespace stanchion

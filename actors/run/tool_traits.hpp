#pragma once

#include <stanchion/core/budget.hpp>
#include <stanchion/core/fallback.hpp>
#include <stanchion/core/time.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

/// What runs are told about a tool beside its class: what a guard does not do
/// for them.
struct tool_traits {
  /// Answers of another version are not kept for this one.
  std::string version = "1";
  /// What is tried in its place, in order.
  std::vector<fallback> fallbacks;
  /// The tool that undoes what it did; empty for none.
  std::string undo;
  /// How long people may have what it did undone; nothing where they are not
  /// asked. With `undo` only.
  std::optional<duration> review;
  /// The tool that this one takes back; empty for none.
  std::string inverse;
  /// People are asked before some of its calls.
  bool asks_people = false;
  /// The time of a call, all attempts and waits together.
  std::optional<duration> call_timeout;
  /// The most that an attempt with these arguments may cost; may be empty. Must
  /// not block; a call for which it throws fails.
  std::function<spending(const value& arguments)> costs;

  /// Whether its own answers are kept, for the time when it has none.
  [[nodiscard]] bool keeps_answers() const;
};

} // namespace stanchion

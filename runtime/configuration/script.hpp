#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/runtime/configuration/object_reader.hpp>
#include <stanchion/runtime/model.hpp>

#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

/// Models and tools whose answers are written down: for tests, and programs
/// that are tried without a network.
namespace stanchion::configuring {

/// Which answer fits: one whose words occur, or whose pattern is found.
/// Patterns see the first 2,000 bytes.
struct script_condition {
  std::string words; ///< empty: anything fits
  std::optional<std::regex> pattern;

  [[nodiscard]] bool fits(std::string_view text) const;
};

/// An answer of a model: words, calls, or a failure.
struct script_line {
  script_condition when;
  std::optional<value> say;
  std::vector<chat_tool_call> calls;
  std::optional<failure> fails;
  std::optional<chat_usage> usage;
};

/// An answer of a tool.
struct script_result {
  script_condition when;
  std::optional<value> give;
  std::optional<failure> fails;
};

void read(object_reader& x, script_line& to);
void read(object_reader& x, script_result& to);

/// Answers with the first line that fits what was said last: a user's words, or
/// the results of calls.
[[nodiscard]] model_script play(std::vector<script_line> lines);
/// Answers with the first that fits the arguments' canonical JSON.
[[nodiscard]] tool_function play(std::vector<script_result> lines);

} // namespace stanchion::configuring

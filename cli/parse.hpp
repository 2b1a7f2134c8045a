#pragma once

#include <stanchion/cli/invocation.hpp>
#include <stanchion/core/span.hpp> // IWYU pragma: export

#include <string>
#include <variant>
#include <vector>

namespace stanchion {

/// A verb and its words.
struct command {
  command_verb verb = nullptr;
  invocation words;
};

/// Help or the version was asked for.
struct help_text {
  std::string text;
};

/// The words make no command. `text` says what is wrong, what was probably
/// meant, and where to read on.
struct misuse {
  std::string text;
  output_format format = output_format::table;
};

/// Reads the words after the program's name.
[[nodiscard]] std::variant<command, help_text, misuse>
parse_words(const std::string& program, const std::vector<std::string>& words);

} // namespace stanchion

#pragma once

#include <stanchion/cli/command_tree.hpp>

#include <string>

namespace stanchion {

/// A script that has a shell complete the words of a program: nouns, verbs,
/// options, and values where there are only so many. Precondition: `shell` is
/// `bash`, `zsh` or `fish`.
[[nodiscard]] std::string completion_script(const command_entry& of,
                                            const std::string& shell);

/// The manual page of a program, section 1, for `man`.
[[nodiscard]] std::string manual_page(const command_entry& of);

} // namespace stanchion

#pragma once

#include <string>
#include <vector>

/// What `--help` tells of the commands, as data: for completions and the
/// manual.
namespace stanchion {

struct command_option {
  std::vector<std::string> names; ///< such as `-o` and `--output`
  std::string value; ///< what it takes, such as `FILE`; empty: none
  std::vector<std::string> choices; ///< all values there are; empty: any
  std::string about;
  std::string variable; ///< of the environment, that says the same; or empty
  bool required = false;
};

struct command_argument {
  std::string name;
  std::vector<std::string> choices; ///< all values there are; empty: any
  std::string about;
  bool required = false;
  bool many = false; ///< it may be given several times
};

struct command_entry {
  std::string name; ///< of the program for the first
  std::string about;
  std::string footer; ///< an example, and what else stands below the options
  std::vector<command_option> options;
  std::vector<command_argument> arguments;
  std::vector<command_entry> commands; ///< those that are shown
};

/// All commands of a program.
[[nodiscard]] command_entry command_tree(const std::string& program);

} // namespace stanchion

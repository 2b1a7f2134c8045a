#pragma once

#include <stanchion/core/effect.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/configuration/object_reader.hpp>
#include <stanchion/runtime/tool.hpp>

#include <functional>
#include <string>
#include <vector>

/// The kinds of tools that a configuration may declare. A new kind is a
/// function here and a line in `tool_kinds()`.
namespace stanchion::configuring {

/// What every declaration of a tool says.
struct tool_declaration {
  std::string name;
  std::string description;
  effect effect_class = effect::once;
  value input = true;
  value output = true;
};

/// Makes the tool when a runtime is given it: with its name, its effect class
/// and its function. Description, schemas and policies are added afterwards.
/// Throws `error`.
using tool_maker = std::function<tool(const tool_declaration& of)>;

struct tool_kind {
  const char* name; ///< as `kind` calls it
  const char* about;
  /// Reads the members that only this kind has, after those that all have, and
  /// yields what makes the tool.
  tool_maker (*read)(object_reader& x);
};

[[nodiscard]] const std::vector<tool_kind>& tool_kinds();

} // namespace stanchion::configuring

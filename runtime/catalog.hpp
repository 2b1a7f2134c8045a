#pragma once

#include <stanchion/core/effect.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// What a runtime consists of, for people to look at.
namespace stanchion {

/// An agent that was added.
struct agent_summary {
  std::string name;
  std::vector<std::string> versions;
  std::string latest;   ///< the version that new runs get
  bool stopped = false; ///< no run of it is driven until a person decides
};

/// A tool that was added.
struct tool_summary {
  std::string name;
  stanchion::effect effect = stanchion::effect::once;
  duration timeout{};         ///< of one attempt
  std::uint32_t attempts = 1; ///< at most, of one call
  std::string undo; ///< the tool that takes back what it did; empty for none
  std::vector<std::string> fallbacks; ///< what is tried in its place, in order
  value input;                        ///< the schema of its arguments
  value output;                       ///< and that of its results
};

} // namespace stanchion

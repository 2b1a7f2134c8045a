#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The tickets of the supervision tree: they belong to no run, and the runtime
/// opens them itself.
namespace stanchion {

/// What such a ticket is about.
enum class tree_part : std::uint8_t {
  other,
  root,    ///< the runtime gave up
  agent,   ///< an agent was stopped; `restart` starts it again
  tool,    ///< a tool was isolated; `restart` lets calls pass again
  version, ///< a version of an agent is missing
};

struct tree_subject {
  tree_part part = tree_part::other;
  /// The agent, the tool, or `agent@version`.
  std::string name;

  bool operator==(const tree_subject&) const = default;
};

/// `other` for a ticket of a run.
[[nodiscard]] tree_subject subject_of(const ticket& x);

[[nodiscard]] ticket root_ticket(const failure& why, instant now);
[[nodiscard]] ticket agent_ticket(const std::string& agent,
                                  const std::vector<run_number>& exhausted,
                                  instant now);
/// One for each time the tool was isolated.
[[nodiscard]] ticket tool_ticket(const std::string& tool, instant since,
                                 const std::string& reason);
/// One for each version, however often it is missing.
[[nodiscard]] ticket version_ticket(const std::string& agent,
                                    const std::string& version,
                                    std::size_t runs, instant now);

} // namespace stanchion

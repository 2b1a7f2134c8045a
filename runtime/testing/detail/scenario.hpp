#pragma once

#include <stanchion/core/mode.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/runtime.hpp>
#include <stanchion/runtime/testing/simulated.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stanchion {

/// What a scripted person says to a ticket.
struct scripted_word {
  stanchion::verb verb = stanchion::verb::abort;
  /// The verb's value, as JSON text; empty if it takes none.
  std::string payload;
};

namespace detail {

/// What a simulation was told, the same for every seed.
struct scenario {
  struct planned {
    submission what;
    duration after{};
  };
  /// What a person does by themselves, at an instant of the seed's choice.
  struct act {
    duration from{};
    duration within{};
    std::size_t cancels = 0; ///< a submission, from 1; 0: sets a mode
    std::string agent;
    stanchion::mode mode = mode::autonomous;
  };
  struct claim {
    std::string text;
    std::function<bool(const simulated&)> holds;
  };

  std::function<void(runtime&)> setup;
  std::map<std::string, tool_function> fakes;
  std::vector<planned> submissions;
  std::vector<act> acts;
  stanchion::faults faults;
  std::map<park_reason, std::optional<scripted_word>> words;
  bool nobody = false;
  std::vector<claim> checks;
  std::vector<claim> goals;
  duration patience = std::chrono::hours{24 * 30};
};

/// Which of the many systems that a scenario allows.
struct plan {
  std::uint64_t seed = 1;
  /// Nothing: the seed chooses. Else only these fire.
  std::optional<std::set<fired_fault>> only;
  /// Messages whose order the seed chooses; the rest comes in order.
  std::size_t shuffled = std::numeric_limits<std::size_t>::max();
  bool trace = false;
};

/// What became of it, with what reports and shrinking need.
struct outcome_of_plan {
  simulated result;
  std::vector<fired_fault> fired;
  std::uint64_t attempts = 0; ///< that reached tools
  std::uint64_t commits = 0;  ///< that were tried
};

/// Simulates one system.
[[nodiscard]] outcome_of_plan simulate(const scenario& s, const plan& p);

} // namespace detail
} // namespace stanchion

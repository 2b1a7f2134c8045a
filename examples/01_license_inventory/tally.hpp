#pragma once

#include <stanchion/core/store.hpp>

#include <cstddef>
#include <map>
#include <string>

namespace license_inventory {

/// What the journal says about the work, counted from its records.
struct tally {
  std::size_t runs = 0;
  std::size_t records = 0;
  /// Attempts at tools that left.
  std::size_t attempts = 0;
  /// Attempts that failed, by kind.
  std::map<std::string, std::size_t> failed;
  /// Steps that were open when the process died.
  std::size_t cut_off = 0;
  /// Runs by how they stand: `completed`, `parked`, `failed`, …
  std::map<std::string, std::size_t> states;

  [[nodiscard]] std::size_t all_failed() const;
};

/// Reads the whole journal.
///
/// Errors: those of the store.
[[nodiscard]] tally count_work(stanchion::store& journal);

} // namespace license_inventory

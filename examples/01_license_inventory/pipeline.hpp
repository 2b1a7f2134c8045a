#pragma once

#include "faults.hpp"
#include "record.hpp"

#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

namespace license_inventory {

/// One life of the process that makes an inventory.
struct pipeline_settings {
  std::filesystem::path root;
  std::filesystem::path data_dir;
  fault_rates faults;
  /// Time of one attempt at a tool.
  stanchion::duration timeout = std::chrono::seconds{5};
  /// Documents worked on at a time.
  std::size_t limit = 16;
  /// The process kills itself (SIGKILL) right after so many documents are in
  /// the inventory, before anybody has heard of the last; 0: it does not.
  std::int64_t kill_after = 0;
  /// Answers every ticket with what the agent suggests.
  bool decide_all = false;
  /// Told what happens, a word and perhaps a subject: `written`, `restarted
  /// TOOL`, `tripped TOOL`, `late TOOL`. May be null; called by
  /// several threads at a time.
  std::function<void(std::string_view)> tell = {};
};

/// Where the inventory of a data directory is.
[[nodiscard]] std::filesystem::path
inventory_path(const std::filesystem::path& data_dir);

/// Adds tools and agents to a runtime, with nothing that goes wrong.
void equip(stanchion::runtime& rt);

/// Makes the inventory, or goes on with it: returns when every document is
/// written or waits for a person.
///
/// Errors: those of `runtime::start` and of the inventory.
void run_pipeline(const pipeline_settings& settings);

/// What the tickets still open suggest about their documents.
[[nodiscard]] std::vector<record> in_doubt(stanchion::store& journal);

} // namespace license_inventory

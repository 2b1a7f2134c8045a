#pragma once

#include "faults.hpp"
#include "inventory.hpp"

#include <stanchion/core/time.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <functional>
#include <memory>

namespace license_inventory {

struct tool_settings {
  /// Where `inventory.write` writes.
  std::shared_ptr<inventory> store;
  /// What goes wrong with `documents.read`, `licences.extract` and
  /// `inventory.write`. Default: nothing.
  fault_rates faults;
  /// Told after each write, before anybody else learns of it; may be null.
  std::function<void()> after_write;
  /// The time one attempt may take. Default 5 s.
  stanchion::duration timeout = std::chrono::seconds{5};
};

/// Adds the tools of the pipeline:
///
///   documents.list    read_only   {root} → {documents}
///   documents.read    read_only   one of them → its text
///   licences.extract  read_only   a text → a record
///   record.validate   read_only   a record → {}; what is none is refused
///   inventory.write   idempotent  a record → the receipt
void add_tools(stanchion::runtime& rt, const tool_settings& settings);

} // namespace license_inventory

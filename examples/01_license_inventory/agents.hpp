#pragma once

#include "record.hpp"

#include <stanchion/core/value.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json_fwd.hpp>

namespace license_inventory {

/// Adds the agents of the pipeline:
///
///   inventory  {root, limit} → {documents, written, waiting, failed}
///              starts a run of `document` for each `<root>/*/copyright`, at
///              most `limit` (default 16) at a time. Does not wait for people.
///   document   a place of `documents.list` → the receipt of its record. Asks
///              a person when it is not sure; the answer completes it.
void add_agents(stanchion::runtime& rt);

/// The record a person's answer makes of a suggestion: members of the answer
/// take the place of the suggestion's. Package and source stay. `decided_by` is
/// the ticket, unless the answer says more. What comes out may be no record.
[[nodiscard]] stanchion::value completed(const stanchion::value& suggestion,
                                         const stanchion::value& answer);

/// The record of a document that could not be read: nothing but a doubt.
[[nodiscard]] record unreadable(const stanchion::value& place,
                                const std::string& why);

} // namespace license_inventory

#pragma once

#include "cases.hpp"

#include <cstdint>
#include <string>

namespace customer_support {

/// What came of the money that the form asked for.
struct settlement_of_claim {
  std::int64_t asked = 0; ///< cents; 0 for nothing
  std::int64_t paid = 0;  ///< cents; 0 where it was refused
};

/// The letter for a category, from a template. Nothing that the customer wrote
/// gets into it.
[[nodiscard]] std::string draft_reply(category about,
                                      const settlement_of_claim& money);

} // namespace customer_support

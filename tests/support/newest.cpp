#include "support/newest.hpp"

#include <stanchion/core/store.hpp>
#include <stanchion/runtime/runtime.hpp>

namespace stanchion::test {

std::string newest_result(runtime& rt) {
  const auto row = rt.journal().list_runs({}).at(0);
  if (row.state != run_state::completed)
    return std::string{to_string(row.state)};
  return rt.result(row.id).get().dump();
}

} // namespace stanchion::test

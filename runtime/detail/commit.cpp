#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/commit.hpp>

namespace stanchion::detail {

void commit_or_throw(store& in, const batch& x) {
  const auto* only = &x;
  switch (in.commit({&only, 1})) {
  case commit_status::done:
    return;
  case commit_status::full:
    throw error{error_code::store_full,
                "there is no space left for the journal; free some, then "
                "start again"};
  case commit_status::io_error:
    throw error{error_code::store_io,
                "the journal cannot be written: " + in.problem()};
  }
}

} // namespace stanchion::detail

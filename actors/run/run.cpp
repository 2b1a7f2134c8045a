#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/actors/run/run.hpp>

#include <utility>

namespace stanchion {

std::unique_ptr<fabric::actor> make_run(run_options options) {
  return std::make_unique<detail::run_actor>(std::move(options));
}

} // namespace stanchion

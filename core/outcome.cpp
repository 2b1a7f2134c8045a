#include <stanchion/core/outcome.hpp>

#include <utility>

namespace stanchion {

outcome::outcome(value x) : content_(std::move(x)) {
  // nop
}

outcome::outcome(failure why) : content_(std::move(why)) {
  // nop
}

const value& outcome::get() const {
  if (const auto* why = std::get_if<failure>(&content_))
    throw step_error{*why};
  return *std::get_if<value>(&content_);
}

const failure& outcome::why() const {
  return std::get<failure>(content_);
}

} // namespace stanchion

#pragma once

#include <stanchion/runtime/testing/detail/scenario.hpp>
#include <stanchion/runtime/testing/detail/sink.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace stanchion::detail {

/// The people of a simulation: say what the scenario has for a ticket's reason,
/// and else what a patient operator would, who can look whether a call
/// happened: the truth about an ambiguous one, `retry` three times at a step,
/// then `abort`; `restart` of what supervision has stopped.
class person {
public:
  person(const scenario& s, const sink& world) : scenario_(s), world_(world) {
    // nop
  }

  /// What they say; nothing when they leave it.
  [[nodiscard]] std::optional<scripted_word> answer(const ticket& t);

private:
  [[nodiscard]] scripted_word about_ambiguous(const ticket& t) const;

  const scenario& scenario_;
  const sink& world_;
  std::map<std::string, std::uint32_t> retries_; // by run and step
};

} // namespace stanchion::detail

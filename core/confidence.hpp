#pragma once

#include <stanchion/core/value.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace stanchion {

[[nodiscard]] std::string_view to_string(confidence_method x);
[[nodiscard]] std::optional<confidence_method>
parse_confidence_method(std::string_view text);

/// What most of several answers to one question say, as certain as their share
/// of all; of several such the first. Null, of confidence 0, for no answers.
///
/// After "Self-Consistency Improves Chain of Thought Reasoning in Language
/// Models", Wang et al., 2022.
[[nodiscard]] value agreement(const std::vector<value>& samples);

} // namespace stanchion

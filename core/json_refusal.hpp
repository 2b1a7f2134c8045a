#pragma once

#include <stanchion/core/error.hpp>

#include <cstddef>
#include <string>

namespace stanchion {

/// What `parse_json` throws for a text that it refuses: where, and why.
class json_refusal final : public error {
public:
  /// `what` says what is wrong at `byte`, and what to do.
  json_refusal(std::size_t byte, std::string what)
    : error(error_code::invalid_json,
            "JSON refused at byte " + std::to_string(byte) + ": " + what),
      byte_(byte), complaint_(std::move(what)) {
    // nop
  }

  /// How much of the text was read.
  [[nodiscard]] std::size_t byte() const noexcept {
    return byte_;
  }
  [[nodiscard]] const std::string& complaint() const noexcept {
    return complaint_;
  }

private:
  std::size_t byte_;
  std::string complaint_;
};

} // namespace stanchion

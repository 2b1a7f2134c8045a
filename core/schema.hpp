#pragma once

#include <stanchion/core/value.hpp>

#include <memory>
#include <optional>
#include <string>

namespace stanchion {

/// A JSON Schema (draft 7), compiled once.
///
/// Threads: immutable; `check` may be called from any thread.
class schema {
public:
  /// Accepts everything, explicitly.
  [[nodiscard]] static schema any();

  /// Compiles `document`. Throws `error{invalid_spec}` naming the part that is
  /// no valid schema.
  explicit schema(const json& document);

  /// What is wrong with `x`, with the JSON pointer of each offence, or nothing.
  [[nodiscard]] std::optional<std::string> check(const json& x) const;

  /// The schema document; `true` for `any()`.
  [[nodiscard]] const json& document() const;

private:
  struct impl;
  explicit schema(std::shared_ptr<const impl> x);

  std::shared_ptr<const impl> impl_;
};

/// `schema::any()`, short.
[[nodiscard]] inline schema any() {
  return schema::any();
}

} // namespace stanchion

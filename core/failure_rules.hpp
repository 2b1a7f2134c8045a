#pragma once

#include <stanchion/core/failure.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

namespace stanchion {

/// What a failure is taken for.
struct failure_class {
  failure_kind kind = failure_kind::internal;
  /// What it may have done; nothing: as the tool said.
  std::optional<side_effect> effect;
};

/// Says what failures of a tool are really of, where the tool does not: by the
/// provider's code, the HTTP status, a predicate, or the type of an exception.
/// The first rule that fits decides, in the order in which they were added.
///
///     failure_rules{}
///       .exception<database_busy>(failure_kind::overloaded, side_effect::none)
///       .code("quota_gone", failure_kind::budget_exhausted)
///       .status(404, failure_kind::http_5xx) // a proxy without its service
///
/// A kind decides what follows (see `decision_table`), so a rule is how to say
/// that this service's 404 is worth another attempt.
///
/// Errors:  a predicate that throws does not fit.
/// Threads: may be read from any thread once made; predicates must allow it.
class failure_rules {
public:
  using predicate = std::function<bool(const failure&)>;

  /// Failures with exactly this provider's code. Not empty.
  failure_rules& code(std::string code, failure_kind kind,
                      std::optional<side_effect> effect = std::nullopt);
  /// Failures with this HTTP status, 400 to 599.
  failure_rules& status(std::uint16_t status, failure_kind kind,
                        std::optional<side_effect> effect = std::nullopt);
  /// Failures that `fits`; `name` says in the journal why.
  failure_rules& when(std::string name, predicate fits, failure_kind kind,
                      std::optional<side_effect> effect = std::nullopt);
  /// An exception of type `E`, or one derived from it, is a failure of the call
  /// and not a crash of the tool. What it may have done is unknown unless said.
  template <class E>
  failure_rules& exception(failure_kind kind,
                           side_effect effect = side_effect::unknown) {
    return exception(typeid(E),
                     [](const std::exception& x) {
                       return dynamic_cast<const E*>(&x) != nullptr;
                     },
                     {kind, effect});
  }

  /// These rules, and then those of `after`.
  [[nodiscard]] failure_rules then(const failure_rules& after) const;

  /// `x` as what it is taken for; the rule's name is in `rule`. Unchanged when
  /// none fits.
  [[nodiscard]] failure classify(failure x) const;

  /// What a thrown exception is taken for; nothing: a crash of the tool.
  [[nodiscard]] std::optional<failure> caught(const std::exception& x) const;

  /// One line per rule, such as `status 404: http_5xx`.
  [[nodiscard]] std::vector<std::string> lines() const;

  /// What is wrong with the rules, one sentence a fault.
  [[nodiscard]] std::vector<std::string> problems() const;

private:
  using type_test = std::function<bool(const std::exception&)>;
  struct rule;

  failure_rules& exception(const std::type_info& type, type_test is,
                           failure_class to);
  failure_rules& add(rule x);

  // Shared and immutable: rules are copied into every part that applies them.
  std::vector<std::shared_ptr<const rule>> rules_;
};

/// The rules that come after a tool's and the runtime's own: codes by which
/// providers say that money or a quota is used up, which they send as 429 or
/// 402 and which no retry helps.
[[nodiscard]] const failure_rules& default_failure_rules();

} // namespace stanchion

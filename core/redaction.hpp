#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

using nlohmann::json;

/// Keeps secrets out of what leaves the program for people to read: logs,
/// events, notifications. It hides
///
/// - values of members whose name says so, in JSON and in texts such as
///   `password=…`, `"apiKey": "…"` and `Authorization: …`;
/// - what looks like a secret wherever it stands: bearer and basic
///   credentials, keys with a known prefix (`sk-…`, `ghp_…`, `AKIA…`, …), JSON
///   web tokens, `user:password@` in addresses, private keys in PEM.
///
/// Rather too much than too little. What has no name and looks like nothing is
/// not found.
///
/// Threads: immutable; any.
class redaction {
public:
  /// `more`: names of members to hide beside those that are known, such as
  /// `iban`. A name is taken by its words: `card number` is also `cardNumber`
  /// and `CARD_NUMBER`.
  explicit redaction(const std::vector<std::string>& more = {});

  /// Whether values under this name are hidden.
  [[nodiscard]] bool hides(std::string_view name) const;
  /// `text` with every secret in it replaced.
  [[nodiscard]] std::string text(std::string_view text) const;
  /// The same with all texts of a document, and with all that is under a name
  /// that is hidden.
  void apply(json& doc) const;

  /// What stands in the place of a secret.
  static constexpr std::string_view mark = "[redacted]";

private:
  using words = std::vector<std::string>;

  std::vector<words> names_;
};

} // namespace stanchion

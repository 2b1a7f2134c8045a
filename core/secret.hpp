#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/value.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// What stands for a secret among the arguments of a call:
/// `args("password", secret("db"))`. The journal, people and rules see
/// `{"$secret": "db"}`; the secret itself takes its place when an attempt is
/// handed to a tool that may have it there, see `tool::secret`.
[[nodiscard]] value secret(std::string_view name);

/// What only JSON text has that may hold one.
inline constexpr std::string_view secret_mark = "\"$secret\"";

/// Where secrets come from, by name; nothing where there is none of it. Asked
/// once a call, on any thread; must not block for long.
using secret_source
  = std::function<std::optional<std::string>(std::string_view name)>;

/// The secret `db-main` from the variable `STANCHION_SECRET_DB_MAIN` of the
/// process's environment.
[[nodiscard]] std::optional<std::string>
environment_secret(std::string_view name);

/// Which secret may stand where among a tool's arguments.
struct secret_place {
  std::string at;   ///< a JSON pointer
  std::string name; ///< of the secret

  bool operator==(const secret_place&) const = default;
};

/// Puts secrets in their places, and hides those that it has handed out.
///
/// Threads: any.
class secret_vault {
public:
  /// Shorter ones could not be hidden without hiding all kinds of text.
  static constexpr std::size_t shortest = 6;

  explicit secret_vault(secret_source from) : from_(std::move(from)) {
    // nop
  }

  /// `arguments` with the secrets themselves. Errors: `usage` for a secret in a
  /// place that `allowed` does not name, which may be what somebody else
  /// smuggled in; for one that there is not, or that is shorter than 6 bytes.
  [[nodiscard]] value reveal(const value& arguments,
                             const std::vector<secret_place>& allowed);

  /// Whether one was handed out.
  [[nodiscard]] bool any() const {
    return any_.load(std::memory_order_acquire);
  }
  /// `text` with every secret that was handed out replaced by `[redacted]`,
  /// also as it is written in JSON.
  [[nodiscard]] std::string hide(std::string text) const;
  /// What a tool has answered, in the same way; of a failure also all that
  /// looks like a secret.
  [[nodiscard]] outcome hide(const outcome& x) const;
  [[nodiscard]] failure hide(failure x) const;

private:
  [[nodiscard]] std::string find(const std::string& name);
  bool hide_in(json& doc) const;

  secret_source from_;
  std::atomic<bool> any_{false};
  mutable std::shared_mutex mutex_;
  std::set<std::string> known_; // guarded by mutex_
};

} // namespace stanchion

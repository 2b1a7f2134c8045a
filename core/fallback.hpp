#pragma once

#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What is tried in place of a tool that has failed: an ordered chain, of which
/// the first that has something to give is taken.
namespace stanchion {

/// Another tool, such as a simpler model or a read-only alternative. It is a
/// call of its own: with its own key, effect class, policies and breaker.
struct fallback_tool {
  std::string tool;
  /// What it is called with, from what was asked; empty for the same. Called
  /// once, on the run's actor; must not block. When it throws, the next of the
  /// chain is tried.
  std::function<json(const value& arguments)> arguments = {};
};

/// Among whom kept answers are shared.
enum class cache_scope : std::uint8_t {
  everyone = 1, ///< all runs
  agent = 2,    ///< runs of the same agent
  run = 3,      ///< the run alone
};

/// What the tool itself last answered to the same arguments. Kept in the
/// journal; only the tool's own successes are.
struct fallback_cache {
  /// Since the tool gave the answer. Positive.
  duration max_age;
  cache_scope scope = cache_scope::everyone;
};

/// Always the same.
struct fallback_value {
  value content;
};

/// What can be said without the tool. Called once, on the run's actor; must not
/// block. When it throws, the next of the chain is tried.
struct fallback_partial {
  std::function<json(const value& arguments, const failure& why)> make;
};

using fallback = std::variant<fallback_tool, fallback_cache, fallback_value,
                              fallback_partial>;

/// For `tool::fallback`: `cached(10min)`, `static_value("unknown")`,
/// `partial(fn)`, `instead("model.small", shorter)`.
[[nodiscard]] fallback cached(duration max_age,
                              cache_scope scope = cache_scope::everyone);
[[nodiscard]] fallback static_value(json content);
[[nodiscard]] fallback
partial(std::function<json(const value& arguments, const failure& why)> make);
[[nodiscard]] fallback
instead(std::string tool,
        std::function<json(const value& arguments)> arguments = {});

/// Whether something else may be tried after `why`. Not when the fault is in
/// what was asked, or the run is to end: another tool would hide it.
[[nodiscard]] bool may_fall_back(const failure& why);

/// What is wrong with `chain` for a tool of its class, field by field; empty
/// when it may be used.
[[nodiscard]] std::vector<std::string>
validate(const std::vector<fallback>& chain, bool read_only,
         std::string_view where);

/// How the source of a value begins that a fallback gave.
namespace sources {
inline constexpr std::string_view fallback = "fallback:"; ///< then the tool
inline constexpr std::string_view cache = "cache:"; ///< then its age, as `9s`
inline constexpr std::string_view fixed = "static";
inline constexpr std::string_view partial = "partial";
} // namespace sources

} // namespace stanchion

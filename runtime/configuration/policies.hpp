#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/runtime/configuration/object_reader.hpp>
#include <stanchion/runtime/tool.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Policies as a configuration says them. What a member means, and what is by
/// default, stands where the options do.
namespace stanchion::configuring {

/// Restarts within a window.
struct restart_words {
  std::uint32_t most = defaults::tool_restarts;
  duration window = defaults::restart_window;
};

/// When people approve a call, and on what terms.
struct approval_words {
  approval_options terms;
  std::optional<value> unless; ///< a schema: what fits it, nobody approves
};

/// All policies of a tool that can be said without code.
struct tool_policies {
  duration timeout = defaults::attempt_timeout;
  std::optional<duration> idle_timeout;
  std::optional<duration> call_timeout;
  std::string version = "1";
  bool critical = false;
  retry_options retry;
  retry_budget_options retry_budget;
  std::optional<hedge_options> hedge;
  std::optional<concurrency_options> limit;
  std::optional<rate_options> rate;
  breaker_options breaker;
  restart_words restarts;
  backoff_options restart_backoff;
  std::uint64_t stash = defaults::stash;
  std::vector<fallback> fallbacks;
  bool always_approve = false;
  std::optional<approval_words> approval;
  spending costs;
  failure_policy failures;
  std::vector<std::pair<std::string, std::string>> secrets;
  std::string inverse;
};

void read(object_reader& x, tool_policies& to);
void apply(const tool_policies& x, tool& to);

// -- parts of it that others have, too ----------------------------------------

void read(object_reader& x, backoff_options& to);
void read(object_reader& x, restart_words& to);
/// `classify` and `decide`.
void read(object_reader& x, failure_policy& to);

} // namespace stanchion::configuring

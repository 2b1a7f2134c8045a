#pragma once

#include <stanchion/core/defaults.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// When an attempt that takes long is sent once more, under the same key: the
/// first copy that succeeds counts.
struct hedge_options {
  /// Another copy leaves when none has answered for this long since the last
  /// one left. Positive, shorter than the tool's attempt timeout; best what 95
  /// % of the attempts take. Default 2 s (Polly).
  duration after = defaults::hedge_after;
  /// Copies beside the first. 1 to 5; default 1 (Polly).
  std::uint32_t most = 1;
};

/// What is wrong with `x` for a tool of this class and attempt timeout, field
/// by field; empty when it may be used. `where` is put before the names of the
/// fields.
[[nodiscard]] std::vector<std::string> validate(const hedge_options& x,
                                                effect tool,
                                                duration attempt_timeout,
                                                std::string_view where);

/// What is known of an attempt when a copy of it might leave.
struct hedge_facts {
  /// Copies beside the first that have left.
  std::uint32_t sent = 0;
  /// Nobody wants the result any more.
  bool dropped = false;
  /// The breaker is closed: the tool is in health.
  bool healthy = true;
  /// The tool's retry budget has one left.
  bool affordable = true;
};

/// Why no copy leaves.
enum class hedge_verdict : std::uint8_t {
  send = 1,
  enough = 2,   ///< as many as may be have left
  unwanted = 3, ///< it would serve nobody, or hurt the tool
  denied = 4,   ///< it would cost a retry that is not there
};

/// Decides whether a copy of an attempt leaves. It never waits for anything.
[[nodiscard]] hedge_verdict decide_hedge(const hedge_options& options,
                                         const hedge_facts& x);

/// What an attempt failed of all of whose copies failed, one after the other:
/// the last failure, caused by those before. What any of them may have done,
/// the attempt may have done.
[[nodiscard]] failure merge_copies(const failure& before, failure last);

} // namespace stanchion

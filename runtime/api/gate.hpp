#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/http.hpp>
#include <stanchion/runtime/api/role.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace stanchion {

/// How much is let in.
struct gate_options {
  /// What `Host` may name, without ports. Never empty.
  std::vector<std::string> hosts = {"localhost", "127.0.0.1", "[::1]"};
  /// Most bytes of a body. Default: that of a value, and some room.
  std::size_t body_limit = (std::size_t{16} << 20U) + 65'536;
  /// Failures of authentication from one address within `failure_window` that
  /// are answered as such; more get 429.
  std::uint32_t failures = 10;
  duration failure_window = 60s;
};

/// Counts failures by address, of a bounded number of addresses.
///
/// Threads: any.
class failure_limit {
public:
  failure_limit(std::uint32_t most, duration window);

  /// Notes one. Returns how long its address is to stay away, once there were
  /// too many.
  [[nodiscard]] std::optional<duration> note(const std::string& address,
                                             instant now);

private:
  struct tally {
    std::uint32_t count = 0;
    instant since;
  };

  std::uint32_t most_;
  duration window_;
  std::mutex mutex_;
  std::map<std::string, tally> tallies_; // guarded by mutex_
};

/// Looks at the head of each request of the network before anything else does.
///
/// Refuses: 400 for a doubtful head, 403 for a host or an origin that is not
/// expected and for a role that may not, 401 without a valid token, 411 and 413
/// for a body of unknown or excessive length, 415 for one that is no JSON, 429
/// for too many wrong tokens. A valid token is never kept waiting for others'
/// wrong ones.
///
/// Threads: any.
class api_gate {
public:
  api_gate(gate_options options, std::shared_ptr<token_file> tokens);

  /// Who asks, or the refusal.
  [[nodiscard]] std::variant<caller, http_response>
  admit(const http_request& head, instant now);

  [[nodiscard]] const gate_options& options() const {
    return options_;
  }

private:
  [[nodiscard]] std::variant<caller, http_response>
  identify(const http_request& head, access needed, instant now);

  gate_options options_;
  std::shared_ptr<token_file> tokens_;
  failure_limit limit_;
};

} // namespace stanchion

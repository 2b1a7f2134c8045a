#pragma once

#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace stanchion {

/// How one try of a message ended.
struct delivery_result {
  enum class status : std::uint8_t {
    delivered, ///< the receiver has it
    failed,    ///< it may take it later
    refused,   ///< it never will
  };
  status how = status::failed;
  /// For people: such as `HTTP 500` or `no answer within 10s`. Never a secret,
  /// nor what the receiver said.
  std::string why;
  /// What the receiver asks to wait.
  std::optional<duration> retry_after;
};

/// What an HTTP status says: 2xx delivered; 408, 425, 429 and all else but 4xx
/// failed; other 4xx refused. `retry_after` is that header, in seconds or as a
/// date, or empty.
[[nodiscard]] delivery_result
delivery_of(int status, const std::string& retry_after, instant now);
/// What a command's exit code says: 0 delivered; 64 to 78, but for 75
/// (EX_TEMPFAIL), refused, as sysexits.h has them; others failed.
[[nodiscard]] delivery_result delivery_of_exit(int code);

struct message_done {};
struct deliver_again {
  instant at;
};
struct drop_message {
  std::string why;
};
using delivery_verdict
  = std::variant<message_done, deliver_again, drop_message>;

/// What follows. `tries` were made, this one included; `oldest` is the
/// message's first event; `unit` is drawn evenly from [0, 1).
[[nodiscard]] delivery_verdict
decide(const delivery_result& x, std::uint32_t tries, instant oldest,
       instant now, const notification_options& options, double unit);

} // namespace stanchion

#pragma once

#include <stanchion/actors/notifier/courier.hpp>
#include <stanchion/actors/notifier/options.hpp>

#include <functional>
#include <memory>
#include <string>

namespace stanchion {

/// A webhook or a command, ready to be sent to: what is secret has been read.
///
/// Threads: any.
class receiver {
public:
  /// Errors: `invalid_spec` for a secret that is not there or too short, or a
  /// URL that would carry messages in clear to other machines.
  receiver(const notification_channel& x, const notification_options& all);
  receiver(const receiver&) = delete;
  receiver& operator=(const receiver&) = delete;
  ~receiver();

  /// Makes one try, and waits for its end. `cancelled` ends it with true.
  [[nodiscard]] delivery_result
  send(const message& x, const std::function<bool()>& cancelled) const;

private:
  struct impl;
  std::unique_ptr<const impl> impl_;
};

/// Carries messages to webhooks and commands, each channel on a thread of its
/// own, so that one that hangs is in nobody's way. Its end cuts off what is
/// under way, and leaves behind what does not end within a second.
///
/// Errors: those of `receiver`.
[[nodiscard]] std::unique_ptr<courier>
make_courier(const notification_options& x);

} // namespace stanchion

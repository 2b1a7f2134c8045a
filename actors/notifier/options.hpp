#pragma once

#include <stanchion/core/backoff.hpp>
#include <stanchion/core/credential.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/time.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

class courier;

/// What a webhook's body looks like, see docs/notifications.md.
enum class notification_template : std::uint8_t {
  generic = 1, ///< all that is known, as JSON
  slack,       ///< `text` and `blocks`, as Slack's incoming webhooks take them
  pagerduty,   ///< Events API v2: trigger, and resolve when it is over
};

[[nodiscard]] std::string_view to_string(notification_template x);
[[nodiscard]] std::optional<notification_template>
parse_notification_template(std::string_view text);

/// A receiver of HTTP POST.
struct webhook {
  /// `https://…`, or `http://…` of this machine. For PagerDuty, empty means
  /// PagerDuty itself.
  std::string url;
  /// Where the URL is instead: that of a chat is as good as a password.
  credential_source url_from = {};
  notification_template body = notification_template::generic;
  /// Signs messages in the manner of Standard Webhooks; none: unsigned. One
  /// that begins with `whsec_` is base64 from there on.
  credential_source secret = {};
  /// PagerDuty's routing key; required by that template.
  credential_source routing_key = {};
  /// Whom to believe, as PEM; empty for whom the system believes.
  std::filesystem::path ca = {};
  /// Lets messages go to other machines without TLS.
  bool insecure_non_loopback = false;
};

/// A program that takes messages on its standard input.
struct command_hook {
  /// The program, absolute or found by PATH, and its arguments; no shell.
  std::vector<std::string> argv;
};

/// Somebody who is told, and of what.
struct notification_channel {
  /// 1 to 32 of a-z, 0-9, `-` and `_`; under it the journal keeps what it has
  /// not been told yet.
  std::string name;
  /// Ignored where `notification_options::carrier` is set.
  std::variant<webhook, command_hook> to = {};
  /// The least severity. Default warning: reviews of what was done are `info`.
  severity least = severity::warning;
  /// Of which tickets; empty for all.
  std::vector<ticket_kind> kinds = {};
  /// Whether of alerts.
  bool alerts = true;
  /// Whether also of what is over. PagerDuty always is: it resolves.
  bool resolved = false;
};

/// Who is told that a person must act, or that something is wrong. By default
/// nobody.
struct notification_options {
  std::vector<notification_channel> channels;
  /// Before `tickets/ID` and `runs/ID` in links, such as
  /// `https://ops.example/`; empty for no links.
  std::string base_url;
  /// After a message, what is like it is gathered so long for the next one.
  /// Zero: only while a message is under way. Default 30 s.
  duration window = defaults::notification_window;
  /// Between tries of one message. Default 1 s, doubling to 5 min, full jitter.
  backoff_options backoff{.first = defaults::notification_backoff,
                          .factor = defaults::notification_backoff_factor,
                          .cap = defaults::notification_backoff_cap,
                          .jitter = jitter::full};
  /// Age of its oldest event at which a message that nobody has taken is given
  /// up. > 0; default 24 h.
  duration give_up_after = defaults::notification_give_up;
  /// How long a receiver may take. > 0; default 10 s.
  duration timeout = defaults::notification_timeout;
  /// Carries messages in place of webhooks and commands: for tests, and for
  /// ways of the program's own. May be null.
  std::shared_ptr<courier> carrier;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const notification_options& x);

} // namespace stanchion

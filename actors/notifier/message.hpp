#pragma once

#include <stanchion/actors/notifier/notice.hpp>
#include <stanchion/actors/notifier/options.hpp>

#include <string>
#include <vector>

/// What receivers are sent. Pure; threads: any.
namespace stanchion {

/// Notices that are told together: of one group, and of one kind.
struct message {
  /// That of its notice, or of the first of several and how many more there
  /// are. The same for ever.
  std::string id;
  std::vector<notice> about; ///< oldest first, never empty
};

/// The message for these.
[[nodiscard]] message message_of(std::vector<notice> about);

/// Where people look at it; empty without a `base_url`.
[[nodiscard]] std::string link_to(const notice& x, const std::string& base_url);

/// One line for all that it is about.
[[nodiscard]] std::string headline(const message& x);

/// All that is known, as JSON. Also what a command reads.
[[nodiscard]] std::string generic_body(const message& x,
                                       const std::string& base_url);
[[nodiscard]] std::string slack_body(const message& x,
                                     const std::string& base_url);
/// `routing_key` is PagerDuty's.
[[nodiscard]] std::string pagerduty_body(const message& x,
                                         const std::string& base_url,
                                         const std::string& routing_key);

} // namespace stanchion

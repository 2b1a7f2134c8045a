#pragma once

#include <stanchion/actors/notifier/courier.hpp>
#include <stanchion/actors/notifier/outbox.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/fabric/actor.hpp>

#include <memory>

namespace stanchion {

/// How the notifier works. None may be null but `events`.
struct notifier_options {
  notification_options settings;
  std::shared_ptr<stanchion::outbox> outbox;
  std::shared_ptr<courier> carrier;
  std::shared_ptr<stanchion::store> store;
  fabric::actor_ref journal;
  std::shared_ptr<event_sink> events;
  std::shared_ptr<random_source> random;
};

/// To the notifier: the outbox has something new.
struct look_at_outbox {};
/// To the notifier: tell people of an alert.
struct tell_alert {
  event alert;
};

/// Tells people, channel by channel, one message after the other: each until
/// its receiver has it, refuses it, or it is too old. One per runtime that has
/// channels.
///
/// Accepts: look_at_outbox, tell_alert
///          describe_tree → a tree_node
/// Emits:   notification_sent, notification_delayed, notification_dropped
/// State:   in the journal: what is to be told, as facts `notice/…`, and how a
///          channel fails, as `channel/…`. Safe to restart any time; what was
///          under way is then told again, under the same id.
///
/// A message of several notices is in the journal before it leaves, so that it
/// stays the same. What is given up is an entry of the audit.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_notifier(notifier_options options);

/// How a channel does, as its fact says. `failing_since` is nothing while it
/// works.
struct channel_state {
  std::string name;
  std::size_t waiting = 0;
  std::optional<instant> oldest; ///< of what waits
  std::optional<instant> failing_since;
  std::string why;
  std::uint64_t given_up = 0;
  std::optional<instant> last_given_up;
};
/// All channels that a journal knows of, by name. Errors: those of `from`.
[[nodiscard]] std::vector<channel_state> channels_in(store& from);

} // namespace stanchion

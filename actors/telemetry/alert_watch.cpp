#include <stanchion/actors/telemetry/alert_watch.hpp>
#include <stanchion/actors/telemetry/detail/event_fields.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/tree.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

using nlohmann::json;

std::string kind_in(const json& fields) {
  const auto found = fields.find("failure");
  return found != fields.end() && found->is_object() ? text_in(*found, "kind")
                                                     : std::string{};
}

event event_of(const alert_change& x, instant at) {
  auto fields = json::parse(x.fields);
  fields["alert"] = x.alert;
  return {.kind
          = x.raised ? event_kind::alert_raised : event_kind::alert_cleared,
          .severity = x.raised ? x.severity : severity::info,
          .at = at,
          .subject = x.subject.empty() ? "runtime" : x.subject,
          .fields = fields.dump()};
}

class alert_watch final : public fabric::actor {
public:
  explicit alert_watch(alert_watch_options options)
    : options_(std::move(options)) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "alerts";
  }

protected:
  void start() override {
    look_again();
  }
  void receive(fabric::envelope& e) override {
    if (e.body.is<check_alerts>())
      check();
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(
        tree_node{.name = "alerts",
                  .kind = "system",
                  .state = "running",
                  .detail = std::to_string(options_.feed->active()) + " raised",
                  .children = {}});
  }

private:
  void look_again() {
    after(options_.check_every, [this] {
      check();
      look_again();
    });
  }

  /// The last count stands where the store cannot say: its trouble has an event
  /// of its own.
  [[nodiscard]] std::vector<ticket_count> count_tickets() const {
    try {
      return options_.store->count_open_tickets();
    } catch (const error&) {
      return open_;
    }
  }

  void check() {
    open_ = count_tickets();
    for (const auto& x : options_.feed->check(open_, now()))
      if (options_.events != nullptr)
        options_.events->publish(event_of(x, now()));
  }

  alert_watch_options options_;
  std::vector<ticket_count> open_;
};

} // namespace

std::unique_ptr<fabric::actor> make_alert_watch(alert_watch_options options) {
  return std::make_unique<alert_watch>(std::move(options));
}

// -- alert_feed ---------------------------------------------------------------

alert_feed::alert_feed(const alert_options& x, std::set<std::string> critical)
  : critical_(std::move(critical)), rules_(x) {
  // nop
}

event_kinds alert_feed::kinds() {
  return {event_kind::attempt_ended,   event_kind::call_refused,
          event_kind::run_ended,       event_kind::breaker_opened,
          event_kind::breaker_closed,  event_kind::breaker_half_opened,
          event_kind::breaker_isolated};
}

bool alert_feed::hear(const event& x) {
  const auto fields = json::parse(x.fields, nullptr, false);
  if (!fields.is_object())
    return false;
  const std::lock_guard lock{mutex_};
  switch (x.kind) {
  case event_kind::run_ended:
    rules_.run_ended(fields.value("retries", 0.0), x.at);
    return false;
  case event_kind::attempt_ended:
    if (!detail::is_whole_attempt(fields))
      return false;
    rules_.attempt_failed(x.subject, kind_in(fields), x.at);
    break;
  case event_kind::call_refused:
    break;
  default:
    rules_.breaker(x.subject, x.kind == event_kind::breaker_closed, x.at);
    return false;
  }
  if (!critical_.contains(x.subject))
    return false;
  rules_.critical_failed(x.subject, kind_in(fields), x.at);
  return true;
}

void alert_feed::found_open(const std::string& tool, instant at) {
  const std::lock_guard lock{mutex_};
  rules_.breaker(tool, false, at);
}

std::size_t alert_feed::active() {
  const std::lock_guard lock{mutex_};
  return rules_.active();
}

std::vector<alert_change>
alert_feed::check(const std::vector<ticket_count>& open, instant now) {
  const std::lock_guard lock{mutex_};
  return rules_.check(open, now);
}

} // namespace stanchion

#include <stanchion/actors/notifier/grouping.hpp>
#include <stanchion/actors/notifier/notifier.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace stanchion {

namespace {

constexpr std::string_view of_channel = "channel/";

// -- how a channel does -------------------------------------------------------

std::optional<instant> instant_in(const json& doc, const char* member) {
  const auto found = doc.find(member);
  return found == doc.end() || !found->is_number_integer()
           ? std::nullopt
           : std::optional{from_micros(found->get<std::int64_t>())};
}

channel_state state_in(const std::string& name, const std::string& text) {
  auto x = channel_state{.name = name};
  const auto doc = json::parse(text, nullptr, false);
  if (!doc.is_object())
    return x;
  x.failing_since = instant_in(doc, "failing_since");
  x.why = text_in(doc, "why");
  x.given_up = doc.value("given_up", std::uint64_t{0});
  x.last_given_up = instant_in(doc, "last_given_up");
  return x;
}

fact fact_of(const channel_state& x) {
  auto doc = json::object();
  if (x.failing_since || x.last_given_up)
    doc["why"] = x.why;
  if (x.failing_since)
    doc["failing_since"] = to_micros(*x.failing_since);
  if (x.last_given_up) {
    doc["given_up"] = x.given_up;
    doc["last_given_up"] = to_micros(*x.last_given_up);
  }
  return {std::string{of_channel} + x.name,
          doc.empty() ? std::string{} : json_text(doc)};
}

// -- one channel --------------------------------------------------------------

/// A message on its way: its tries, and what it waits for.
struct under_way {
  message content;
  std::uint32_t tries = 0;
};

struct channel {
  channel(std::string name, duration window)
    : waiting(window), state{.name = std::move(name)} {
    // nop
  }

  grouping waiting;
  std::optional<under_way> current;
  channel_state state;
  std::optional<instant> armed; // a timer runs until then
};

class notifier final : public fabric::actor {
public:
  explicit notifier(notifier_options options) : options_(std::move(options)) {
    for (const auto& x : options_.settings.channels)
      channels_.try_emplace(x.name, x.name, options_.settings.window);
  }

  [[nodiscard]] std::string name() const override {
    return "notifier";
  }

protected:
  void start() override {
    // What an earlier notifier sent may still be on its way to the disk.
    send(options_.journal,
         append{.content = {}, .token = ready_token, .acknowledge = true});
  }

  void receive(fabric::envelope& e) override {
    if (e.body.is<look_at_outbox>())
      look();
    else if (auto* x = e.body.edit<tell_alert>())
      take(std::move(x->alert));
    else if (const auto* done = e.body.as<appended>())
      on_durable(done->token);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(describe());
  }

private:
  static constexpr std::uint64_t ready_token = 1;

  // -- taking in --------------------------------------------------------------

  void look() {
    if (!ready_)
      return;
    if (options_.outbox->behind())
      load();
    for (auto& x : options_.outbox->take())
      add(std::move(x));
    for (auto& [name, x] : channels_)
      pump(x);
  }

  /// What the journal holds.
  void load() try {
    for (auto& x : pending_in(*options_.store))
      add(std::move(x));
  } catch (const error&) {
    after(defaults::notification_backoff, [this] {
      load();
      look();
    });
  }

  void add(pending_notice x) {
    if (const auto to = channels_.find(x.channel); to != channels_.end())
      to->second.waiting.add(std::move(x));
  }

  /// One after the other: what is told of an end depends on its beginning.
  void take(event alert) {
    alerts_.push_back(std::move(alert));
    if (alerts_.size() == 1)
      note_alerts();
  }

  void note_alerts() {
    while (!alerts_.empty()) {
      auto x = options_.outbox->look_at(alerts_.front());
      if (!x.content.facts.empty()) {
        auto content = x.content;
        return commit(std::move(content), [this, x = std::move(x)]() mutable {
          options_.outbox->commit(std::move(x));
          alerts_.pop_front();
          look();
          note_alerts();
        });
      }
      alerts_.pop_front();
    }
  }

  void on_durable(std::uint64_t token) {
    if (token == ready_token) {
      ready_ = true;
      read_states();
      load();
      return look();
    }
    if (auto found = commits_.extract(token))
      found.mapped()();
  }

  void read_states() try {
    for (auto& [name, x] : channels_)
      x.state = state_in(
        name, options_.store->find_fact(std::string{of_channel} + name));
  } catch (const error& damaged) {
    static_cast<void>(damaged); // they count as working until they fail
  }

  void commit(batch content, std::function<void()> then) {
    commits_.emplace(++last_token_, std::move(then));
    send(options_.journal, append{.content = std::move(content),
                                  .token = last_token_,
                                  .acknowledge = true});
  }

  // -- sending ----------------------------------------------------------------

  void pump(channel& x) {
    if (x.current)
      return;
    auto found = x.waiting.next(now());
    if (!found)
      return wait(x);
    x.current = under_way{.content = std::move(found->content)};
    if (found->sealed || x.current->content.about.size() == 1)
      return deliver(x);
    commit(seal(x), [this, &x] { deliver(x); });
  }

  /// Wakes up when the next window ends.
  void wait(channel& x) {
    const auto at = x.waiting.due(now());
    if (!at || (x.armed && *x.armed <= *at))
      return;
    x.armed = at;
    after(std::max(*at - now(), duration{1}), [this, &x] {
      x.armed.reset();
      pump(x);
    });
  }

  /// Those of the message belong to it from now on.
  [[nodiscard]] static batch seal(const channel& x) {
    auto to = batch{};
    for (const auto& each : x.current->content.about)
      to.facts.push_back(kept({.channel = x.state.name,
                               .content = each,
                               .message = x.current->content.id}));
    return to;
  }

  void deliver(channel& x) {
    ++x.current->tries;
    const auto id = expect([this, &x](fabric::completion& c) {
      ended(x, *c.body.as<delivery_result>());
    });
    options_.carrier->deliver(
      x.state.name, x.current->content,
      [to = self().id(), gate = sys().gate(),
       id](delivery_result result) mutable {
        gate.set(to, id, fabric::message::of(std::move(result)));
      });
  }

  void ended(channel& x, const delivery_result& result) {
    const auto& about = x.current->content.about;
    const auto verdict
      = decide(result, x.current->tries, about.front().at, now(),
               options_.settings, unit_interval(options_.random->next()));
    if (const auto* later = std::get_if<deliver_again>(&verdict))
      return delay(x, result, later->at);
    if (const auto* over = std::get_if<drop_message>(&verdict))
      drop(x, over->why);
    else
      sent(x);
    pump(x);
  }

  void delay(channel& x, const delivery_result& result, instant at) {
    publish(event_kind::notification_delayed, severity::warning, x,
            {{"why", result.why}, {"at", to_rfc3339(at)}});
    if (!x.state.failing_since || x.state.why != result.why) {
      x.state.failing_since = x.state.failing_since.value_or(now());
      x.state.why = result.why;
      auto content = batch{};
      content.facts.push_back(fact_of(x.state));
      send(options_.journal, append{.content = std::move(content)});
    }
    after(std::max(at - now(), duration::zero()), [this, &x] { deliver(x); });
  }

  void sent(channel& x) {
    publish(event_kind::notification_sent, severity::info, x, json::object());
    x.state.failing_since.reset();
    finish(x, {});
  }

  void drop(channel& x, const std::string& why) {
    publish(event_kind::notification_dropped, severity::error, x,
            {{"why", why}});
    ++x.state.given_up;
    x.state.last_given_up = now();
    x.state.why = why;
    auto content = batch{};
    auto told = json::array();
    for (const auto& each : x.current->content.about)
      told.push_back(each.id);
    content.audits.push_back({.at = now(),
                              .by = "notifier",
                              .act = "notification.drop",
                              .subject = x.state.name,
                              .reason = why,
                              .before = json_text(told)});
    finish(x, std::move(content));
  }

  /// Nobody has to be told of it any more.
  void finish(channel& x, batch content) {
    auto ids = std::vector<std::string>{};
    for (auto& each : x.current->content.about) {
      content.facts.push_back(
        removed({.channel = x.state.name, .content = each, .message = {}}));
      ids.push_back(std::move(each.id));
    }
    content.facts.push_back(fact_of(x.state));
    x.current.reset();
    commit(std::move(content), [&x, ids = std::move(ids)] {
      for (const auto& id : ids)
        x.waiting.forget(id);
    });
  }

  // -- telling ----------------------------------------------------------------

  void publish(event_kind kind, severity level, const channel& x,
               json fields) const {
    if (options_.events == nullptr)
      return;
    const auto& content = x.current->content;
    fields["message"] = content.id;
    fields["count"] = content.about.size();
    fields["tries"] = x.current->tries;
    options_.events->publish({.kind = kind,
                              .severity = level,
                              .at = now(),
                              .subject = x.state.name,
                              .fields = json_text(fields)});
  }

  [[nodiscard]] tree_node describe() const {
    auto node
      = tree_node{.name = "notifier", .kind = "system", .state = "running"};
    for (const auto& [name, x] : channels_) {
      const auto waiting
        = x.waiting.waiting()
          + (x.current ? x.current->content.about.size() : std::size_t{0});
      node.detail += (node.detail.empty() ? "" : "; ") + name + ": "
                     + std::to_string(waiting) + " waiting";
      if (x.state.failing_since)
        node.detail += ", failing since " + to_rfc3339(*x.state.failing_since)
                       + " (" + x.state.why + ")";
    }
    return node;
  }

  notifier_options options_;
  bool ready_ = false;       // what came before us is durable
  std::deque<event> alerts_; // the first is on its way to the journal
  std::map<std::string, channel> channels_; // addresses are stable
  std::map<std::uint64_t, std::function<void()>> commits_;
  std::uint64_t last_token_ = ready_token;
};

} // namespace

std::unique_ptr<fabric::actor> make_notifier(notifier_options options) {
  return std::make_unique<notifier>(std::move(options));
}

std::vector<channel_state> channels_in(store& from) {
  auto all = std::map<std::string, channel_state>{};
  for (const auto& f : from.list_facts(of_channel)) {
    auto name = f.key.substr(of_channel.size());
    auto state = state_in(name, f.text);
    all.emplace(std::move(name), std::move(state));
  }
  for (const auto& x : pending_in(from)) {
    auto& of = all[x.channel];
    of.name = x.channel;
    ++of.waiting;
    of.oldest = std::min(of.oldest.value_or(x.content.at), x.content.at);
  }
  auto result = std::vector<channel_state>{};
  for (auto& [name, x] : all)
    result.push_back(std::move(x));
  return result;
}

} // namespace stanchion

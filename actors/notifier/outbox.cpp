#include <stanchion/actors/notifier/outbox.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/store_wrapper.hpp>
#include <stanchion/core/unlimited.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <tuple>

namespace stanchion {

namespace {

constexpr std::string_view waiting = "notice/";
constexpr std::string_view known_to_people = "told/";

std::string key_of(const pending_notice& x) {
  return std::string{waiting} + x.channel + "/" + x.content.id;
}

std::string key_of_alert(const notice& x) {
  return "alert/" + x.group;
}

bool is_pagerduty(const notification_channel& x) {
  const auto* hook = std::get_if<webhook>(&x.to);
  return hook != nullptr && hook->body == notification_template::pagerduty;
}

/// Nothing, too, for one that is damaged: `verify` names it.
std::optional<ticket> find(store& from, const std::string& id) {
  try {
    return from.find_ticket(id);
  } catch (const error& damaged) {
    static_cast<void>(damaged);
    return std::nullopt;
  }
}

notice_kind end_of(const ticket& x) {
  if (x.state == ticket_state::expired)
    return notice_kind::ticket_expired;
  return x.state == ticket_state::withdrawn ? notice_kind::ticket_withdrawn
                                            : notice_kind::ticket_decided;
}

} // namespace

// -- what is kept -------------------------------------------------------------

fact kept(const pending_notice& x) {
  auto doc = json(x.content);
  if (!x.message.empty())
    doc["message"] = x.message;
  return {key_of(x), json_text(doc)};
}

fact removed(const pending_notice& x) {
  return {key_of(x), {}};
}

std::vector<pending_notice> pending_in(store& from) {
  auto all = std::vector<pending_notice>{};
  for (const auto& f : from.list_facts(waiting)) {
    auto content = parse_notice(f.text);
    const auto slash = f.key.find('/', waiting.size());
    if (!content || slash == std::string::npos)
      continue; // of a newer program
    const auto doc = json::parse(f.text, nullptr, false);
    all.push_back(
      {.channel = f.key.substr(waiting.size(), slash - waiting.size()),
       .content = *std::move(content),
       .message = text_in(doc, "message")});
  }
  std::ranges::stable_sort(all, {}, [](const pending_notice& x) {
    return std::tuple{std::string_view{x.channel}, x.content.at};
  });
  return all;
}

// -- who is told what ---------------------------------------------------------

bool wants(const notification_channel& channel, std::optional<ticket_kind> kind,
           severity level) {
  if (level < channel.least)
    return false;
  if (!kind)
    return channel.alerts;
  return channel.kinds.empty()
         || std::ranges::find(channel.kinds, *kind) != channel.kinds.end();
}

bool hears_end(const notification_channel& channel, const notice& end) {
  return is_pagerduty(channel) ? end.last : channel.resolved;
}

// -- outbox -------------------------------------------------------------------

outbox::outbox(std::vector<notification_channel> channels)
  : channels_(std::move(channels)) {
  // nop
}

std::optional<outbox::incident> outbox::known(const std::string& id,
                                              const change& in) const {
  if (const auto i = in.told_.find(id); i != in.told_.end())
    return i->second;
  const auto i = told_.find(id);
  return i == told_.end() ? std::nullopt : std::optional{i->second};
}

/// Whether nothing else of the group that the channel knows of is left.
bool outbox::is_last(const notification_channel& channel,
                     const std::string& group, const change& in) const {
  const auto counts = [&](const std::optional<incident>& x) {
    return x && x->group == group && wants(channel, x->kind, x->severity);
  };
  for (const auto& [id, x] : in.told_)
    if (counts(x))
      return false;
  const auto found = groups_.find(group);
  return found == groups_.end()
         || std::ranges::none_of(found->second, [&](const std::string& id) {
              return !in.told_.contains(id) && counts(told_.at(id));
            });
}

void outbox::tell(const std::string& id, std::optional<incident> x,
                  change& to) {
  auto text = std::string{};
  if (x) {
    auto doc = json{{"group", x->group},
                    {"severity", static_cast<unsigned>(x->severity)}};
    if (x->kind)
      doc["kind"] = to_string(*x->kind);
    if (!x->assignee.empty())
      doc["assignee"] = x->assignee;
    text = json_text(doc);
  }
  to.content.facts.push_back({std::string{known_to_people} + id, text});
  to.told_[id] = std::move(x);
}

void outbox::put(const notification_channel& to, const notice& x,
                 change& in) const {
  auto one = pending_notice{.channel = to.name, .content = x, .message = {}};
  in.content.facts.push_back(kept(one));
  in.fresh_.push_back(std::move(one));
}

void outbox::begin(const std::string& id, incident now_is, notice x,
                   change& to) const {
  for (const auto& channel : channels_)
    if (wants(channel, now_is.kind, now_is.severity))
      put(channel, x, to);
  tell(id, std::move(now_is), to);
}

void outbox::end(const std::string& id, const incident& was, notice x,
                 change& to) const {
  tell(id, std::nullopt, to);
  x.severity = was.severity;
  x.group = was.group;
  for (const auto& channel : channels_) {
    if (!wants(channel, was.kind, was.severity))
      continue;
    x.last = is_last(channel, was.group, to);
    if (hears_end(channel, x))
      put(channel, x, to);
  }
}

void outbox::look_at(const ticket& x, instant now, change& to) const {
  const auto was = known(x.id, to);
  if (x.state != ticket_state::open) {
    if (was)
      end(x.id, *was, notice_of(x, end_of(x), now), to);
    return;
  }
  if (was && was->assignee == x.terms.assignee)
    return;
  const auto what
    = was ? notice_kind::ticket_escalated : notice_kind::ticket_opened;
  auto told = notice_of(x, what, now);
  auto now_is = incident{.group = told.group,
                         .severity = told.severity,
                         .kind = x.kind,
                         .assignee = x.terms.assignee};
  begin(x.id, std::move(now_is), std::move(told), to);
}

outbox::change outbox::look_at(std::span<const batch* const> xs, instant now) {
  auto to = change{};
  const std::lock_guard lock{mutex_};
  for (const auto* x : xs)
    for (const auto& t : x->tickets)
      look_at(t, now, to);
  return to;
}

outbox::change outbox::look_at(const event& alert) {
  auto to = change{};
  auto x = notice_of(alert);
  const auto id = key_of_alert(x);
  const std::lock_guard lock{mutex_};
  const auto was = known(id, to);
  if (!is_over(x.what)) {
    auto now_is = incident{.group = x.group,
                           .severity = x.severity,
                           .kind = std::nullopt,
                           .assignee = {}};
    begin(id, std::move(now_is), std::move(x), to);
  } else if (was) {
    end(id, *was, std::move(x), to);
  }
  return to;
}

void outbox::read_known(store& from) {
  told_.clear();
  groups_.clear();
  for (const auto& f : from.list_facts(known_to_people)) {
    const auto doc = json::parse(f.text, nullptr, false);
    const auto id = f.key.substr(known_to_people.size());
    if (!doc.is_object())
      continue;
    auto x
      = incident{.group = text_in(doc, "group"),
                 .severity = static_cast<severity>(doc.value("severity", 3U)),
                 .kind = parse_ticket_kind(text_in(doc, "kind")),
                 .assignee = text_in(doc, "assignee")};
    groups_[x.group].insert(id);
    told_.emplace(id, std::move(x));
  }
}

void outbox::end_alert(const std::string& id, const incident& was, instant now,
                       change& to) const {
  auto over = notice{};
  over.what = notice_kind::alert_cleared;
  over.at = now;
  over.alert = was.group.substr(0, was.group.find(':'));
  over.id = over.alert + "." + to_string(sha256(was.group)).substr(0, 8) + "."
            + std::string{to_string(over.what)} + "."
            + std::to_string(to_micros(now));
  end(id, was, std::move(over), to);
}

outbox::change outbox::catch_up(store& from, instant now, bool begins) {
  const auto open
    = from.list_tickets({.states = {ticket_state::open}, .limit = unlimited});
  auto to = change{};
  const std::lock_guard lock{mutex_};
  behind_ = true;
  read_known(from);
  auto still = std::set<std::string>{};
  for (const auto& x : open) {
    look_at(x, now, to);
    still.insert(x.id);
  }
  for (const auto& [id, was] : told_) {
    if (!was.kind && begins)
      end_alert(id, was, now, to);
    if (!was.kind || still.contains(id))
      continue;
    if (const auto x = find(from, id))
      look_at(*x, now, to);
    else
      tell(id, std::nullopt, to);
  }
  return to;
}

void outbox::commit(change x) {
  const std::lock_guard lock{mutex_};
  for (auto& [id, now_is] : x.told_) {
    if (const auto old = told_.find(id); old != told_.end()) {
      auto& group = groups_[old->second.group];
      group.erase(id);
      if (group.empty())
        groups_.erase(old->second.group);
      told_.erase(old);
    }
    if (now_is) {
      groups_[now_is->group].insert(id);
      told_.emplace(id, *std::move(now_is));
    }
  }
  std::ranges::move(x.fresh_, std::back_inserter(fresh_));
}

std::vector<pending_notice> outbox::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(fresh_, {});
}

bool outbox::behind() {
  const std::lock_guard lock{mutex_};
  return std::exchange(behind_, false);
}

// -- store --------------------------------------------------------------------

namespace {

class outbox_store final : public store_wrapper {
public:
  outbox_store(std::shared_ptr<store> inner, std::shared_ptr<outbox> to,
               std::function<instant()> now, std::function<void()> wake)
    : store_wrapper(std::move(inner)), to_(std::move(to)), now_(std::move(now)),
      wake_(std::move(wake)) {
    // nop
  }

  [[nodiscard]] commit_status
  commit(std::span<const batch* const> xs) override {
    if (std::ranges::none_of(
          xs, [](const batch* x) { return !x->tickets.empty(); }))
      return inner().commit(xs);
    const std::lock_guard lock{mutex_};
    auto more = to_->look_at(xs, now_());
    if (more.content.facts.empty())
      return inner().commit(xs);
    auto all = std::vector<const batch*>(xs.begin(), xs.end());
    all.push_back(&more.content);
    const auto status = inner().commit(all);
    if (status == commit_status::done) {
      to_->commit(std::move(more));
      wake_();
    }
    return status;
  }

  /// What seemed to fail may be durable.
  [[nodiscard]] bool reopen() override {
    const std::lock_guard lock{mutex_};
    if (!inner().reopen())
      return false;
    try {
      auto more = to_->catch_up(inner(), now_(), false);
      const auto* pointer = &more.content;
      if (!more.content.facts.empty()
          && inner().commit({&pointer, 1}) != commit_status::done)
        return false;
      to_->commit(std::move(more));
    } catch (const error&) {
      return false;
    }
    wake_();
    return true;
  }

private:
  std::shared_ptr<outbox> to_;
  std::function<instant()> now_;
  std::function<void()> wake_;
  std::mutex mutex_; // two commits see each other's tickets
};

} // namespace

std::shared_ptr<store> make_outbox_store(std::shared_ptr<store> inner,
                                         std::shared_ptr<outbox> to,
                                         std::function<instant()> now,
                                         std::function<void()> wake) {
  return std::make_shared<outbox_store>(std::move(inner), std::move(to),
                                        std::move(now), std::move(wake));
}

} // namespace stanchion

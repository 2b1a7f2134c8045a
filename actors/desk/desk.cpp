#include <stanchion/actors/desk/consequences.hpp>
#include <stanchion/actors/desk/desk.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/ticket_messages.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/fabric/routed.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace stanchion {

namespace {

/// Its time has come, and nobody has decided.
struct look_at_time {
  std::string ticket;
};

/// A guard asks whether an approval covers its call.
struct claim {
  claim_grant what;
  std::shared_ptr<fabric::promise> answer;
};

/// What somebody wants done with one ticket.
using errand = std::variant<decide_ticket, suggest_answer, withdraw_ticket,
                            look_at_time, claim>;

const std::string& ticket_of(const errand& x) {
  if (const auto* wish = std::get_if<decide_ticket>(&x))
    return wish->id;
  if (const auto* found = std::get_if<suggest_answer>(&x))
    return found->ticket;
  if (const auto* due = std::get_if<look_at_time>(&x))
    return due->ticket;
  if (const auto* asked = std::get_if<claim>(&x))
    return asked->what.ticket;
  return std::get<withdraw_ticket>(x).ticket;
}

/// The ticket with one more thing for people to see.
ticket with_context(ticket x, const char* member, const json& content) {
  auto context = json::parse(x.context.empty() ? "{}" : x.context);
  context[member] = content;
  x.context = canonical(context, wrapping_limits);
  return x;
}

/// A change on its way to the disk, and who waits behind it.
struct under_way {
  ticket changed;
  errand cause;
  std::optional<proposal> judged;
  std::deque<errand> waiting;
};

class desk final : public fabric::actor {
public:
  explicit desk(desk_options options)
    : options_(std::move(options)),
      consequences_(*options_.store, [this](const ticket& x) {
        return options_.undoing && options_.undoing(x);
      }) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "desk";
  }

protected:
  void start() override {
    // What an earlier desk sent may still be on its way to the disk.
    send(options_.journal,
         append{.content = {}, .token = ++last_token_, .acknowledge = true});
  }

  void receive(fabric::envelope& e) override {
    if (auto* x = e.body.edit<decide_ticket>())
      take(std::move(*x));
    else if (auto* found = e.body.edit<suggest_answer>())
      take(std::move(*found));
    else if (auto* over = e.body.edit<withdraw_ticket>())
      take(std::move(*over));
    else if (auto* asked = e.body.edit<claim_grant>())
      take(claim{std::move(*asked),
                 std::make_shared<fabric::promise>(e.take_promise())});
    else if (const auto* due = e.body.as<watch_ticket>())
      watch(due->ticket);
    else if (const auto* done = e.body.as<appended>())
      on_durable(done->token);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(describe());
  }

private:
  [[nodiscard]] tree_node describe() const {
    auto node = tree_node{.name = "desk", .kind = "system", .state = "running"};
    if (!commits_.empty())
      node.detail = std::to_string(commits_.size()) + " decisions not durable";
    return node;
  }

  void take(errand x) {
    if (!ready_)
      early_.push_back(std::move(x));
    else if (const auto busy = commits_.find(ticket_of(x));
             busy != commits_.end())
      busy->second.waiting.push_back(std::move(x));
    else
      std::visit([this](auto& what) { act(what); }, x);
  }

  /// Empty, too, when it cannot be read: nobody waits to be told.
  [[nodiscard]] std::optional<ticket> find(const std::string& id) const {
    try {
      return options_.store->find_ticket(id);
    } catch (const error&) {
      return std::nullopt;
    }
  }

  // -- one errand -------------------------------------------------------------

  void act(decide_ticket& x) {
    try {
      const auto now_is = options_.store->find_ticket(x.id);
      if (!now_is)
        throw error{error_code::unknown_ticket,
                    "there is no ticket " + x.id
                      + "; `ticket list` shows those that are open"};
      check_edit(*now_is, x.wish);
      auto verdict = decide(*now_is, x.wish, now());
      if (auto* fresh = std::get_if<ticket>(&verdict)) {
        auto entries = std::vector<audit_entry>{};
        if (x.audit)
          entries.push_back(x.audit(*now_is, *fresh));
        return commit(std::move(*fresh), std::move(x), std::move(entries));
      }
      notify(*now_is); // its run may have missed the first time
      tell(x, *now_is);
    } catch (const error& e) {
      tell(x, e);
    }
  }

  void act(suggest_answer& x) {
    auto t = find(x.ticket);
    if (!t || t->state != ticket_state::open)
      return;
    ++t->version; // what people decide about has changed
    auto changed
      = with_context(std::move(*t), "suggested_answer", x.answer.get());
    commit(std::move(changed), std::move(x));
  }

  void act(withdraw_ticket& x) {
    auto t = find(x.ticket);
    if (!t)
      return;
    if (t->state != ticket_state::open) {
      tell_other(x);
      return notify(*t);
    }
    t->state = ticket_state::withdrawn;
    auto changed = with_context(std::move(*t), "withdrawn", x.note);
    commit(std::move(changed), std::move(x));
  }

  void act(look_at_time& x) {
    auto t = find(x.ticket);
    const auto at = t ? due(*t) : std::nullopt;
    if (!at)
      return;
    if (*at > now())
      return watch(*t); // it was given more time meanwhile
    commit(pass_on(*t, now()), std::move(x));
  }

  void act(claim& x) {
    auto t = find(x.what.ticket);
    const auto refused
      = t ? refusal(*t, x.what) : "there is no ticket " + x.what.ticket;
    const auto answer = x.answer;
    if (refused.empty() && !t->terms.used) {
      t->terms.used = now();
      commit(*std::move(t), std::move(x));
    }
    // Only now: the use is on its way to the journal before the attempt is.
    answer->deliver(grant_claimed{refused});
  }

  /// What the tool would refuse is refused here, where somebody can mend it.
  void check_edit(const ticket& x, const decision_wish& wish) const {
    if (wish.verb != verb::edit || !options_.check_arguments
        || wish.payload.empty())
      return;
    const auto about = proposal_of(x);
    if (!about)
      return;
    const auto wrong
      = options_.check_arguments(about->tool, parse_json(wish.payload));
    if (!wrong.empty())
      throw error{error_code::bad_decision, "the edited arguments do not fit "
                                              + about->tool + ": " + wrong};
  }

  // -- time -------------------------------------------------------------------

  void watch(const std::string& id) {
    if (const auto t = find(id))
      watch(*t);
  }

  void watch(const ticket& x) {
    if (const auto at = due(x))
      after(std::max(*at - now(), duration::zero()),
            [this, id = x.id] { take(look_at_time{id}); });
  }

  // -- making it durable ------------------------------------------------------

  void commit(ticket changed, errand cause,
              std::vector<audit_entry> entries = {}) {
    auto content = batch{};
    content.audits = std::move(entries);
    content.tickets.push_back(changed);
    auto judged = std::optional<proposal>{};
    if (!std::holds_alternative<claim>(cause))
      judged = consequences_.add(changed, content);
    const auto id = changed.id;
    tokens_.emplace(++last_token_, id);
    commits_.emplace(id, under_way{.changed = std::move(changed),
                                   .cause = std::move(cause),
                                   .judged = std::move(judged),
                                   .waiting = {}});
    send(options_.journal, append{.content = std::move(content),
                                  .token = last_token_,
                                  .acknowledge = true});
  }

  void on_durable(std::uint64_t token) {
    if (!std::exchange(ready_, true))
      take_up();
    const auto found = tokens_.find(token);
    if (found == tokens_.end())
      return;
    auto done = std::move(commits_.extract(found->second).mapped());
    tokens_.erase(found);
    finish(done);
    for (auto& x : done.waiting)
      take(std::move(x));
  }

  /// All that an earlier desk sent is in the store.
  void take_up() {
    const auto open = options_.store->list_tickets(
      {.states = {ticket_state::open}, .limit = unlimited});
    for (const auto& x : open)
      watch(x);
    for (const auto& id : consequences_.undos())
      if (const auto x = find(id))
        undo(*x);
    for (auto& x : std::exchange(early_, {}))
      take(std::move(x));
  }

  void finish(under_way& x) {
    const auto* wish = std::get_if<decide_ticket>(&x.cause);
    if (std::holds_alternative<claim>(x.cause))
      return; // nothing has changed for anybody else
    if (std::holds_alternative<look_at_time>(x.cause))
      passed_on(x.changed);
    if (x.changed.state != ticket_state::open) { // else one vote of several
      publish(x.changed);
      notify(x.changed);
      if (options_.on_proposal && x.judged)
        options_.on_proposal(x.judged->agent, x.judged->tool,
                             consequences_.record_of(*x.judged));
    }
    if (const auto* gone = std::get_if<withdraw_ticket>(&x.cause))
      tell_other(*gone);
    if (wish != nullptr)
      tell(*wish, std::move(x.changed));
  }

  void tell_other(const withdraw_ticket& x) const {
    if (x.tell != 0)
      send(
        options_.router,
        fabric::routed{x.tell, fabric::message::of(ticket_decided{x.ticket})});
  }

  void passed_on(const ticket& x) {
    const auto over = x.state == ticket_state::expired;
    publish(over ? event_kind::ticket_expired : event_kind::ticket_escalated, x,
            {{"ticket", x.id}, {"assignee", x.terms.assignee}});
    watch(x);
  }

  // -- telling ----------------------------------------------------------------

  void undo(const ticket& x) const {
    if (options_.on_undo && !(options_.undoing && options_.undoing(x)))
      options_.on_undo(x);
  }

  void notify(const ticket& x) const {
    if (x.kind == ticket_kind::review && x.decided
        && x.decided->verb == verb::undo)
      undo(x);
    if (x.run == 0 && x.decided && options_.on_tree_decided)
      options_.on_tree_decided(x);
    if (x.run != 0)
      send(options_.router,
           fabric::routed{x.run, fabric::message::of(ticket_decided{x.id})});
  }

  static void tell(const decide_ticket& x, std::variant<ticket, error> what) {
    if (x.answer)
      x.answer(std::move(what));
  }

  void publish(const ticket& x) const {
    if (x.state == ticket_state::withdrawn)
      return publish(event_kind::ticket_withdrawn, x, {{"ticket", x.id}});
    if (x.run == 0)
      publish(event_kind::ticket_decided, x,
              {{"ticket", x.id},
               {"verb", to_string(x.decided->verb)},
               {"by", x.decided->by}});
  }

  void publish(event_kind kind, const ticket& about, const json& fields) const {
    if (options_.events == nullptr)
      return;
    options_.events->publish({.kind = kind,
                              .at = now(),
                              .run = about.run_id,
                              .step = about.step,
                              .subject = "desk",
                              .fields = json_text(fields)});
  }

  desk_options options_;
  bool ready_ = false;       // what came before us is durable
  std::deque<errand> early_; // until then
  consequences consequences_;
  std::map<std::string, under_way> commits_;    // by ticket
  std::map<std::uint64_t, std::string> tokens_; // to tickets
  std::uint64_t last_token_ = 0;
};

} // namespace

std::unique_ptr<fabric::actor> make_desk(desk_options options) {
  return std::make_unique<desk>(std::move(options));
}

} // namespace stanchion

#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/confidence.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

// -- what it may do -----------------------------------------------------------

/// Before its program begins, or goes on.
void run_actor::take_mode(history& past) {
  seen_mode_ = past.mode;
  if (allowed_ == nullptr)
    allowed_ = std::make_shared<mode_cell>(
      services_.modes == nullptr ? nullptr
                                 : services_.modes->cell(log_->row().agent));
  if (past.own_mode != mode_setting{})
    set_own_mode(past.own_mode);
  look_at_mode();
  if (!past.begun)
    past.first.mode = seen_mode_;
}

void run_actor::look_at_mode() {
  if (finishing_ || allowed_ == nullptr)
    return;
  const auto now_is = allowed_->effective();
  if (now_is == std::exchange(seen_mode_, now_is))
    return;
  log_->add(record_kind::mode, {},
            bodies::mode(now_is, rare_ ? rare_->own_setting : mode_setting{}),
            now());
}

void run_actor::on_mode_changed() {
  look_at_mode();
  leave_stop();
}

void run_actor::set_own_mode(const mode_setting& to) {
  allowed_->set(to.mode);
  rare().own_setting = to;
}

/// A person, or a rule, says so.
void run_actor::on_set_mode(const set_run_mode& x) {
  if (!log_ || finishing_ || allowed_ == nullptr)
    return;
  set_own_mode(x.to);
  seen_mode_ = allowed_->effective();
  log_->add(record_kind::mode, {}, bodies::mode(seen_mode_, x.to), now());
  publish(event_kind::mode_changed, severity::warning,
          json{{"mode", to_string(x.to.mode)},
               {"by", x.to.by},
               {"reason", x.to.reason}}
            .dump());
  if (x.answer)
    log_->when_durable([answer = x.answer] { answer(true); });
}

/// The agent says so itself: it can only have less.
void run_actor::lower(step& s) {
  lower_own(parse_mode(s.name).value_or(mode::stopped), "the agent",
            s.arguments["reason"].as_string());
  deliver(s, outcome{value{}});
}

void run_actor::lower_own(mode to, const std::string& by,
                          const std::string& reason) {
  const auto own = rare().own_setting.mode;
  if (stricter(own, to) != own)
    on_set_mode({.to = {to, by, reason}, .answer = {}});
}

bool run_actor::is_stopped() const {
  return allowed_ != nullptr && allowed_->effective() == mode::stopped;
}

bool run_actor::is_unsure(const step& s) const {
  const auto& least = options_.program->modes().least_confidence;
  const auto sure = s.arguments.confidence();
  return least && sure && *sure < *least;
}

standing run_actor::stands() const {
  auto x = standing{.mode = seen_mode_};
  if (allowance_) {
    x.used = allowance_->used;
    x.paused = allowance_->paused;
    x.extensions = allowance_->extensions;
  }
  return x;
}

void run_actor::leave_stop() {
  if (over_ || finishing_ || cancelling_ || reloading_ || is_stopped())
    return;
  auto any = false;
  for (const auto& [id, x] : parked_)
    if (x.reason == park_reason::stopped_mode) {
      send(services_.desk(), withdraw_ticket{id, "it is no longer stopped"});
      any = true;
    }
  if (any)
    after(ask_again, [this] { // the desk may have been replaced meanwhile
      leave_stop();
      settle();
    });
}

// -- calls that people are asked about ----------------------------------------

/// Steps that are undone need nobody's word.
std::vector<past_act> run_actor::acts_before(const step& s) const {
  if (!rare_ || !rare_->forked || s.tool_effect == effect::read_only
      || is_undo(s.path))
    return {};
  const auto& from = *rare_->forked;
  auto acts = from.acts;
  if (from.open) // it may have gone on since
    if (const auto row = services_.store->find_run(from.run))
      acts = acts_behind(*services_.store, *row, from.at);
  std::erase_if(acts, [&s](const past_act& x) { return x.tool != s.name; });
  return acts;
}

std::string run_actor::fork_text() const {
  if (!rare_ || !rare_->forked)
    return {};
  auto handed_on = *rare_->forked;
  handed_on.inherited = 0;
  handed_on.handed_on = true;
  return canonical(json(handed_on), wrapping_limits);
}

/// A first attempt that was to leave at once, or one that a death cut short and
/// that nobody asks about now.
void run_actor::end_blocked(step& s) {
  const auto reads = s.tool_effect == effect::read_only;
  const auto seen = reads ? side_effect::not_started : side_effect::unknown;
  settle_cost(s, std::nullopt, seen);
  end_attempt(s, s.attempts.made,
              failure{.kind = failure_kind::crashed,
                      .effect = seen,
                      .message = reads ? "it did not leave"
                                       : "the process died while it ran"});
}

void run_actor::on_blocked(const call_blocked& x) {
  auto* s = find(x.key);
  if (s == nullptr)
    return;
  release(*s);
  note(*s, x.decided);
  if (s->attempts.open)
    end_blocked(*s);
  if (s->abandoned)
    return engine_->settle(step_path{s->path});
  const auto beside_a_park = !parked_.empty() && !cancelling_;
  if (!halted(*s) || beside_a_park)
    park_blocked(*s, x);
}

void run_actor::park_blocked(const step& s, const call_blocked& x) {
  const auto& agent = log_->row().agent;
  const auto own = rare_ ? rare_->own_setting : mode_setting{};
  const auto all = services_.modes == nullptr
                     ? mode_setting{}
                     : services_.modes->effective(agent);
  const auto& setting = own.mode < all.mode ? all : own;
  auto why = std::string{to_string(setting.mode)};
  if (!setting.by.empty())
    why += " by " + setting.by;
  if (!setting.reason.empty())
    why += ": " + setting.reason;
  auto wish = park_request{.reason = park_reason::stopped_mode,
                           .step = s.path,
                           .revision = s.revision};
  if (x.why == block_reason::stopped) {
    wish.title = agent + " may not call " + s.name + " (" + why + ")";
    wish.suggestion = "raise its mode, which resumes its runs; or abort";
    return park(std::move(wish));
  }
  const auto usual = approval_options{};
  wish.kind = ticket_kind::approval;
  wish.terms = terms_of(x.terms == nullptr ? usual : *x.terms,
                        log_->row().submitter, now());
  wish.suggestion = "approve, edit or reject; the agent hears which";
  if (x.why == block_reason::rule) {
    wish.reason = park_reason::requires_human;
    wish.title = s.name + " needs approval";
    if (!x.because.empty())
      wish.title += ": " + x.because;
    return park(std::move(wish));
  }
  if (x.why == block_reason::acted) {
    const auto again = s.tool_effect == effect::idempotent;
    wish.reason
      = again ? park_reason::requires_human : park_reason::irreversible_action;
    wish.title = s.name + " needs approval: " + x.because;
    wish.evidence = value{json{{"acts", acts_before(s)}}};
    return park(std::move(wish));
  }
  const auto unsure = is_unsure(s);
  wish.reason
    = unsure ? park_reason::low_confidence : park_reason::requires_human;
  wish.title = agent + " proposes " + s.name + " ("
               + (unsure ? "it is unsure" : why) + ")";
  if (const auto sure = s.arguments.confidence())
    wish.evidence = args("confidence", *sure, "method",
                         std::string{to_string(s.arguments.confidence_by())});
  park(std::move(wish));
}

} // namespace stanchion::detail

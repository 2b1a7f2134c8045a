#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/approval.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

failure rejected(const decision& d) {
  return refused(failure_kind::permission_denied,
                 d.comment.empty() ? d.by + " rejected it"
                                   : d.by + " rejected it: " + d.comment);
}

} // namespace

void run_actor::ask_person(step& s) {
  if (s.kind == step_kind::approval)
    return park({.reason = park_reason::requires_human,
                 .step = s.path,
                 .revision = s.revision,
                 .title = log_->row().agent + " asks for approval of its plan",
                 .suggestion = s.arguments_text,
                 .kind = ticket_kind::approval,
                 .terms = terms_of({}, log_->row().submitter, now())});
  if (s.kind == step_kind::question) {
    auto terms = ticket_terms{};
    terms.answer_schema = canonical(s.arguments["schema"]);
    return park({.reason = park_reason::requires_human,
                 .step = s.path,
                 .revision = s.revision,
                 .title = s.arguments["text"].as_string(),
                 .kind = ticket_kind::question,
                 .terms = std::move(terms)});
  }
  const auto reason
    = parse_park_reason(s.name).value_or(park_reason::requires_human);
  const auto suggestion = s.arguments["suggestion"];
  park(
    {.reason = reason,
     .step = s.path,
     .revision = s.revision,
     .title = s.arguments["text"].as_string(),
     .suggestion = suggestion.is_null() ? std::string{} : suggestion.dump()});
}

void run_actor::park(park_request x) {
  const auto id = ticket_id_of(log_->row().id, x);
  if (parked_.contains(id))
    return;
  const auto* s = engine_ ? engine_->find(x.step) : nullptr;
  const auto before = services_.store->find_ticket(id);
  const auto version = before ? before->version + 1 : 1;
  const auto terms = x.terms == ticket_terms{}
                       ? std::string{}
                       : canonical(json(x.terms), wrapping_limits);
  parked_[id]
    = {.reason = x.reason,
       .step = x.step,
       .why = x.title,
       .version = version,
       .unknown
       = s != nullptr && s->kind == step_kind::call
         && (s->attempts.ended == side_effect::unknown
             || (x.reason == park_reason::poison_step && s->attempts.open)),
       .kind = x.kind,
       .terms = terms};
  log_->add(record_kind::parked, x.step,
            bodies::parked(x.reason, id, version, x.title, x.kind, terms),
            now());
  stop_engine();
  drop_calls();
  // The ticket shows what led here, so what led here is made durable first.
  reloading_ = true;
  log_->when_durable([this, x = std::move(x)] { open_ticket(x); });
}

void run_actor::open_ticket(park_request x) {
  reloading_ = false;
  const auto past = history{services_.store->read(options_.number, 0)};
  if (const auto* found = past.find(x.step))
    x.revision = found->revision;
  auto t = make_ticket(log_->row(), past, x, now());
  t.version = std::max(parked_[t.id].version, t.version);
  const auto id = t.id;
  const auto has_end = t.terms.expires.has_value();
  auto fields = json{{"ticket", id},
                     {"kind", to_string(t.kind)},
                     {"reason", to_string(t.reason)}};
  const auto opened = fields.dump();
  if (const auto* s = past.find(x.step);
      s != nullptr && s->kind == step_kind::call)
    fields["tool"] = s->name;
  log_->add(std::move(t));
  log_->when_durable([this, id, has_end, opened, fields]() mutable {
    if (has_end)
      send(services_.desk(), watch_ticket{id});
    publish(event_kind::ticket_opened, severity::warning, opened);
    fields["why"] = parked_[id].why;
    publish(event_kind::run_parked, severity::warning, fields.dump());
    tell_parent();
    leave_stop();
  });
}

void run_actor::check_tickets() {
  if (reloading_)
    return; // its ticket is on the way
  auto decided = std::vector<std::string>{};
  for (const auto& [id, x] : parked_) {
    const auto t = services_.store->find_ticket(id);
    if (!t || t->version < x.version) // died between the park and its ticket
      open_ticket({.reason = x.reason,
                   .step = x.step,
                   .title = x.why,
                   .kind = x.kind,
                   .terms = x.terms.empty()
                              ? ticket_terms{}
                              : ticket_terms_from_json(json::parse(x.terms))});
    else if (t->decided)
      decided.push_back(id);
  }
  for (const auto& id : decided)
    on_decided(id);
  leave_stop(); // it may have been parked when that was over already
}

void run_actor::on_decided(const std::string& id) {
  if (is_undoing() && rare().undo->reviewed)
    return begin_undo();
  const auto parked = parked_.find(id);
  const auto t = services_.store->find_ticket(id);
  if (parked == parked_.end() || !t || t->state == ticket_state::open
      || t->version < parked->second.version) // of an earlier park
    return;
  const auto unknown = parked->second.unknown;
  const auto stopped = parked->second.reason == park_reason::stopped_mode;
  parked_.erase(parked);
  if (!t->decided && stopped && !cancelling_)
    return go_on_unstopped(*t);
  if (!t->decided)
    return; // withdrawn
  log_->add(record_kind::decided, t->step, bodies::decided(id, *t->decided),
            now());
  publish(event_kind::ticket_decided, severity::info,
          json{{"ticket", id},
               {"verb", to_string(t->decided->verb)},
               {"by", t->decided->by}}
            .dump());
  if (!cancelling_ || unknown || is_undo(t->step))
    apply(*t, *t->decided);
}

/// The run had its ticket withdrawn, since it may go on.
void run_actor::go_on_unstopped(const ticket& t) {
  log_->add(record_kind::decided, t.step,
            bodies::decided(t.id, {.verb = verb::resume,
                                   .by = "stanchion",
                                   .at = now(),
                                   .comment = "it is no longer stopped",
                                   .payload = {}}),
            now());
  if (parked_.empty() && !ending_)
    reload();
}

/// Nobody is asked any more what became of an attempt that a death cut short.
void run_actor::leave_unknown(const step_path& path, std::uint32_t attempt) {
  log_->add(record_kind::attempt_end, path,
            bodies::attempt_end(
              attempt, failure{.kind = failure_kind::crashed,
                               .effect = side_effect::unknown,
                               .message = "the process died while it ran"}),
            now());
  if (auto* s = engine_ ? engine_->find(path) : nullptr)
    s->attempts.open = false;
}

/// People have spoken about a plan: the program hears what they said.
void run_actor::apply_to_plan(const ticket& t, const decision& d,
                              const recorded_step& asked) {
  if (d.verb == verb::reject) {
    record_outcome(t.step, rejected(d), false);
  } else {
    const auto plan
      = parse_json(d.verb == verb::edit ? d.payload : asked.arguments_text);
    record_outcome(t.step,
                   outcome{args("approved", true, "by", d.by, "comment",
                                d.comment, "plan", plan)
                             .with_source("person:" + t.id)},
                   false);
  }
  if (parked_.empty() && !ending_)
    reload();
}

void run_actor::apply(const ticket& t, const decision& d) {
  const auto past = history{services_.store->read(options_.number, 0)};
  const auto* found = past.find(t.step);
  if (d.verb == verb::abort && t.reason == park_reason::poison_step
      && found != nullptr && found->attempts.open)
    leave_unknown(t.step, found->attempts.made);
  auto* open = engine_ ? engine_->find(t.step) : nullptr;
  if (d.verb == verb::abort && open != nullptr)
    open->attempts.ended.reset(); // it is left at what is known
  if (d.verb == verb::abort && !cancelling_)
    return call_off("aborted by " + d.by, d.by);
  if (d.verb == verb::fork) // what it did, the fork builds on
    return finish_now({record_kind::cancelled,
                       bodies::cancelled("forked by " + d.by),
                       run_state::cancelled});
  if (found != nullptr && found->kind == step_kind::approval)
    return apply_to_plan(t, d, *found);
  // What was left without an outcome is tried afresh, too.
  const auto reopens = found != nullptr && d.verb != verb::resume
                       && (found->has_outcome
                           || (d.verb == verb::retry && !found->attempts.open));
  const auto revision = t.revision + (d.verb == verb::edit ? 1U : 0U);
  if (d.verb == verb::edit || reopens)
    log_->add(record_kind::reopened, t.step,
              bodies::reopened(revision, d.verb == verb::edit
                                           ? std::string_view{d.payload}
                                           : std::string_view{}),
              now());
  if (d.verb == verb::reject)
    record_outcome(t.step, rejected(d), false);
  if (d.verb == verb::happened || d.verb == verb::skip
      || d.verb == verb::answer)
    record_outcome(t.step,
                   outcome{parse_json(d.payload.empty() ? "null" : d.payload)
                             .with_source("person:" + t.id)},
                   false);
  if (d.verb == verb::did_not_happen) {
    log_->add(
      record_kind::attempt_end, t.step,
      bodies::attempt_end(found == nullptr ? 1 : found->attempts.made,
                          failure{.kind = failure_kind::cancelled,
                                  .effect = side_effect::none,
                                  .message = d.by + " says it did not happen"}),
      now());
    // A person's word counts for more than the attempts that were made.
    log_->add(record_kind::reopened, t.step, bodies::reopened(revision, {}),
              now());
  }
  if (parked_.empty() && !ending_)
    reload();
}

// -- the journal no longer fits -----------------------------------------------

void run_actor::park_divergence() {
  const auto x = *engine_->diverged();
  park({.reason = park_reason::nondeterminism,
        .title = "at step " + x.path + " the journal has [" + x.recorded
                 + "], the program asks for [" + x.requested + "]",
        .suggestion = "register the version that the run started with, or "
                      "guard the change with ctx.patched",
        .evidence = args("step", x.path, "recorded", x.recorded, "requested",
                         x.requested)});
}

} // namespace stanchion::detail

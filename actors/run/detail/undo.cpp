#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::detail {

namespace {

ending ending_of(const std::string& body) {
  const auto x = json::parse(body);
  const auto kind = parse_record_kind(x.at("as").get<std::string>())
                      .value_or(record_kind::cancelled);
  return {kind, canonical(x.at("body"), wrapping_limits),
          kind == record_kind::failed ? run_state::failed
                                      : run_state::cancelled};
}

} // namespace

/// What the run did is undone before it ends. What that is, is read from the
/// journal: all of it has to be there.
void run_actor::undo_first(const ending& x) {
  stop_engine();
  if (!engine_) // the run was not driven since it was taken up
    engine_.emplace(static_cast<engine_host&>(*this), log_->row().id,
                    log_->row().created);
  rare().undo = std::make_unique<undo_work>(undo_work{x, {}, 0});
  log_->add(record_kind::undoing, {}, bodies::undoing(x.kind, x.body), now());
  log_->update(run_state::compensating, "undoes what it did", std::nullopt,
               now());
  tell_idle(false, std::nullopt); // it must not leave memory meanwhile
  log_->when_durable([this] { begin_undo(); });
}

/// The program has ended: it is not replayed, and whatever it waited for was
/// withdrawn before.
void run_actor::prepare_undo(const history& past) {
  std::erase_if(parked_, [](const auto& x) { return !is_undo(x.second.step); });
  undecided_ = 0;
  engine_.emplace(static_cast<engine_host&>(*this), log_->row().id,
                  past.started);
  rare().undo
    = std::make_unique<undo_work>(undo_work{ending_of(past.undoing), {}, 0});
  tell_idle(false, std::nullopt);
  if (past.cancel_requested)
    cancel_children(past.cancel_reason, "its parent");
}

/// A child that was cancelled undoes what it did itself; one that completed
/// before it heard of that does not. So the list is made once all have ended.
void run_actor::begin_undo() {
  auto& work = *rare().undo;
  work.waits = cancelling_ && has_running_children();
  if (work.waits) {
    log_->update(run_state::compensating, "its children, which were cancelled",
                 std::nullopt, now());
    return; // each of them tells when it has
  }
  auto past = history{services_.store->read(options_.number, 0)};
  rare().undo->list = undo_list(log_->row(), past, *services_.store);
  if (close_reviews())
    return; // the desk tells of each
  rare().recorded = std::move(past.own);
  next_undo();
}

/// Nobody is to have undone what the run undoes itself. True while somebody
/// might.
bool run_actor::close_reviews() {
  auto& work = *rare().undo;
  work.reviewed = false;
  for (const auto& x : work.list)
    if (!x.review.empty()) {
      work.reviewed = true;
      send(
        services_.desk(),
        withdraw_ticket{x.review, "the run undoes it itself", options_.number});
    }
  if (work.reviewed)
    after(ask_again, [this] { // the desk may have been replaced meanwhile
      if (!over_ && is_undoing() && rare().undo->reviewed)
        begin_undo();
      settle();
    });
  return work.reviewed;
}

/// Shows people what was done: for a while they may have it undone.
void run_actor::open_review(const step& s, const value& result) {
  const auto tool = services_.tools->find(s.name);
  const auto done
    = result.source() == "primary" || result.source() == "reconciled";
  if (!done || !tool || !tool->traits->review)
    return;
  const auto& row = log_->row();
  auto t = ticket{};
  t.id = review_ticket_id(row.id, s.path, s.revision);
  t.kind = ticket_kind::review;
  t.run = row.number;
  t.run_id = row.id;
  t.step = s.path;
  t.revision = s.revision;
  t.title = s.name + " was done; it can be undone until "
            + to_rfc3339(now() + *tool->traits->review);
  t.group = "review:" + s.name;
  t.options = {verb::accept, verb::undo};
  t.created = now();
  t.terms.expires = now() + *tool->traits->review;
  const auto key = idempotency_key(row.id, s.path, s.revision);
  t.terms.undo = canonical(json{{"tool", tool->traits->undo},
                                {"arguments",
                                 {{"arguments", s.arguments.get()},
                                  {"key", key},
                                  {"result", result.get()}}}},
                           wrapping_limits);
  t.context = canonical(json{{"agent", row.agent},
                             {"done",
                              {{"step", s.path},
                               {"name", s.name},
                               {"arguments", s.arguments.get()},
                               {"result", result.get()}}}},
                        wrapping_limits);
  log_->when_durable([this, id = t.id, step = s.path] {
    send(services_.desk(), watch_ticket{id});
    publish(event_kind::ticket_opened, severity::info,
            json{{"ticket", id}, {"kind", "review"}}.dump(), step);
  });
  log_->add(std::move(t));
}

void run_actor::next_undo() {
  auto& work = *rare().undo;
  const auto& known = rare().recorded;
  for (; work.next < work.list.size(); ++work.next) {
    const auto& x = work.list[work.next];
    const auto found = known.find(x.path);
    if (found != known.end() && found->second.ended) {
      if (found->second.ended->ok())
        continue;
      const auto ended = *found->second.ended;
      return undone(x.path, ended); // a person has not heard of it
    }
    log_->update(run_state::compensating,
                 "undoes step " + served_by(x.path) + " with " + x.tool,
                 std::nullopt, now());
    if (found != known.end())
      return resume_own(x.path, found->second, false);
    auto s = std::make_unique<step>();
    s->path = x.path;
    s->name = x.tool;
    s->arguments = parse_json(x.arguments);
    s->arguments_text = x.arguments;
    publish(event_kind::undo_started, severity::info,
            json{{"tool", x.tool}}.dump(), x.path);
    return begin_call(engine_->add_own(std::move(s)));
  }
  const auto then = work.then;
  finish_now(then);
}

void run_actor::undone(const step_path& path, const outcome& x) {
  auto& work = *rare().undo;
  const auto& tool = work.list[work.next].tool;
  if (x.ok()) {
    ++work.next;
    return next_undo();
  }
  const auto& why = x.why();
  publish(event_kind::undo_failed, severity::error,
          json{{"tool", tool}, {"failure", json(why)}}.dump(), path);
  park({.reason = reason_for(why.kind),
        .step = path,
        .title = tool + " could not undo step " + served_by(path) + ": "
                 + to_string(why),
        .why = why,
        .suggestion = "retry once the cause is gone, or undo it by hand and "
                      "skip"});
}

/// Says until when it waits by itself, if it does.
void run_actor::show_undo() {
  auto next = std::optional<instant>{};
  for (const auto& [path, s] : engine_->open())
    if (s->due && is_undo(path))
      next = s->due;
  const auto why = log_->row().waiting_for;
  log_->update(run_state::compensating, why, next, now());
}

bool run_actor::has_running_children() const {
  const auto all = children();
  return std::any_of(all.begin(), all.end(), [](const run_row& x) {
    return !is_terminal(x.state) && x.state != run_state::parked;
  });
}

bool run_actor::is_undoing() const {
  return rare_ && rare_->undo != nullptr;
}

bool run_actor::halted(const step& s) const {
  return engine_->frozen() && !(is_undoing() && is_undo(s.path));
}

} // namespace stanchion::detail

#include <stanchion/actors/run/detail/run_actor.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <utility>
#include <variant>

namespace stanchion::detail {

namespace {

/// Where what a tool answered to these arguments is kept. There are so many
/// places for a tool; a newer answer takes an older one's.
struct cache_place {
  std::string fact;
  /// Whose answer it must be.
  std::string key;
};

cache_place place_of(const std::string& tool, const std::string& version,
                     cache_scope scope, const run_row& row,
                     const std::string& arguments) {
  auto among = std::string{"everyone"};
  if (scope == cache_scope::agent)
    among = "agent " + row.agent;
  else if (scope == cache_scope::run)
    among = "run " + to_string(row.id);
  auto key = to_string(sha256(version + "/" + among + "/" + arguments));
  const auto slot
    = std::stoul(key.substr(0, 4), nullptr, 16) % defaults::cached_answers;
  return {"cache/" + tool + "/" + std::to_string(slot), std::move(key)};
}

/// `why`, led to by what was tried after it.
failure joined(failure why, failure later) {
  later.cause = std::move(why.cause);
  why.cause = std::make_shared<const failure>(std::move(later));
  return why;
}

failure no_answer(const std::string& what, const char* problem) {
  return {.kind = failure_kind::internal,
          .effect = side_effect::not_started,
          .message = what + " failed: " + problem};
}

/// What is asked in the place of `of` is as sure as that.
value as_sure_as(const step& of, const value& x) {
  const auto sure = of.arguments.confidence();
  return sure && !x.confidence()
           ? x.with_confidence(*sure, of.arguments.confidence_by())
           : x;
}

} // namespace

// -- what was kept ------------------------------------------------------------

void run_actor::keep_answer(const step& s, const value& x) {
  const auto tool = services_.tools->find(s.name);
  if (!tool || !tool->traits->keeps_answers() || x.source() != "primary")
    return;
  for (const auto& f : tool->traits->fallbacks) {
    const auto* kept = std::get_if<fallback_cache>(&f);
    if (kept == nullptr)
      continue;
    auto [fact_key, key] = place_of(s.name, tool->traits->version, kept->scope,
                                    log_->row(), s.arguments_text);
    auto text = canonical(
      json{{"at", to_micros(now())}, {"key", key}, {"value", x.get()}},
      wrapping_limits);
    if (text.size() <= defaults::cached_bytes)
      log_->add(fact{std::move(fact_key), std::move(text)});
  }
}

std::optional<value> run_actor::kept_answer(const step& s,
                                            const std::string& version,
                                            const fallback_cache& x) const {
  const auto [fact_key, key]
    = place_of(s.name, version, x.scope, log_->row(), s.arguments_text);
  const auto text = services_.store->find_fact(fact_key);
  if (text.empty())
    return std::nullopt;
  const auto kept = parse_json(text, wrapping_limits);
  if (kept["key"] != key)
    return std::nullopt; // another question's
  const auto age = now() - from_micros(kept["at"].as_int());
  if (age > x.max_age)
    return std::nullopt;
  const auto seconds
    = std::chrono::duration_cast<std::chrono::seconds>(age).count();
  return value{kept["value"].get()}.with_source(
    std::string{sources::cache} + std::to_string(seconds) + "s");
}

// -- the chain ----------------------------------------------------------------

void run_actor::call_ended(step& s, outcome x) {
  if (is_own(s.path))
    return own_ended(s, x);
  if (x.ok() || !fall_back(s, x.why(), 0))
    deliver(s, std::move(x));
}

bool run_actor::has_fallback(const step& s, const tool_entry& tool) const {
  if (!is_own(s.path))
    return !tool.traits->fallbacks.empty();
  const auto* of = is_undo(s.path) ? nullptr : engine_->find(served_by(s.path));
  const auto first
    = of == nullptr ? std::nullopt : services_.tools->find(of->name);
  return first && fallback_number(s.path) < first->traits->fallbacks.size();
}

/// `tried`: how many of the chain have had their chance. False when none is
/// left that has something to give.
bool run_actor::fall_back(step& s, failure why, std::size_t tried) {
  const auto tool = services_.tools->find(s.name);
  if (!tool || s.kind != step_kind::call || !may_fall_back(why))
    return false;
  const auto traits = tool->traits; // the tool may be replaced meanwhile
  for (auto n = tried; n < traits->fallbacks.size(); ++n) {
    const auto& next = traits->fallbacks[n];
    try {
      if (const auto* other = std::get_if<fallback_tool>(&next)) {
        start_fallback(s, fallback_step(s, *other, n + 1), why);
        return true;
      }
      if (auto given = without_call(s, traits->version, next, why)) {
        give(s, *std::move(given), why);
        return true;
      }
    } catch (const std::exception& e) {
      why = joined(std::move(why),
                   no_answer("fallback " + std::to_string(n + 1), e.what()));
    }
  }
  return false;
}

std::optional<value> run_actor::without_call(const step& s,
                                             const std::string& version,
                                             const fallback& x,
                                             const failure& why) const {
  if (const auto* kept = std::get_if<fallback_cache>(&x))
    return kept_answer(s, version, *kept);
  if (const auto* fixed = std::get_if<fallback_value>(&x))
    return fixed->content.with_source(std::string{sources::fixed});
  const auto made = std::get<fallback_partial>(x).make(s.arguments, why);
  static_cast<void>(canonical(made)); // or it could not be recorded
  return value{made}.with_source(std::string{sources::partial});
}

/// What its chain gave reaches the program.
void run_actor::give(step& s, value x, const failure& why) {
  const auto fields
    = json{{"tool", s.name}, {"source", x.source()}, {"instead_of", json(why)}}
        .dump();
  note_own(event_kind::fallback_used, s.path, fields);
  s.handed_on = false;
  deliver(s, outcome{std::move(x)});
}

/// Throws what the arguments' function throws.
std::unique_ptr<step> run_actor::fallback_step(const step& of,
                                               const fallback_tool& x,
                                               std::size_t nth) {
  auto s = std::make_unique<step>();
  s->path = fallback_path(of.path, nth);
  s->name = x.tool;
  s->arguments = as_sure_as(of, x.arguments ? value{x.arguments(of.arguments)}
                                            : of.arguments);
  s->arguments_text = canonical(s->arguments.get());
  s->raced = of.raced;
  return s;
}

void run_actor::start_fallback(step& of, std::unique_ptr<step> s,
                               const failure& why) {
  of.due.reset();
  held_.erase(of.path);
  if (of.attempts.made != 0 && !of.attempts.ended)
    end_attempt(of, of.attempts.made, why);
  of.handed_on = true;
  rare().reasons[of.path] = std::make_shared<const failure>(why);
  auto& own = engine_->add_own(std::move(s));
  say_asked(own);
  begin_call(own, &why);
}

/// A step of the run's own is over.
void run_actor::own_ended(step& s, const outcome& x) {
  const auto path = s.path;
  const auto charged = std::exchange(s.charged, false);
  const auto name = s.name;
  record_outcome(path, x, false);
  engine_->settle(path);
  if (!charged)
    return after_own(path, name, x);
  // Should the process die of what comes now, the step is cleared.
  log_->when_durable([this, path, name, x] { after_own(path, name, x); });
}

void run_actor::after_own(const step_path& path, const std::string& name,
                          const outcome& x) {
  if (is_undo(path))
    return undone(path, x);
  auto* of = engine_->find(served_by(path));
  if (of == nullptr)
    return;
  if (of->abandoned)
    return engine_->settle(step_path{of->path});
  if (engine_->frozen())
    return; // a replay goes on from here
  auto& reasons = rare().reasons;
  const auto found = reasons.find(of->path);
  auto why = found == reasons.end() ? failure{} : *found->second;
  if (x.ok()) {
    reasons.erase(of->path);
    return give(*of, x.get().with_source(std::string{sources::fallback} + name),
                why);
  }
  why = joined(std::move(why), x.why());
  if (fall_back(*of, why, fallback_number(path)))
    return;
  of->handed_on = false;
  deliver(*of, outcome{std::move(why)});
}

// -- after a restart ----------------------------------------------------------

/// Goes on where the chain of `of` stood. False when it had not begun.
bool run_actor::resume_fallback(step& of) {
  if (!rare_)
    return false;
  const auto& own = rare_->recorded;
  auto last = std::size_t{0};
  for (auto i = own.lower_bound(of.path); i != own.end(); ++i)
    if (served_by(i->first) == of.path)
      last = std::max(last, fallback_number(i->first));
  if (last == 0)
    return false;
  const auto path = fallback_path(of.path, last);
  const auto& x = own.at(path);
  of.handed_on = true;
  of.due.reset(); // of its own attempts
  rare_->reasons[of.path] = x.why;
  if (x.ended)
    after_own(path, x.name, *x.ended);
  else
    resume_own(path, x, of.abandoned);
  return true;
}

void run_actor::resume_own(const step_path& path, const own_step& x,
                           bool abandoned) {
  auto s = std::make_unique<step>();
  s->path = path;
  s->name = x.name;
  s->arguments = parse_json(x.arguments_text);
  if (const auto* of = engine_->find(served_by(path)))
    s->arguments = as_sure_as(*of, s->arguments);
  s->arguments_text = x.arguments_text;
  s->abandoned = abandoned;
  x.restore(*s);
  resume_call(engine_->add_own(std::move(s)));
}

} // namespace stanchion::detail

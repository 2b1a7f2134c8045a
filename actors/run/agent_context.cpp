#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/standing.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>

#include <nlohmann/json.hpp>

namespace stanchion {

namespace {

/// What a step asks with, as bytes. The agent hears of what has none as of any
/// other bad value.
std::string text_of(const step& s, const json_limits& limits) try {
  return canonical(s.arguments, limits);
} catch (const error& e) {
  throw step_error{{.kind = failure_kind::invalid_input,
                    .effect = side_effect::not_started,
                    .message = "the arguments of "
                               + std::string{to_string(s.kind)} + " " + s.name
                               + " cannot be journaled: " + e.what()}};
}

std::unique_ptr<step> make_step(step_kind kind, std::string name,
                                value arguments,
                                const json_limits& limits = {}) {
  auto s = std::make_unique<step>();
  s->kind = kind;
  s->name = std::move(name);
  s->arguments = std::move(arguments);
  s->arguments_text = text_of(*s, limits);
  return s;
}

} // namespace

call_operation agent_context::call(std::string tool, value arguments) const {
  return call_operation{
    make_step(step_kind::call, std::move(tool), std::move(arguments))};
}

call_operation agent_context::call(std::string tool) const {
  return call(std::move(tool), args());
}

try_call_operation agent_context::try_call(std::string tool,
                                           value arguments) const {
  return try_call_operation{
    make_step(step_kind::call, std::move(tool), std::move(arguments))};
}

try_call_operation agent_context::try_call(std::string tool) const {
  return try_call(std::move(tool), args());
}

compensate_operation agent_context::compensate_with(std::string tool,
                                                    value arguments) const {
  return compensate_operation{
    make_step(step_kind::compensation, std::move(tool), std::move(arguments))};
}

std::optional<stuck_finding> agent_context::stuck() const {
  const auto* watch = engine_->stuck();
  const auto* found = watch == nullptr ? nullptr : watch->now();
  return found == nullptr ? std::nullopt : std::optional{*found};
}

sleep_operation agent_context::sleep_for(duration d) const {
  return sleep_until(engine_->now() + d);
}

sleep_operation agent_context::sleep_until(instant at) const {
  auto s = std::make_unique<step>();
  s->kind = step_kind::timer;
  s->due = at;
  return sleep_operation{std::move(s)};
}

spawn_operation agent_context::spawn(std::string agent, value input) const {
  return spawn_operation{
    make_step(step_kind::spawn, std::move(agent), std::move(input))};
}

escalate_operation agent_context::escalate(park_reason reason, std::string text,
                                           value suggestion) const {
  auto arguments = args("text", text, "suggestion", suggestion);
  return escalate_operation{make_step(step_kind::escalation,
                                      std::string{to_string(reason)},
                                      std::move(arguments), wrapping_limits)};
}

escalate_operation agent_context::escalate(park_reason reason,
                                           std::string text) const {
  return escalate(reason, std::move(text), {});
}

escalate_operation agent_context::approve(value plan) const {
  return escalate_operation{
    make_step(step_kind::approval, std::string{}, std::move(plan))};
}

escalate_operation agent_context::question(std::string text,
                                           value schema) const {
  try {
    static_cast<void>(stanchion::schema{schema.get()});
  } catch (const error& e) {
    throw step_error{{.kind = failure_kind::invalid_input,
                      .effect = side_effect::not_started,
                      .message = "the question \"" + text
                                 + "\" has no sound schema: " + e.what()}};
  }
  auto arguments = args("text", text, "schema", schema);
  return escalate_operation{make_step(step_kind::question, std::string{},
                                      std::move(arguments), wrapping_limits)};
}

signal_operation agent_context::signal(std::string name) const {
  auto s = std::make_unique<step>();
  s->kind = step_kind::signal;
  s->name = std::move(name);
  return signal_operation{std::move(s)};
}

signal_operation agent_context::signal(std::string name, duration limit) const {
  auto s = std::make_unique<step>();
  s->kind = step_kind::signal;
  s->name = std::move(name);
  s->due = engine_->now() + limit;
  return signal_operation{std::move(s)};
}

lower_operation agent_context::lower_mode(mode to, std::string reason) const {
  return lower_operation{make_step(
    step_kind::lowering, std::string{to_string(to)}, args("reason", reason))};
}

mode agent_context::current_mode() const {
  const auto* x = engine_->stands();
  return x == nullptr ? mode::autonomous : x->now.mode;
}

budget agent_context::remaining_budget() const {
  const auto* x = engine_->stands();
  return x == nullptr ? budget{} : x->left(engine_->now());
}

renewal_operation agent_context::continue_as_new(value input) const {
  return renewal_operation{
    make_step(step_kind::renewal, std::string{}, std::move(input))};
}

value agent_context::side_value_of(std::string_view name,
                                   const std::function<value()>& fn) const {
  return engine_->side_value(name, fn);
}

bool agent_context::patched(std::string_view id) const {
  return engine_->patched(id);
}

instant agent_context::now() const {
  return engine_->now();
}

std::uint64_t agent_context::random() const {
  return engine_->draw();
}

uuid agent_context::uuid() const {
  const auto high = engine_->draw();
  return derived_uuid(high, engine_->draw());
}

const run_id& agent_context::id() const {
  return engine_->run();
}

void agent_context::progress(std::string_view text) const {
  if (!engine_->replaying())
    engine_->host().say(event_kind::run_progress, severity::info, text);
}

void agent_context::log(std::string_view text) const {
  log(severity::info, text);
}

void agent_context::log(severity level, std::string_view text) const {
  if (!engine_->replaying())
    engine_->host().say(event_kind::run_log, level, text);
}

} // namespace stanchion

#include <stanchion/actors/run/operation.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/tool_job.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

void publish(const tool_context& from, event_kind kind, severity level,
             std::string_view text) {
  if (from.sink == nullptr)
    return;
  auto [run, step] = place_of(from.key);
  const auto fields = json{{"text", text}, {"attempt", from.attempt}};
  const auto* time = from.time != nullptr ? from.time : &system_clock();
  from.sink->publish(event{.kind = kind,
                           .severity = level,
                           .at = time->now(),
                           .run = run,
                           .step = std::move(step),
                           .subject = from.tool,
                           .fields = json_text(fields),
                           .trace = from.trace});
}

} // namespace

void tool_context::log(std::string_view text) const {
  log(severity::info, text);
}

void tool_context::log(severity level, std::string_view text) const {
  publish(*this, event_kind::run_log, level, text);
}

void tool_context::progress(std::string_view text) const {
  if (alive != nullptr)
    alive->beat((time != nullptr ? time : &system_clock())->now());
  publish(*this, event_kind::run_progress, severity::info, text);
}

void tool_context::spent(const spending& x) {
  costs = costs.value_or(spending{}) + x;
}

std::string tool_context::traceparent() const {
  const auto mine = trace.nil() ? trace_of(place_of(key).first) : trace;
  return to_string(span_of(mine, key, attempt));
}

sleep_operation tool_context::sleep_for(duration d) const {
  const auto* clock = time != nullptr ? time : &system_clock();
  auto s = std::make_unique<step>();
  s->kind = step_kind::timer;
  s->due = clock->now() + d;
  return sleep_operation{std::move(s)};
}

} // namespace stanchion

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/catalog.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

std::string text_of(const fallback& x) {
  if (const auto* other = std::get_if<fallback_tool>(&x))
    return other->tool;
  if (std::holds_alternative<fallback_cache>(x))
    return "cache";
  return std::holds_alternative<fallback_value>(x) ? "static" : "partial";
}

} // namespace

/// Reads what a tool was built with.
struct tool_catalog {
  [[nodiscard]] static tool_summary summary(const tool& t) {
    auto x = tool_summary{};
    x.name = t.name_;
    x.effect = t.effect_;
    x.timeout = t.timeout_;
    x.attempts = t.retry_.max_attempts;
    x.undo = t.traits_.undo;
    for (const auto& each : t.traits_.fallbacks)
      x.fallbacks.push_back(text_of(each));
    x.input = value{t.input_->document()};
    x.output = value{t.output_->document()};
    return x;
  }
};

bool runtime::running() const {
  const std::lock_guard guard{impl_->mutex};
  return impl_->running && !impl_->stopped && !impl_->root_down;
}

std::vector<agent_summary> runtime::agents() const {
  auto all = std::vector<agent_summary>{};
  for (const auto& [name, latest] : impl_->latest) {
    auto x = agent_summary{.name = name,
                           .versions = {},
                           .latest = latest,
                           .stopped = impl_->is_stopped(name)};
    for (const auto& [key, program] : impl_->agents)
      if (key.first == name)
        x.versions.push_back(key.second);
    all.push_back(std::move(x));
  }
  return all;
}

std::vector<tool_summary> runtime::tools() const {
  auto all = std::vector<tool_summary>{};
  for (const auto& [name, t] : impl_->tools)
    all.push_back(tool_catalog::summary(t));
  return all;
}

void runtime::set_breaker(const std::string& tool, bool isolated,
                          const std::string& reason) {
  impl_->require_running();
  const auto found = impl_->directory->find(tool);
  if (!found)
    throw error{error_code::unknown_tool, "there is no tool named " + tool
                                            + "; `tool list` shows what there "
                                              "is"};
  if (!found->guard)
    throw error{error_code::not_running,
                "the guard of tool " + tool
                  + " is being started anew; try again in a moment"};
  if (isolated)
    impl_->sys->send(found->guard, isolate_tool{reason});
  else
    impl_->sys->send(found->guard, close_breaker{reason});
}

void runtime::note(audit_entry x) {
  impl_->require_running();
  x.at = impl_->sys->clock().now();
  impl_->note_change(std::move(x));
}

} // namespace stanchion

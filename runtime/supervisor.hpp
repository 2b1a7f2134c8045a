#pragma once

#include <stanchion/actors/run/agent.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/llm_agent.hpp>
#include <stanchion/runtime/tool.hpp>
#include <stanchion/supervisors/policy/restart_type.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace stanchion {

/// A part of the supervision tree that a user composes: tools, agents and
/// further supervisors that fail and restart together as `strategy` says.
///
/// Stopping a tool ends its guard: its open calls are resolved by their effect
/// class. Stopping an agent suspends its runs; none fails. More restarts than
/// allowed stop all children and escalate to the parent.
class supervisor {
public:
  using part = std::variant<tool, agent, llm_agent, supervisor>;

  supervisor(std::string name, stanchion::strategy how)
    : name_(std::move(name)), strategy_(how) {
    // nop
  }

  /// Restarts allowed in a window, of all children together. Default 5 in
  /// 60 s.
  supervisor& restarts(std::uint32_t most, duration window) {
    restarts_ = most;
    window_ = window;
    return *this;
  }
  /// Delay before a child is restarted: the first, doubling to a minute, full
  /// jitter. Default 0.5 s; 0 restarts at once.
  supervisor& backoff(duration first) {
    backoff_ = first;
    return *this;
  }

  // Children start in the order in which they are added and stop in reverse.
  supervisor& child(tool x);
  supervisor& child(agent x);
  supervisor& child(llm_agent x);
  supervisor& child(supervisor x);

  [[nodiscard]] const std::string& name() const {
    return name_;
  }
  [[nodiscard]] stanchion::strategy how() const {
    return strategy_;
  }
  [[nodiscard]] std::uint32_t max_restarts() const {
    return restarts_;
  }
  [[nodiscard]] duration restart_window() const {
    return window_;
  }
  [[nodiscard]] duration first_backoff() const {
    return backoff_;
  }
  [[nodiscard]] const std::vector<part>& children() const {
    return children_;
  }

private:
  std::string name_;
  stanchion::strategy strategy_;
  std::uint32_t restarts_ = defaults::tool_restarts;
  duration window_ = defaults::restart_window;
  duration backoff_ = defaults::restart_backoff;
  std::vector<part> children_;
};

} // namespace stanchion

#pragma once

#include <stanchion/cli/top/view.hpp>

#include <string>

namespace stanchion::test {

inline const auto noon = *parse_rfc3339("2026-01-02T12:00:00Z");

/// A ticket as the operations tell it.
inline json sample_ticket(const std::string& id, json options) {
  return {{"id", id},
          {"kind", "approval"},
          {"state", "open"},
          {"reason", "requires_human"},
          {"run", "0197c5d2-0000-7000-8000-000000000001"},
          {"version", 3},
          {"title", "refunds.pay needs approval"},
          {"created", "2026-01-02T11:57:00Z"},
          {"options", std::move(options)},
          {"terms", {{"expires", "2026-01-02T13:00:00Z"}}},
          {"context",
           {{"failing_step",
             {{"name", "refunds.pay"}, {"arguments", {{"cents", 9'000}}}}}}}};
}

inline json sample_run(const std::string& id, const std::string& state) {
  return {{"id", id},
          {"agent", "refund"},
          {"state", state},
          {"created", "2026-01-02T11:50:00Z"},
          {"updated", "2026-01-02T11:58:00Z"}};
}

/// An approval that waits, a run that is stuck, one that is not, one that has
/// ended, a tree, an agent that was stopped and a tool that is isolated.
inline top::report sample_report() {
  auto x = top::report{.at = noon};
  x.tickets.push_back(
    sample_ticket("T-1", {"approve", "edit", "reject", "abort"}));
  auto parked = sample_run("0197c5d2-0000-7000-8000-000000000001", "parked");
  parked["waiting_for"] = "ticket T-1: refunds.pay needs approval";
  auto waiting = sample_run("0197c5d3-0000-7000-8000-000000000002", "waiting");
  waiting["waiting_for"] = "another try of orders.look_up";
  waiting["next_at"] = "2026-01-02T12:00:30Z";
  x.runs = {sample_run("0197c5d4-0000-7000-8000-000000000003", "running"),
            waiting, parked};
  x.ended = {sample_run("0197c5d1-0000-7000-8000-000000000004", "completed")};
  x.tree = {{"name", "root"},
            {"kind", "supervisor"},
            {"state", "running"},
            {"children",
             {{{"name", "tools"}, {"state", "restarting"}, {"restarts", 2}}}}};
  x.tools = {{{"name", "refunds.pay"},
              {"effect", "idempotent"},
              {"breaker", "isolated"}},
             {{"name", "orders.look_up"},
              {"effect", "read_only"},
              {"breaker", "closed"}}};
  x.agents
    = {{{"name", "refund"},
        {"version", "1"},
        {"state", "running"},
        {"mode", {{"mode", "stopped"}, {"by", "ann"}, {"reason", "fire"}}}}};
  return x;
}

inline top::view sample_view() {
  return top::with_report({.source = "shop"}, sample_report());
}

/// Keys, one after the other: characters, and `\r` for Enter, `\x1b` for
/// Escape, `\t` for Tab. Yields the last order.
inline top::pressed type(top::view v, const std::u32string& keys) {
  auto to = top::pressed{.view = std::move(v), .order = {}};
  for (const auto c : keys) {
    const auto name = c == U'\r'     ? top::key_name::enter
                      : c == U'\x1b' ? top::key_name::escape
                      : c == U'\t'   ? top::key_name::tab
                                     : top::key_name::character;
    to = top::press(std::move(to.view), {.name = name, .code = c});
  }
  return to;
}

/// What is to be read on a screen.
inline std::string text_of_screen(const top::view& v, std::size_t width,
                                  std::size_t height) {
  auto text = std::string{};
  for (const auto& line : top::paint(v, width, height)) {
    for (const auto& part : line)
      text += part.text;
    text += '\n';
  }
  return text;
}

} // namespace stanchion::test

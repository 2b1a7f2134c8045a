#pragma once

#include <stanchion/runtime/runtime.hpp>
#include <stanchion/runtime/testing/campaign.hpp>
#include <stanchion/runtime/testing/simulated.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace stanchion {

namespace detail {
struct scenario;
} // namespace detail

/// Tests agents against bad days: whole runtimes on one thread and in virtual
/// time, with tools that are faked, people that are scripted, and faults.
///
///     TEST_CASE("an order is paid at most once, whatever goes wrong") {
///       auto sim = simulation{add_tools_and_agents};
///       sim.fake("orders.lookup", [](const value&, tool_context&) {
///         return args("cents", 700);
///       });
///       sim.submit({.agent = "refund", .input = args("order", 1)});
///       sim.inject(rough_days());
///       sim.check("paid at most once", [](const simulated& x) {
///         return x.effects("payments.refund") <= 1;
///       });
///       const auto report = sim.try_seeds(1'000);
///       INFO(report.text());
///       CHECK(report.ok());
///     }
///
/// No tool's own function is ever called: a fake stands for it, or values that
/// its output schema allows. Effect classes, schemas, timeouts, retries and
/// breakers are those of the program. A fake has had its effect when it
/// returns, and none when it throws `tool_error`.
///
/// The same seed, scenario and program give the same system, message by
/// message. After each event an auditor holds it to the promises of the
/// runtime; docs/how-it-is-tested.md lists them.
///
/// Errors:  `error` as `runtime` has it, for a setup that does not fit.
/// Threads: one. Workers are processes, made by `fork`.
class simulation {
public:
  /// `setup` adds tools and agents, as for `command_line`. It is called at each
  /// start of a simulated process.
  explicit simulation(std::function<void(runtime&)> setup);
  simulation(simulation&&) noexcept;
  simulation& operator=(simulation&&) noexcept;
  ~simulation();

  // -- the scenario -----------------------------------------------------------

  /// What `tool` does instead of its own work.
  simulation& fake(const std::string& tool, tool_function fn);
  /// A run to start, `after` the beginning. Submitted again under the same key
  /// until it is acknowledged.
  simulation& submit(submission what, duration after = {});
  /// Somebody cancels the run of the `nth` submission, counted from 1, at an
  /// instant of the seed's choice in [`from`, `from + within`), or as soon
  /// after it as there is such a run and a process; again until that is heard.
  simulation& cancel(std::size_t nth, duration from, duration within);
  /// Likewise somebody says what an agent may do.
  simulation& set_mode(std::string agent, mode to, duration from,
                       duration within);
  /// What goes wrong. Replaces what was said before.
  simulation& inject(stanchion::faults x);
  /// What people say to tickets of that reason, of a run, that take such a
  /// verb: `payload` is its value as JSON text. Unless told otherwise they know
  /// the truth about ambiguous calls, approve what is proposed, retry a step
  /// three times, and abort then.
  simulation& person(park_reason reason, verb said, std::string payload = {});
  /// Such tickets stay open.
  simulation& leave_open(park_reason reason);
  /// So do all.
  simulation& nobody();
  /// Virtual time after which what is not over is stuck. Default 30 days.
  simulation& patience(duration x);

  // -- what must be true ------------------------------------------------------

  /// Must hold at the end of every system. What it throws is a violation, too.
  simulation& check(std::string claim,
                    std::function<bool(const simulated&)> holds);
  /// Must hold at the end of some system of a campaign.
  simulation& goal(std::string claim,
                   std::function<bool(const simulated&)> holds);

  // -- trying it --------------------------------------------------------------

  /// One system, with its trace.
  [[nodiscard]] simulated try_seed(std::uint64_t seed) const;
  /// The same of what a report names.
  [[nodiscard]] simulated try_again(const replay& x) const;
  /// Many systems. A seed that fails is shrunk.
  [[nodiscard]] campaign_report
  try_seeds(std::uint64_t seeds, const campaign_options& options = {}) const;
  /// The seed again and again, each time with one death of the process: before
  /// and after each commit, and before and after each attempt's effect. The
  /// scenario's own faults are left out.
  [[nodiscard]] campaign_report crash_everywhere(std::uint64_t seed = 1,
                                                 const campaign_options& options
                                                 = {}) const;

private:
  std::unique_ptr<detail::scenario> scenario_;
};

} // namespace stanchion

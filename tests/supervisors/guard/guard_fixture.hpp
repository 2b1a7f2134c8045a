#pragma once

#include <stanchion/core/append.hpp>
#include <stanchion/core/call.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A guard in virtual time between a run and a tool that do as they are told.
namespace stanchion::test {

/// What the tool does with a job.
enum class act {
  succeed,     ///< answers {"ok": attempt}
  wrong_shape, ///< answers what the output schema does not allow
  error,       ///< answers `tool_script::error`
  throw_std,
  throw_other,
  quit, ///< ends with the job unanswered
  hang, ///< answers when it is released
};

/// What the tool is to do, and what it saw.
struct tool_script {
  std::deque<act> acts; ///< one a job; `otherwise` when there is none left
  act otherwise = act::succeed;
  failure error{.kind = failure_kind::network,
                .effect = side_effect::unknown,
                .message = "connection reset"};
  /// What is answered when what hangs is released; empty for a success.
  std::optional<outcome> released;
  /// What `reconcile` answers; the last one for ever.
  std::deque<outcome> found;
  /// How many of the next incarnations fail to start.
  int bad_starts = 0;

  int starts = 0;
  std::vector<tool_job> jobs;
  std::vector<tool_job> questions;
  /// The latest incarnation.
  fabric::actor_ref now;
};

/// To the tool: answers what hangs.
struct release {};

/// The tool's actor.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_scripted_tool(tool_script& script);

/// What a run heard, and where its records would stand.
struct run_log {
  std::vector<call_admitted> admitted;
  std::vector<attempt_failed> failed;
  std::vector<call_waits> waits;
  std::vector<call_done> done;
  std::vector<call_unknown> unknown;
  std::vector<late_result> late;
  std::size_t held = 0;
  /// In order: `admitted 1`, `failed 1 timeout`, `done 1 ok`, …
  std::vector<std::string> story;
  attempt_state attempts;
  /// Whether `call_admitted` is answered with `attempt_go`.
  bool goes = true;
  /// Whether it asks again when it was told to wait.
  bool comes_back = false;
};

class event_list final : public event_sink {
public:
  void publish(event x) override {
    events.push_back(std::move(x));
  }
  [[nodiscard]] std::size_t count(event_kind kind) const;
  [[nodiscard]] const event& last(event_kind kind) const;

  std::vector<event> events;
};

struct guard_fixture {
  explicit guard_fixture(std::uint64_t seed = 1);

  // -- before `start` ---------------------------------------------------------

  tool_script script;
  guard_options options;
  std::shared_ptr<event_list> events = std::make_shared<event_list>();

  // -- the cast ---------------------------------------------------------------

  std::map<std::string, std::string> facts; ///< as the journal was told
  std::vector<escalation> escalations;
  std::vector<fabric::down> ends; ///< of the guard
  fabric::system sys;
  fabric::simulation sim{sys};
  fabric::actor_ref guard;

  void start();

  /// A new run, or a new incarnation of one, that hears what it is told.
  [[nodiscard]] fabric::actor_ref run(run_log& log);
  /// Lets `from` ask for the call of step `5`, as its records stand.
  void ask(const fabric::actor_ref& from, run_log& log, run_number number = 1,
           bool at_once = false);
  /// Lets `from` send the guard `m`.
  void say(const fabric::actor_ref& from, fabric::message m);

  /// A run asks, and all that can happen at once happens.
  run_log& call(bool at_once = false, bool comes_back = false);
  /// The same, and time passes until the call is over.
  run_log& call_to_end(duration patience = 1h);
  void release_tool();
  [[nodiscard]] tree_node describe();

  std::deque<run_log> logs;
  std::vector<fabric::actor_ref> cast; // kept alive
};

/// The key of a run's only call here.
[[nodiscard]] call_key key_of(run_number number = 1);

} // namespace stanchion::test

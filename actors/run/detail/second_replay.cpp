#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/actors/run/detail/second_replay.hpp>
#include <stanchion/actors/run/engine.hpp>
#include <stanchion/actors/run/history.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::detail {

namespace {

/// Answers nothing: a replay that asks for anything has diverged.
class silent_host final : public engine_host {
public:
  bool asked = false;

  void begin(step&) override {
    asked = true;
  }
  void resume(step&) override {
    // nop
  }
  void record_side_value(const step_path&, std::string_view,
                         const value&) override {
    asked = true;
  }
  void record_patch(std::string_view, bool) override {
    // nop
  }
  void abandoned(step&) override {
    // nop
  }
  void drifted(const step&) override {
    asked = true;
  }
  void say(event_kind, severity, std::string_view) override {
    // nop
  }
};

} // namespace

std::string replay_difference(const agent& program, const run_id& run,
                              history past) {
  if (!past.terminal || past.terminal->kind != record_kind::completed)
    return {};
  const auto recorded = past.terminal->body;
  auto host = silent_host{};
  auto again = engine{host, run, past.started};
  auto context = agent_context{again};
  if (program.stuck())
    again.watch(std::make_unique<stuck_record>(
      stuck_watch{*program.stuck(), nullptr}, past.stuck));
  auto input = past.input;
  past.know_limits(program.limits());
  again.start(program.body()(context, std::move(input)), std::move(past));
  if (again.diverged())
    return again.diverged()->recorded + " / " + again.diverged()->requested;
  if (host.asked || !again.ended() || again.thrown())
    return "the replay asks for more than the journal holds";
  if (bodies::completed(value{again.take_result()}) != recorded)
    return "the replay returned another result";
  return {};
}

} // namespace stanchion::detail

#pragma once

#include <stanchion/core/random.hpp>
#include <stanchion/core/tool_job.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/runtime/testing/simulated.hpp>
#include <stanchion/runtime/tool.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stanchion::detail {

/// The world outside: what tools are asked to do and what becomes of it. It
/// outlives the deaths of the process, and notes everything by itself.
///
/// An idempotent tool knows its keys and answers a known one as before; a
/// reconcilable one tells the truth about a key; `once` and reconcilable tools
/// act as often as they are asked.
///
/// Threads: one.
class sink {
public:
  explicit sink(std::uint64_t seed);

  /// What stands for the function of `tool`; without it values come that its
  /// output schema allows.
  void fake(std::string tool, tool_function fn);

  /// An attempt. Throws what the fake throws that is no `tool_error`.
  [[nodiscard]] tool_answer attempt(const tool& t, const tool_job& job,
                                    const clock& time);
  /// Whether the key took effect.
  [[nodiscard]] outcome question(const std::string& key) const;

  /// The result that `key` had, if it took effect.
  [[nodiscard]] const json* result_of(const std::string& key) const;
  /// How long the answer to the present attempt is under way: zero as often as
  /// not.
  [[nodiscard]] duration latency();

  [[nodiscard]] const std::vector<simulated_call>& calls() const {
    return calls_;
  }
  [[nodiscard]] std::vector<simulated_call> take_calls() {
    return std::move(calls_);
  }

  /// Told of every attempt before it acts.
  std::function<void(const simulated_call&)> on_attempt;
  /// Nothing acts any more: the process is dead.
  bool deaf = false;

private:
  [[nodiscard]] json call(const tool& t, const value& arguments,
                          tool_context& ctx);

  std::shared_ptr<random_source> random_;
  std::map<std::string, tool_function> fakes_;
  std::map<std::string, json> done_; // by key
  std::vector<simulated_call> calls_;
};

/// Makes the actor that stands for `t`.
[[nodiscard]] std::unique_ptr<fabric::actor> make_stand_in(const tool& t,
                                                           sink& world);

} // namespace stanchion::detail

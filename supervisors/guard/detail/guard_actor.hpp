#pragma once

#include <stanchion/core/call.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/guard/deadline_queue.hpp>
#include <stanchion/supervisors/guard/guard.hpp>
#include <stanchion/supervisors/guard/guard_report.hpp>
#include <stanchion/supervisors/guard/kept_answers.hpp>
#include <stanchion/supervisors/guard/open_call.hpp>
#include <stanchion/supervisors/policy/restart_backoff.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace stanchion::detail {

/// To itself: whatever the incarnations before `epoch` refused has come back
/// by now; what has not, they had accepted.
struct judge_accepted {
  std::uint64_t epoch = 0;
};

/// To itself: the tool is down since `epoch` and starts again without delay.
struct restart_now {
  std::uint64_t epoch = 0;
};

/// To itself: the breaker has closed.
struct breaker_closed {};

/// To itself: there is a place for who stands in line.
struct place_freed {};

/// How the tool's actor stands.
enum class tool_state : std::uint8_t { down, starting, up, stopping };

/// A failure of a call that did not get as far as the tool.
[[nodiscard]] inline failure not_started(failure_kind kind,
                                         std::string message) {
  return {.kind = kind,
          .effect = side_effect::not_started,
          .message = std::move(message)};
}

/// The guard itself: `guard_actor.cpp` speaks with runs, `permission.cpp` says
/// whether a person has to be asked, `admission.cpp` whether an attempt may
/// leave, `places.cpp` how many may at a time,
/// `attempts.cpp` speaks with the tool, `hedging.cpp` sends attempts twice,
/// `verdicts.cpp` applies what the policies say, `health.cpp` keeps
/// the tool's actor and the breaker.
class guard_actor final : public fabric::actor {
public:
  explicit guard_actor(guard_options options)
    : options_(std::move(options)), report_(options_.name, options_.events),
      budget_(options_.restarts),
      backoff_(options_.restart_backoff, options_.restarts.window),
      breaker_(options_.breaker), timeouts_(options_.attempt_timeout),
      kept_(answers_kept) {
    if (options_.rate)
      rate_.emplace(*options_.rate);
    if (options_.limit)
      places_.emplace(*options_.limit);
    if (options_.hedge)
      hedges_.emplace(options_.hedge->after);
  }
  ~guard_actor() override;

  std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    load_breaker();
    load_retry_budget();
    start_tool();
  }
  void receive(fabric::envelope& e) override;
  void on_down(const fabric::down& d) override {
    if (d.source == tool_.id())
      tool_went_down(d);
  }
  void on_stop() override;

private:
  // -- calls, as runs speak of them -------------------------------------------

  void on_request(const call_request& x, const fabric::actor_ref& caller);
  void attach(open_call& call, const call_request& x,
              const fabric::actor_ref& caller);
  void begin(open_call& call, const call_request& x);
  bool read_arguments(open_call& call, const std::string& text);
  void on_go(const attempt_go& x);
  void on_dropped(const call_dropped& x);

  // -- whether anybody has to be asked ----------------------------------------

  bool may_go(open_call& call);
  [[nodiscard]] std::optional<block_reason> blocked_by(open_call& call);
  [[nodiscard]] std::size_t rule_for(open_call& call);
  void block(open_call& call, block_reason why);
  void hold_back(open_call& call, block_reason why);
  void claim(open_call& call);
  void on_claimed(open_call& call, const fabric::reply& r);

  // -- whether an attempt may leave -------------------------------------------

  void proceed(open_call& call);
  void admit(open_call& call, instant at);
  void stash(open_call& call);
  void refuse(open_call& call, failure why, std::string_view by);
  void refused_by_breaker(open_call& call, std::optional<instant> retry_at);
  bool take_turn(open_call& call, instant at);
  std::optional<std::string> reckon_cost(open_call& call);
  [[nodiscard]] static std::uint64_t cost_of(const open_call& call);
  void give_turn_back(open_call& call);
  void keep(open_call& call, instant until);
  void sweep_absent();
  void resume(open_call& call);

  // -- places -----------------------------------------------------------------

  bool take_place(open_call& call, instant at);
  bool enter(open_call& call);
  void stand_in_line(open_call& call, instant at);
  [[nodiscard]] bool may_stand_in_line();
  [[nodiscard]] failure no_place(std::size_t waiting) const;
  [[nodiscard]] duration time_in_line(const open_call& call, instant at) const;
  void watch(open_call& call, instant at);
  void waited_in_line(open_call& call);
  void free_place();
  void serve_line();
  void vacate(const std::shared_ptr<flight>& x, bool actor_gone);
  void reclaim_places();
  void adapt_limit(const open_call& call, breaker_result result,
                   const failure* why, instant at);

  // -- one attempt ------------------------------------------------------------

  void leave(open_call& call);
  void fly(open_call& call, instant at);
  std::shared_ptr<flight> launch(open_call& call, instant at);
  static open_call* take_back(const std::shared_ptr<flight>& x);
  void give_up_on(const std::shared_ptr<flight>& x, const open_call& call,
                  duration patience);
  void on_reply(const std::shared_ptr<flight>& x, fabric::reply& r);
  void bounced(open_call& call);
  void answered(open_call& call, const outcome& x);
  void on_time_up();
  void on_timeout(const std::shared_ptr<flight>& x);
  void expire(const std::shared_ptr<flight>& x, const std::string& message);
  void expect_progress(const std::shared_ptr<flight>& x, duration within);
  void watch_time(open_call& call, std::optional<instant> gives_up);
  void on_call_time_up(open_call& call);
  void late(const flight& x, const outcome& result);
  void check_hung(const flight& x);

  // -- copies of an attempt ---------------------------------------------------

  void expect_copy(const std::shared_ptr<flight>& x, instant at);
  void on_copies_due();
  void send_copy(open_call& call, std::uint64_t epoch);
  bool admit_copy(open_call& call, instant at);
  void copy_ended(open_call& call, const outcome& x);
  void copy_bounced(open_call& call);
  [[nodiscard]] static bool is_last_copy(const open_call& call);
  [[nodiscard]] static std::vector<std::shared_ptr<flight>>
  take_copies(open_call& call);
  void give_up_copies(open_call& call);

  // -- what follows -----------------------------------------------------------

  void succeeded(open_call& call, const value& x, const char* source);
  void failed(open_call& call, failure why);
  void apply(open_call& call, failure why, const retry_verdict& verdict);
  retry_verdict decide_about(const open_call& call, const failure& why,
                             bool denied = false) const;
  retry_verdict decide_and_spend(open_call& call, failure& why);
  void tell_failed(open_call& call, const failure& why, instant next);
  void tell_held(open_call& call);
  void wait(open_call& call, instant until, wait_reason why);
  void reconcile(open_call& call, failure why);
  void reconciled(open_call& call, const outcome& x);
  void did_not_happen(open_call& call, const failure& answer);
  void unreconciled(open_call& call, failure why);
  void finish(open_call& call, outcome result);
  void finish_unknown(open_call& call, failure why, park_reason reason);
  void finish_untried(open_call& call, failure why);
  void forget(open_call& call);

  // -- the breaker and the retry budget ---------------------------------------

  void load_breaker();
  void load_retry_budget();
  [[nodiscard]] bool spend_retry();
  void tell_if_isolated(const std::string& reason);
  void record(open_call& call, breaker_result result, const failure* why);
  /// `call`: whose end or admission made them; may be null.
  void on_changes(const breaker_changes& changes, open_call* call,
                  const std::string& reason = {});
  void release_waiting();

  // -- the tool's actor -------------------------------------------------------

  void start_tool();
  void tool_is_up(std::uint64_t epoch);
  void restart_tool(std::uint64_t epoch);
  void tool_went_down(const fabric::down& d);
  void judge_accepted_before(std::uint64_t epoch);
  [[nodiscard]] failure why_give_up(const fabric::down& d) const;
  void end_as_failed();
  void tell_never_left();
  [[nodiscard]] tree_node describe() const;

  // -- small help -------------------------------------------------------------

  [[nodiscard]] open_call* find(const call_key& key) {
    const auto found = calls_.find(key);
    return found == calls_.end() ? nullptr : &found->second;
  }
  /// Whether an attempt was made, which may have done something.
  [[nodiscard]] static bool has_begun(const open_call& call) {
    return call.made > 0 || call.reconciling;
  }
  [[nodiscard]] double chance() const {
    return unit_interval(options_.random->next());
  }
  [[nodiscard]] std::vector<call_key>
  keys_of(const std::function<bool(const open_call&)>& wanted) const {
    std::vector<call_key> result;
    for (const auto& [key, call] : calls_)
      if (wanted(call))
        result.push_back(key);
    std::sort(result.begin(), result.end());
    return result;
  }

  /// How many ends of calls are remembered.
  static constexpr std::size_t answers_kept = 256;

  guard_options options_;
  guard_report report_;

  tool_state state_ = tool_state::down;
  fabric::actor_ref tool_;
  std::uint64_t epoch_ = 0;
  bool started_before_ = false;
  restart_budget budget_;
  restart_backoff backoff_;
  std::optional<instant> next_start_;
  std::optional<failure> giving_up_;

  breaker breaker_;
  std::optional<retry_budget> retries_;
  std::optional<rate_limit> rate_;
  std::optional<concurrency_limit> places_;
  deadline_queue<std::shared_ptr<flight>> timeouts_;
  std::optional<deadline_queue<std::shared_ptr<flight>>> hedges_;
  std::vector<std::shared_ptr<worker_mark>> hung_;

  std::unordered_map<call_key, open_call, call_key_hash> calls_;
  std::deque<call_key> queue_; // stashed and ready, in order of arrival
  std::uint64_t last_wait_ = 0;
  std::unordered_map<call_key, absent_call, call_key_hash> absent_;
  std::size_t most_absent_ = 0;            // before it is swept
  std::map<std::uint64_t, call_key> line_; // for a place, by arrival
  std::uint64_t last_arrival_ = 0;
  std::size_t away_ = 0; // of those absent, who had a number in the line
  bool serving_ = false; // `place_freed` is under way
  kept_answers kept_;
};

} // namespace stanchion::detail

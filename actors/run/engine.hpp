#pragma once

#include <stanchion/actors/run/step.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/core/value.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion {

template <class T>
class task;

class engine;
class history;
class stuck_record;
struct account;
struct standing;

/// A sequential strand of steps: the run itself, or one branch of a scope. It
/// numbers its steps as they start.
struct branch {
  engine* owner = nullptr;
  /// `` for the run, `5.2.` for branch two of the scope at step five.
  std::string prefix;
  std::uint32_t started = 0;
  /// Draws of chance so far.
  std::uint32_t drawn = 0;
  bool raced = false;

  [[nodiscard]] step_path next_path() {
    return prefix + std::to_string(++started);
  }
};

/// Who is told when a part of a program is done: a coroutine that goes on, or
/// a scope that counts.
class listener {
public:
  /// Called once, from inside the engine; must not destroy the caller.
  virtual void done(std::size_t index) = 0;

protected:
  ~listener() = default;
};

/// What happens next after a part is done.
struct continuation {
  std::coroutine_handle<> resume;
  branch* where = nullptr;
  listener* scope = nullptr;
  std::size_t index = 0;

  /// Tells the scope, or queues the coroutine.
  void operator()() const;
};

/// How the program and its journal differ.
struct divergence {
  step_path path;
  std::string recorded;
  std::string requested;
};

/// What an engine asks of the run that it drives.
class engine_host {
public:
  /// A step that the journal does not have: record it and set it going.
  virtual void begin(step& s) = 0;
  /// A step that the journal left open: set it going from where it stands.
  virtual void resume(step& s) = 0;
  /// Records a value that the agent computed once.
  virtual void record_side_value(const step_path& path, std::string_view name,
                                 const value& x)
    = 0;
  /// Records the branch that `patched` took.
  virtual void record_patch(std::string_view id, bool taken) = 0;
  /// The branch of a step that began was decided without it. Its open attempt
  /// is still awaited; whatever else it waits for is not.
  virtual void abandoned(step& s) = 0;
  /// The arguments of a finished read-only step differ from the journal's.
  virtual void drifted(const step& s) = 0;
  /// Progress or a log line of the agent's. Never called in replay.
  virtual void say(event_kind kind, severity level, std::string_view text) = 0;

protected:
  ~engine_host() = default;
};

/// Runs one agent's coroutine against its journal.
///
/// First the recorded outcomes are delivered in journal order, then new ones
/// as they come: a program that asks for the same steps ends the same. All
/// resumption happens in `start` and `deliver`, on the caller's stack, one
/// coroutine at a time.
///
/// Owns:    the coroutine frames. Destroying the engine destroys them; no code
///          of the agent's runs but destructors of its locals.
/// Threads: not synchronised; owned by one run.
class engine {
public:
  engine(engine_host& host, const stanchion::run_id& run, instant started);
  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;
  ~engine();

  /// Starts `program` and replays what `past` holds. Afterwards the engine is
  /// live, unless it diverged, threw or ended, or frozen where the run was to
  /// be cancelled: it begins nothing more.
  void start(task<json> program, history past);

  /// Delivers an outcome that the run has just recorded, at `now`.
  void deliver(const step_path& path, const outcome& x, instant now);
  /// The same where the run stands otherwise than when the last one was.
  void deliver(const step_path& path, const outcome& x, instant now,
               const standing& as_of);

  /// Destroys the frames, at once or, from inside `begin` and its like, when
  /// the program has come to a halt: nothing is delivered any more, and what is
  /// asked for until then must be recorded, but not set going. Open steps stay
  /// listed until `settle`.
  void freeze();

  /// Lists a step that the run takes by itself: no program waits for it.
  step& add_own(std::unique_ptr<step> s);

  /// Tells it of every outcome that is delivered again. Before `start`.
  void watch(std::unique_ptr<stuck_record> x);
  /// Null where nobody looks.
  [[nodiscard]] stuck_record* stuck() const {
    return stuck_.get();
  }

  /// Strikes an open step whose outcome was recorded but not delivered.
  void settle(const step_path& path);

  [[nodiscard]] bool frozen() const {
    return root_ == nullptr;
  }
  /// Whether the program has returned or thrown.
  [[nodiscard]] bool ended() const {
    return ended_;
  }
  /// What it threw, if it did.
  [[nodiscard]] std::exception_ptr thrown() const;
  /// What it returned. Precondition: `ended() && !thrown()`.
  [[nodiscard]] json take_result();
  /// How the program differs from its journal; null while it does not.
  [[nodiscard]] const divergence* diverged() const {
    return diverged_.get();
  }
  /// Steps that have begun and not been delivered, by path.
  [[nodiscard]] const std::map<step_path, std::unique_ptr<step>>& open() const {
    return open_;
  }
  [[nodiscard]] step* find(const step_path& path) const;
  /// The last outcome that reached the program; empty when none did.
  [[nodiscard]] const step_path& last_delivered() const {
    return last_delivered_;
  }

  // -- what operations and the context use ------------------------------------

  [[nodiscard]] engine_host& host() const {
    return host_;
  }

  /// Whether the journal still holds something the program has not come to.
  [[nodiscard]] bool replaying() const {
    return replaying_ && (undelivered_ > 0 || unrequested_ > 0);
  }
  [[nodiscard]] instant now() const {
    return now_;
  }
  /// As of the last outcome; null where the run may do all there is to do.
  [[nodiscard]] const account* stands() const {
    return account_.get();
  }
  [[nodiscard]] branch& current() {
    return *current_;
  }
  [[nodiscard]] const stanchion::run_id& run() const {
    return run_;
  }

  /// Numbers `s` in `where` and starts it: from the journal or anew. False when
  /// the engine has diverged: the step is gone and never has an outcome.
  bool ask(branch& where, std::unique_ptr<step> s, operation& waiter);
  /// The operation goes away undelivered: its branch was decided without it.
  void abandon(step& s);
  /// Runs `start` with `where` as the current branch.
  template <class F>
  void within(branch& where, F&& start) {
    auto* outer = std::exchange(current_, &where);
    start();
    current_ = outer;
  }
  /// Queues a coroutine.
  void schedule(std::coroutine_handle<> h, branch& where);
  /// The recorded value of the current branch's next step, or what `fn` yields
  /// now, recorded.
  [[nodiscard]] value side_value(std::string_view name,
                                 const std::function<value()>& fn);
  [[nodiscard]] bool patched(std::string_view id);
  /// 64 bits that depend on the run, the branch and how many were drawn.
  [[nodiscard]] std::uint64_t draw();

private:
  struct ready {
    std::coroutine_handle<> handle;
    branch* where;
  };
  struct root;
  class at_work;

  void pump();
  void replay();
  void go_live();
  void check_recorded(step& s);
  void hand_over(step_path path, const outcome& x);
  void stand(const standing& x);
  void diverge(step_path path, std::string recorded, std::string requested);

  engine_host& host_;
  stanchion::run_id run_;
  instant now_;
  std::unique_ptr<history> past_; // while replaying, then null
  std::size_t undelivered_ = 0;   // of its outcomes that were delivered
  std::size_t unrequested_ = 0;   // of its steps
  bool replaying_ = false;
  bool dying_ = false;
  bool ended_ = false;
  std::unique_ptr<divergence> diverged_; // mostly null
  std::unique_ptr<stuck_record> stuck_;  // mostly null
  std::unique_ptr<account> account_;     // mostly null
  step_path last_delivered_;
  branch trunk_;
  branch* current_ = nullptr;
  // No deques: an empty one costs half a KiB, and most runs only wait.
  std::vector<ready> ready_; // mostly one
  std::map<std::string, bool, std::less<>> patches_;
  std::map<step_path, std::unique_ptr<step>> open_;
  std::list<step*> fresh_; // asked for during replay, not yet begun
  int depth_ = 0;          // of `start` and `deliver`
  // Frames last: destroyed first.
  std::unique_ptr<root> leaving_; // frozen from inside; goes when all return
  std::unique_ptr<root> root_;
};

} // namespace stanchion

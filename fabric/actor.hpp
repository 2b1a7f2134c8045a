#pragma once

#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor_ref.hpp>
#include <stanchion/fabric/message.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion::fabric {

class host;
class system;

/// How an actor ended, as its supervisor sees it.
enum class exit_kind : std::uint8_t {
  normal,   ///< it was done
  shutdown, ///< it was asked to stop
  killed,   ///< it was not asked
  failed,   ///< it gave up or threw; the text says why
};

[[nodiscard]] std::string_view to_string(exit_kind x);

/// The end of an actor that somebody monitors. Arrives once per monitor.
struct down {
  actor_id source = 0;
  exit_kind kind = exit_kind::normal;
  std::string text;
};

/// The end of a request.
struct reply {
  enum class status : std::uint8_t {
    answered, ///< `body` is the answer
    bounced,  ///< the receiver was gone before it took the request
    died,     ///< the receiver took it and ended; `text` says why
  };
  status how = status::answered;
  message body;
  std::string text;
};

/// Answers one request, once, from inside its actor. A promise that is dropped
/// unanswered answers nothing: keep it in the actor's state.
class promise {
public:
  promise() = default;
  promise(host& h, actor_ref source, std::uint64_t request)
    : host_(&h), source_(std::move(source)), request_(request) {
    // nop
  }

  /// Answers. Later answers are ignored.
  void deliver(message m);
  template <class T>
  void deliver(T x) {
    deliver(message::of(std::move(x)));
  }
  /// Answers that the receiver failed, as if it had died of `text`.
  void fail(const std::string& text);
  /// True until it was answered.
  explicit operator bool() const {
    return host_ != nullptr;
  }

private:
  host* host_ = nullptr;
  actor_ref source_;
  std::uint64_t request_ = 0;
};

/// What foreign threads bring to an actor through the gate.
struct completion {
  std::uint64_t id = 0;
  message body;
};

/// What an actor is handed: a message, who sent it, and, for a request, the
/// promise to answer it with.
class envelope {
public:
  envelope(host& h, message body) : body(std::move(body)), host_(&h) {
    // nop
  }

  /// Empty when the sender is not an actor.
  [[nodiscard]] actor_ref sender() const;
  [[nodiscard]] bool is_request() const;
  /// Takes the duty to answer. A request whose handler does not take it is
  /// answered with `died` and the text "not understood".
  [[nodiscard]] promise take_promise();

  message body;

private:
  friend class host;
  host* host_;
  bool taken_ = false;
};

/// Base of all actors. One message at a time, on any worker thread; state
/// needs no locks.
///
/// An exception that leaves a member ends the actor with `exit_kind::failed`
/// and the exception's text; requester and monitors see that text.
class actor {
public:
  using timer_id = std::uint64_t;

  actor();
  actor(const actor&) = delete;
  actor& operator=(const actor&) = delete;
  virtual ~actor();

  /// Shown in trees, logs and events. Called on any thread: depends on nothing
  /// that changes.
  [[nodiscard]] virtual std::string name() const = 0;

protected:
  // -- what an actor does -----------------------------------------------------

  /// Runs first, before any message.
  virtual void start();
  virtual void receive(envelope& e) = 0;
  /// A monitored actor ended.
  virtual void on_down(const down& d);
  /// Somebody asks for the end. Ends at once unless overridden; an override
  /// calls `quit` when it is ready.
  virtual void on_stop();
  /// A completion for an id that nobody waits for any more.
  virtual void on_late(completion& c);

  // -- what it may use --------------------------------------------------------

  [[nodiscard]] actor_ref self() const;
  [[nodiscard]] system& sys() const;
  [[nodiscard]] instant now() const;

  void send(const actor_ref& to, message m) const;
  template <class T>
  void send(const actor_ref& to, T x) const {
    send(to, message::of(std::move(x)));
  }
  /// Asks; `then` runs in this actor when the answer or the receiver's end
  /// arrives. There is no time limit: arm a timer.
  void request(const actor_ref& to, message m,
               std::function<void(reply&)> then) const;

  /// Runs `then` in this actor after `delay`.
  timer_id after(duration delay, std::function<void()> then);
  void cancel(timer_id id);

  [[nodiscard]] actor_ref spawn(std::unique_ptr<actor> x) const;
  /// Asks to be told, through `on_down`, when `x` ends.
  void monitor(const actor_ref& x) const;
  /// Asks `x` to stop: its `on_stop` runs.
  void stop(const actor_ref& x) const;
  /// Ends `x` without asking.
  void kill(const actor_ref& x) const;
  /// Ends this actor after the current message.
  void quit(exit_kind kind = exit_kind::normal, const std::string& text = {});

  /// Announces a completion that a foreign thread will bring through the gate,
  /// and what to do then. The id is for `gate::set`.
  std::uint64_t expect(std::function<void(completion&)> then);
  /// No longer waits for it: the completion will be late.
  void forget(std::uint64_t id);

private:
  friend class host;
  struct extras;

  extras& more();

  host* host_ = nullptr;
  std::unique_ptr<extras> extras_; // timers and completions, when first used
};

} // namespace stanchion::fabric

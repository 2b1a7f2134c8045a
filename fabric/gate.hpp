#pragma once

#include <stanchion/fabric/actor_ref.hpp>
#include <stanchion/fabric/message.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace stanchion::fabric {

/// The one way from foreign threads to actors: a pool thread or the journal
/// thread says "this is done", and the actor that waits resumes in its own
/// context.
///
/// Copies are the same gate. A thread that may outlive the system keeps one: it
/// then finds the gate closed.
///
/// Threads: any. After `close` completions are dropped.
/// Owns:    a handle to each actor that waits, so that the last handle never
///          falls on a foreign thread.
class gate {
public:
  /// Lets `x` receive completions until `leave`.
  void enter(const actor_ref& x);
  void leave(actor_id x);

  /// Brings `body` to actor `to` under the id that its `expect` gave. False
  /// when the actor is gone or the gate is closed.
  bool set(actor_id to, std::uint64_t id, message body);

  void close();

private:
  struct state {
    std::mutex mutex;
    std::unordered_map<actor_id, actor_ref> open; // guarded by mutex
    bool closed = false;                          // guarded by mutex
  };

  std::shared_ptr<state> state_ = std::make_shared<state>();
};

} // namespace stanchion::fabric

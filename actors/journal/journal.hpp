#pragma once

#include <stanchion/core/append.hpp>
#include <stanchion/core/backlog.hpp>
#include <stanchion/core/defaults.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace stanchion {

/// How the journal works.
struct journal_options {
  /// Where records go. Not null.
  std::shared_ptr<stanchion::store> store;
  /// Who hears of trouble; may be null.
  std::shared_ptr<event_sink> events;
  /// Where producers see how much waits; may be null. It bounds nothing here:
  /// what arrives is taken.
  std::shared_ptr<stanchion::backlog> backlog;
  /// Commit inside the actor instead of on a thread of its own: for virtual
  /// time.
  bool inline_commits = false;
  /// Told after each commit how many batches it made durable, and how long it
  /// took; in the journal's context, must not block. May be null.
  std::function<void(std::size_t batches, duration took)> on_commit;
  /// Wait before another try after the store refused. > 0; default 1 s.
  duration retry_after = 1s;
};

/// To the journal: as `append`; once it is durable, `then` goes where it is
/// to go, as if the journal had sent it.
struct append_then {
  append what;
  std::vector<std::pair<fabric::actor_ref, fabric::message>> then;
};

/// Makes batches durable, several in one commit. One per runtime.
///
/// Accepts:  append        → appended, once durable, if asked for
///           append_then   → the same, and other actors are told, too
///           describe_tree → a tree_node
/// Emits:    store_trouble, store_recovered
/// Ends:     when asked to, once what it was given before is durable
///
/// At most one commit is in flight; what arrives meanwhile forms the next one.
/// It never waits to fill a batch. While the store is full or broken, batches
/// wait, nothing is acknowledged and nothing is lost; after an I/O error the
/// store is reopened and verified first.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_journal(journal_options options);

} // namespace stanchion

#pragma once

#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/store.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <utility>

namespace stanchion {

/// What a run has to say to the journal, in order, until it is durable. The
/// run is the only writer of its records.
///
/// Threads: owned by one run.
class run_log {
public:
  explicit run_log(run_row row) : row_(std::move(row)) {
    // nop
  }

  /// The same run, read anew. Tokens go on: words that are under way must not
  /// pass for those about what comes. Precondition: all is durable.
  void begin_again(run_row row);

  /// The number of the next record.
  void resume_at(std::uint32_t seq) {
    next_seq_ = seq;
  }

  void add(record_kind kind, step_path step, std::string body, instant at);
  void add(ticket x);
  void add(fact x);
  /// A record of another run that must be durable together with ours.
  void add_foreign(record r, run_row row);
  void add_foreign(record r);

  [[nodiscard]] const run_row& row() const {
    return row_;
  }
  /// Changes the row; it is written with the next flush. True if it differs.
  bool update(run_state state, std::string waiting_for,
              std::optional<instant> next_at, instant at);

  /// Runs `then` once everything added so far is durable.
  void when_durable(std::function<void()> then);

  /// Whether there is anything to flush.
  [[nodiscard]] bool dirty() const;
  /// Whether somebody waits for what is not durable yet.
  [[nodiscard]] bool awaited() const {
    return !waiting_.empty();
  }
  /// How many of them wait for what has not been handed to the journal.
  [[nodiscard]] std::size_t unflushed_waiters() const;
  /// Whether all that was flushed is durable.
  [[nodiscard]] bool settled() const {
    return durable_ == flushed_;
  }
  /// A token of its own, behind that of the last flush. Nothing may be flushed
  /// after it.
  [[nodiscard]] std::uint64_t skip() {
    return ++flushed_;
  }
  /// The token that what was added last goes, or went, under.
  [[nodiscard]] std::uint64_t token() const {
    return flushed_ + (dirty() ? 1 : 0);
  }
  /// What to hand to the journal, and the token it goes under.
  [[nodiscard]] std::pair<batch, std::uint64_t> flush();
  /// The journal said so. True if somebody waited for it.
  bool durable(std::uint64_t token);
  /// Something happened that could not have happened otherwise. Who waits goes
  /// on waiting for the journal's word.
  void proven(std::uint64_t token);

private:
  run_row row_;
  bool row_changed_ = false;
  std::uint32_t next_seq_ = 0;
  batch pending_;
  std::uint64_t flushed_ = 0;
  std::uint64_t durable_ = 0;
  std::list<std::pair<std::uint64_t, std::function<void()>>> waiting_;
};

} // namespace stanchion

#pragma once

#include <stanchion/core/store.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

namespace stanchion {

/// How a commit is made to fail.
enum class commit_fault : std::uint8_t {
  full,        ///< nothing is written: `commit_status::full`
  io_error,    ///< nothing is written: `commit_status::io_error`
  lost_answer, ///< all is written, and yet `commit_status::io_error`: what a
               ///< disk that dies while it syncs may leave behind
};

/// A store that lives as long as the object: for tests and simulations, which
/// may make it fail and may ask what it would be after a death.
///
/// Errors:  as `store`; `commit` throws `error{run_conflict}`, and changes
///          nothing, where a batch contradicts what is stored.
/// Threads: every member may be called from any thread.
class memory_store : public store {
public:
  // -- faults -----------------------------------------------------------------

  /// Makes the next `count` commits fail. After `io_error` and `lost_answer`
  /// all commits fail until `reopen`.
  void fail_commits(commit_fault how, std::size_t count = 1);

  /// Makes the next `count` calls of `reopen` return false.
  void fail_reopens(std::size_t count);

  // -- history ---------------------------------------------------------------

  /// All records in the order in which they were appended.
  [[nodiscard]] std::vector<record> records_in_order() const;

  /// How many records there were after each batch, oldest first: the places
  /// where a real store can be cut.
  [[nodiscard]] std::vector<std::size_t> batch_ends() const;

  /// The store as it was when its first `count` records had been appended,
  /// also where that cuts a batch in two.
  ///
  /// A run's row and tickets apply with the last record that their batch holds
  /// of that run. Until then a new run's row reads `queued`, for no record is
  /// without a row. What has no record of its run beside it applies with its
  /// batch's last record, and a batch without records with the record before.
  [[nodiscard]] std::unique_ptr<memory_store> prefix(std::size_t count) const;

  // -- store -----------------------------------------------------------------

  [[nodiscard]] commit_status commit(std::span<const batch* const> xs) override;
  [[nodiscard]] bool reopen() override;
  [[nodiscard]] std::string problem() override;
  [[nodiscard]] std::vector<record> read(run_number run,
                                         std::uint32_t from) override;
  [[nodiscard]] std::optional<run_row> find_run(run_number number) override;
  [[nodiscard]] std::optional<run_row> find_run(const run_id& id) override;
  [[nodiscard]] std::optional<run_row> find_run(std::string_view agent,
                                                std::string_view key) override;
  [[nodiscard]] std::vector<run_row> list_runs(const run_filter& f) override;
  void each_open_run(const std::function<void(const run_row&)>& each) override;
  [[nodiscard]] run_number last_run() override;
  [[nodiscard]] std::optional<ticket> find_ticket(std::string_view id) override;
  [[nodiscard]] std::vector<ticket>
  list_tickets(const ticket_filter& f) override;
  [[nodiscard]] std::string find_fact(std::string_view key) override;
  [[nodiscard]] std::vector<fact> list_facts(std::string_view prefix) override;
  [[nodiscard]] std::vector<audit_entry>
  list_audits(const audit_filter& f) override;
  void remember(std::string_view text) override;
  [[nodiscard]] std::string remembered() override;
  [[nodiscard]] verify_report verify() override;

private:
  using agent_key = std::pair<std::string, std::string>;
  /// A run's records by number; they lie in `history_`.
  using run_records = std::map<std::uint32_t, const record*>;

  void require_new_records(std::span<const batch* const> xs) const;
  void require_new_names(std::span<const batch* const> xs) const;
  void apply(batch x);
  [[nodiscard]] commit_status fail();
  void put(const run_row& x);
  void put(const ticket& x);
  void put(const fact& x);
  void prune(run_number run);

  mutable std::mutex mutex_;
  std::deque<batch> history_; // what was committed; addresses are stable
  std::map<run_number, run_records> records_;
  std::map<run_number, run_row> runs_;
  std::unordered_map<run_id, run_number> by_id_;
  std::map<agent_key, run_number> by_key_;
  std::set<run_number> open_;
  std::vector<ticket> tickets_; // oldest first
  std::unordered_map<std::string, std::size_t> ticket_index_;
  std::map<std::string, std::string, std::less<>> facts_;
  std::vector<audit_entry> audits_; // oldest first
  commit_fault fault_ = commit_fault::full;
  std::size_t failing_commits_ = 0;
  std::size_t failing_reopens_ = 0;
  std::string remembered_;
  bool broken_ = false;
  std::string problem_;
};

/// An empty store that is forgotten when it is destroyed.
[[nodiscard]] std::unique_ptr<memory_store> make_memory_store();

} // namespace stanchion

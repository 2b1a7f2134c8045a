#pragma once

#include <stanchion/actors/journal/sqlite_connection.hpp>
#include <stanchion/core/store.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// Rows of the database to and from what they mean, with their checksums.
namespace stanchion::sqlite {

/// A row's checksum: over its table's letter and every column but the sum
/// itself, in the order of the table.
class row_sum {
public:
  explicit row_sum(char table);

  row_sum& operator<<(std::int64_t x);
  row_sum& operator<<(std::string_view x);
  row_sum& operator<<(std::nullopt_t);
  template <class T>
  row_sum& operator<<(const std::optional<T>& x) {
    return x ? *this << *x : *this << std::nullopt;
  }

  [[nodiscard]] std::int64_t value() const;

private:
  std::string& buffer_; // of this thread, kept for its capacity
};

/// A row that was read, and whether its checksum holds.
template <class T>
struct checked {
  T row;
  bool sound = true;
  std::int64_t sum = 0; ///< the checksum as stored
};

// Each `put` returns by how much the sum of its table's checksums grows, modulo
// 2^64: see `totals`.

// -- records -----------------------------------------------------------------

/// A record's row. Large bodies lie in `blobs`, by hash.
struct record_row {
  std::int64_t pos = 0;
  record content;
  std::string blob; ///< the body's hash; empty if the body is inline
};

/// The columns `read_record` takes: those of `records r`, then the content of
/// `blobs b`.
inline constexpr std::string_view record_columns
  = "r.pos, r.run, r.seq, r.kind, r.at, r.step, r.body, r.blob, r.sum, "
    "b.bytes";

/// Appends `xs`, which are not empty, from `pos` on. Returns the last row's
/// checksum.
std::int64_t append(connection& db, std::int64_t pos,
                    std::span<const record* const> xs);

[[nodiscard]] checked<record_row> read_record(const rows& from);

// -- runs --------------------------------------------------------------------

inline constexpr std::string_view run_columns
  = "num, id, agent, version, state, waiting_for, next_at, created, updated, "
    "parent, parent_step, submitter, key, sum";

/// Inserts a run's row, or replaces it; `fresh` says that there is none.
[[nodiscard]] std::uint64_t put(connection& db, const run_row& x, bool fresh);

[[nodiscard]] checked<run_row> read_run(const rows& from);

// -- tickets -----------------------------------------------------------------

inline constexpr std::string_view ticket_columns
  = "num, id, kind, reason, run, run_id, step, revision, version, state, "
    "title, group_key, context, options, created, decided_verb, decided_by, "
    "decided_at, decided_comment, decided_payload, sum, terms";

/// Inserts a ticket, or replaces the one of its id.
[[nodiscard]] std::uint64_t put(connection& db, const ticket& x);

[[nodiscard]] checked<ticket> read_ticket(const rows& from);

// -- facts -------------------------------------------------------------------

inline constexpr std::string_view fact_columns = "key, text, sum";

/// Inserts, replaces or, if the text is empty, removes a fact.
[[nodiscard]] std::uint64_t put(connection& db, const fact& x);

[[nodiscard]] checked<fact> read_fact(const rows& from);

// -- audit -------------------------------------------------------------------

inline constexpr std::string_view audit_columns
  = "num, at, by, act, subject, reason, before, after, sum";

/// Appends an entry; its number is the next one.
[[nodiscard]] std::uint64_t put(connection& db, const audit_entry& x);

[[nodiscard]] checked<audit_entry> read_audit(const rows& from);

} // namespace stanchion::sqlite

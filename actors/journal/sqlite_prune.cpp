#include <stanchion/actors/journal/row_codec.hpp>
#include <stanchion/actors/journal/sqlite_prune.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stanchion::sqlite {

namespace {

/// Places are noted in a fact for each so many, so that none grows large.
constexpr std::int64_t block_size = 4'096;
constexpr auto prefix = std::string_view{"pruned/"};

std::string key_of(std::int64_t block) {
  return std::string{prefix} + std::to_string(block);
}

position_set known_in(connection& db, const std::string& key) {
  auto row
    = db.query("SELECT text FROM facts WHERE key = ?", std::string_view{key});
  return row.next() ? position_set::parse(row.text(0)) : position_set{};
}

/// The highest number stays, and so does what is open.
bool may_go(connection& db, std::int64_t run) {
  auto row = db.query("SELECT num FROM runs WHERE num = ? AND state >= 16 "
                      "AND num < (SELECT max(num) FROM runs) "
                      "AND NOT EXISTS (SELECT 1 FROM tickets "
                      "INDEXED BY tickets_of_run WHERE run = ? "
                      "AND run <> 0 AND state = 1)",
                      run, run);
  return row.next();
}

/// Removes rows. Returns what their checksums add up to.
std::uint64_t remove(connection& db, std::string_view sql, std::int64_t run) {
  std::uint64_t result = 0;
  auto gone = db.query(sql, run);
  while (gone.next())
    result += static_cast<std::uint64_t>(gone.integer(0));
  return result;
}

class pruning {
public:
  pruning(connection& db, totals& from) : db_{db}, left_{from} {
    // nop
  }

  void take(std::int64_t run) {
    if (!may_go(db_, run))
      return;
    auto records = db_.query("SELECT pos FROM records WHERE run = ?", run);
    while (records.next()) {
      const auto pos = records.integer(0);
      gone_[pos / block_size].add(pos, pos);
      --left_.records;
    }
    db_.run("DELETE FROM records WHERE run = ?", run);
    left_.tickets -= remove(
      db_, "DELETE FROM tickets WHERE run = ? AND run <> 0 RETURNING sum", run);
    left_.runs
      -= remove(db_, "DELETE FROM runs WHERE num = ? RETURNING sum", run);
  }

  void note() {
    for (auto& [block, places] : gone_) {
      const auto key = key_of(block);
      places.add(known_in(db_, key));
      left_.facts += put(db_, fact{key, places.to_text()});
    }
  }

private:
  connection& db_;
  totals& left_;
  std::map<std::int64_t, position_set> gone_; // by block
};

} // namespace

void prune(connection& db, const batch& x, totals& from) {
  auto work = pruning{db, from};
  for (const auto run : x.prunes)
    work.take(static_cast<std::int64_t>(run));
  work.note();
  for (const auto& name : x.swept.names)
    db.run("DELETE FROM blobs WHERE hash = ? AND NOT EXISTS "
           "(SELECT 1 FROM records WHERE pos > ? AND blob = blobs.hash)",
           bytes{name}, static_cast<std::int64_t>(x.swept.as_of));
}

position_set pruned_positions(connection& db) {
  auto all = position_set{};
  auto facts = db.query("SELECT text FROM facts "
                        "WHERE key >= 'pruned/' AND key < 'pruned0'");
  while (facts.next()) {
    try {
      all.add(position_set::parse(facts.text(0)));
    } catch (const error&) {
      continue; // damaged
    }
  }
  return all;
}

leftovers find_leftovers(connection& db, std::size_t most) {
  auto found = leftovers{};
  // The end first: what is appended from here on is looked at again.
  found.as_of
    = static_cast<std::uint64_t>(db.integer("SELECT max(pos) FROM records"));
  auto names = db.query("SELECT hash FROM blobs WHERE hash NOT IN (SELECT blob "
                        "FROM records WHERE blob IS NOT NULL) LIMIT ?",
                        static_cast<std::int64_t>(most));
  while (names.next())
    found.names.emplace_back(names.text(0));
  return found;
}

} // namespace stanchion::sqlite

#include <stanchion/actors/journal/totals.hpp>

namespace stanchion::sqlite {

namespace {

std::int64_t stored(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

} // namespace

std::optional<totals> read_totals(connection& db) {
  auto row = db.query("SELECT records, runs, tickets, facts, audits "
                      "FROM totals WHERE num = 1");
  if (!row.next())
    return std::nullopt;
  const auto column
    = [&row](int i) { return static_cast<std::uint64_t>(row.integer(i)); };
  return totals{.records = column(0),
                .runs = column(1),
                .tickets = column(2),
                .facts = column(3),
                .audits = column(4)};
}

void put(connection& db, const totals& x) {
  db.run("INSERT OR REPLACE INTO totals VALUES(1, ?, ?, ?, ?, ?)",
         stored(x.records), stored(x.runs), stored(x.tickets), stored(x.facts),
         stored(x.audits));
}

} // namespace stanchion::sqlite

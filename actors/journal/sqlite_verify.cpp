#include <stanchion/actors/journal/consistency.hpp>
#include <stanchion/actors/journal/row_codec.hpp>
#include <stanchion/actors/journal/sqlite_prune.hpp>
#include <stanchion/actors/journal/sqlite_verify.hpp>
#include <stanchion/actors/journal/totals.hpp>
#include <stanchion/core/canonical.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace stanchion::sqlite {

namespace {

constexpr std::size_t most_damages = 1'000;
constexpr std::int64_t tail_length = 256;

std::string range(std::int64_t first, std::int64_t last) {
  return first == last ? std::to_string(first)
                       : std::to_string(first) + " to " + std::to_string(last);
}

/// One pass over the whole database. What is needed of the runs' records is
/// kept per run: some thirty bytes each.
class verifier {
public:
  explicit verifier(connection& db) : db_{db} {
    // nop
  }

  verify_report run(std::optional<high_water::mark> mark) {
    section("the database", [this] { check_pages(); });
    section("blobs", [this] { check_blobs(); });
    section("records", [this] { check_records(); });
    section("runs", [this] { check_runs(); });
    section("tickets", [this] { check_tickets(); });
    section("facts", [this] { check_facts(); });
    section("the audit", [this] { check_audits(); });
    section("the totals", [this] { check_totals(); });
    if (mark)
      section("the end", [&] { add(0, missing_tail(db_, *mark)); });
    return std::move(report_);
  }

private:
  void add(run_number run, const std::string& what) {
    if (what.empty() || report_.damages.size() > most_damages)
      return;
    report_.damages.push_back(report_.damages.size() < most_damages
                                ? damage{run, what}
                                : damage{0, "further damages are not listed"});
  }

  /// Damage that ends one section early must not hide the others.
  void section(const std::string& name, const std::function<void()>& check) {
    try {
      check();
    } catch (const problem& p) {
      if (p.kind() != trouble::damaged && p.kind() != trouble::other)
        throw;
      add(0, name + " cannot be read to the end: " + p.what());
    }
  }

  void check_pages() {
    auto lines = db_.query("PRAGMA integrity_check");
    while (lines.next())
      if (lines.text(0) != "ok")
        add(0, std::string{lines.text(0)});
  }

  void check_blobs() {
    auto blobs = db_.query("SELECT hash, bytes, num FROM blobs ORDER BY num");
    while (blobs.next()) {
      const auto hash = sha256(blobs.text(1));
      const auto* data = reinterpret_cast<const char*>(hash.bytes.data());
      if (blobs.text(0) != std::string_view{data, hash.bytes.size()})
        add(0, "blob " + std::to_string(blobs.integer(2))
                 + " does not have its hash");
    }
  }

  void check_records() {
    const auto sql = "SELECT " + std::string{record_columns}
                     + " FROM records r LEFT JOIN blobs b ON b.hash = r.blob "
                       "ORDER BY r.pos";
    const auto pruned = pruned_positions(db_);
    std::int64_t last = 0;
    auto records = db_.query(sql);
    while (records.next()) {
      const auto [row, sound, ignored] = read_record(records);
      const auto& x = row.content;
      check_gap(last + 1, row.pos - 1, pruned);
      if (pruned.contains(row.pos))
        add(x.run, "record " + std::to_string(x.seq) + " at position "
                     + std::to_string(row.pos) + " was pruned, and is there");
      last = row.pos;
      if (!sound)
        add(x.run, "record " + std::to_string(x.seq) + " at position "
                     + std::to_string(row.pos) + " fails its checksum");
      add(x.run, digests_[x.run].add(x.seq, x.kind));
      ++report_.records;
      ++found_.records;
    }
  }

  /// What is not there was pruned, or is missing.
  void check_gap(std::int64_t first, std::int64_t last,
                 const position_set& pruned) {
    auto from = first;
    auto i = pruned.ranges().lower_bound(first);
    for (; i != pruned.ranges().end() && i->first <= last; ++i) {
      missing(from, i->first - 1);
      from = i->second + 1;
    }
    missing(from, last);
  }

  void missing(std::int64_t first, std::int64_t last) {
    if (first <= last)
      add(0, "records at position " + range(first, last) + " are missing");
  }

  void check_runs() {
    const auto sql
      = "SELECT " + std::string{run_columns} + " FROM runs ORDER BY num";
    auto runs = db_.query(sql);
    while (runs.next()) {
      const auto [row, sound, sum] = read_run(runs);
      found_.runs += static_cast<std::uint64_t>(sum);
      if (!sound)
        add(row.number, "the run's row fails its checksum");
      add(row.number, digests_[row.number].compare(row));
      ids_.emplace(row.number, row.id);
      ++report_.runs;
    }
    for (const auto& [number, ignored] : digests_)
      if (!ids_.contains(number))
        add(number, "the run has records but no row");
  }

  void check_tickets() {
    const auto sql = "SELECT " + std::string{ticket_columns}
                     + ", agent, tool, assignee FROM tickets ORDER BY num";
    constexpr auto own = 22; // columns before these
    auto tickets = db_.query(sql);
    while (tickets.next()) {
      const auto [x, sound, sum] = read_ticket(tickets);
      found_.tickets += static_cast<std::uint64_t>(sum);
      if (!sound)
        add(x.run, "ticket " + x.id + " fails its checksum");
      const auto about = subject_of_context(x.context);
      if (tickets.text(own) != about.agent
          || tickets.text(own + 1) != about.tool
          || tickets.text(own + 2) != x.terms.assignee)
        add(x.run, "ticket " + x.id
                     + " is found by another agent, tool or "
                       "assignee than its own");
      const auto run = ids_.find(x.run);
      add(x.run, compare(x, run == ids_.end() ? nullptr : &run->second));
      ++report_.tickets;
    }
  }

  void check_facts() {
    const auto sql = "SELECT " + std::string{fact_columns} + " FROM facts";
    auto facts = db_.query(sql);
    while (facts.next()) {
      const auto [x, sound, sum] = read_fact(facts);
      found_.facts += static_cast<std::uint64_t>(sum);
      if (!sound)
        add(0, "fact '" + x.key + "' fails its checksum");
    }
  }

  void check_audits() {
    const auto sql
      = "SELECT " + std::string{audit_columns} + " FROM audits ORDER BY num";
    auto entries = db_.query(sql);
    auto last = std::uint64_t{0};
    while (entries.next()) {
      const auto [x, sound, sum] = read_audit(entries);
      found_.audits += static_cast<std::uint64_t>(sum);
      if (!sound)
        add(0,
            "audit entry " + std::to_string(x.number) + " fails its checksum");
      if (x.number != last + 1)
        add(0, "audit entries before " + std::to_string(x.number)
                 + " are missing");
      last = x.number;
    }
  }

  /// A row that is whole may still be an older one than was committed last.
  void check_totals() {
    const auto said = read_totals(db_);
    if (!said) {
      add(0, "what the tables add up to is missing");
      return;
    }
    require_same("records", found_.records, said->records);
    require_same("runs", found_.runs, said->runs);
    require_same("tickets", found_.tickets, said->tickets);
    require_same("facts", found_.facts, said->facts);
    require_same("audits", found_.audits, said->audits);
  }

  void require_same(const std::string& table, std::uint64_t found,
                    std::uint64_t said) {
    if (found != said)
      add(0, "the rows of '" + table
               + "' are not those of the last commit: some of them are as they "
                 "were before, or gone");
  }

  connection& db_;
  verify_report report_;
  totals found_; // added up from the rows
  std::unordered_map<run_number, run_digest> digests_;
  std::unordered_map<run_number, run_id> ids_;
};

} // namespace

verify_report verify(connection& db, std::optional<high_water::mark> mark) {
  db.script("BEGIN");
  try {
    auto report = verifier{db}.run(mark);
    db.roll_back();
    return report;
  } catch (...) {
    db.roll_back();
    throw;
  }
}

std::string missing_tail(connection& db, high_water::mark mark) {
  if (mark.pos == 0)
    return {};
  const auto pruned = pruned_positions(db);
  const auto last = static_cast<std::uint64_t>(
    std::max(db.integer("SELECT max(pos) FROM records"), pruned.last()));
  const auto at = "record " + std::to_string(mark.pos);
  if (last < mark.pos)
    return "the journal ends at record " + std::to_string(last) + ", but " + at
           + " was acknowledged: its tail is lost";
  auto row = db.query("SELECT sum FROM records WHERE pos = ?",
                      static_cast<std::int64_t>(mark.pos));
  const auto found = row.next();
  if (!found && pruned.contains(static_cast<std::int64_t>(mark.pos)))
    return {};
  if (!found || row.integer(0) != mark.sum)
    return at + " is not the one that was acknowledged";
  return {};
}

std::string unsound_tail(connection& db) {
  const auto sql = "SELECT " + std::string{record_columns}
                   + " FROM records r LEFT JOIN blobs b ON b.hash = r.blob "
                     "ORDER BY r.pos DESC LIMIT ?";
  const auto pruned = pruned_positions(db);
  auto records = db.query(sql, tail_length);
  std::int64_t above = 0;
  while (records.next()) {
    const auto [row, sound, ignored] = read_record(records);
    const auto gap = above != 0 && row.pos != above - 1
                     && !pruned.covers(row.pos + 1, above - 1);
    if (!sound || gap)
      return "the record at position " + std::to_string(row.pos)
             + " is damaged, or its successor is missing";
    above = row.pos;
  }
  return {};
}

} // namespace stanchion::sqlite

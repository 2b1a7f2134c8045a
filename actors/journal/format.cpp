#include <stanchion/actors/journal/format.hpp>
#include <stanchion/actors/journal/posix_file.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/time.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <optional>

namespace stanchion::sqlite {

namespace {

namespace fs = std::filesystem;

/// "Stan": says in the file's header whose it is.
constexpr std::int64_t application_id = 0x5374616e;

// Records are only ever appended, by position; the one index beside them is
// that of a run's own records. What recovery reads is indexed apart, so that
// finished runs cost it nothing.
constexpr auto format_1 = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY NOT NULL,
  number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE records(
  pos INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  at INTEGER NOT NULL,
  step TEXT NOT NULL,
  body TEXT NOT NULL,
  blob BLOB,
  sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX records_of_run ON records(run, seq);
CREATE TABLE runs(
  num INTEGER PRIMARY KEY,
  id BLOB NOT NULL,
  agent TEXT NOT NULL,
  version TEXT NOT NULL,
  state INTEGER NOT NULL,
  waiting_for TEXT NOT NULL,
  next_at INTEGER,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  parent INTEGER NOT NULL,
  parent_step TEXT NOT NULL,
  submitter TEXT NOT NULL,
  key TEXT NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX runs_by_id ON runs(id);
CREATE UNIQUE INDEX runs_by_key ON runs(agent, key) WHERE key <> '';
CREATE INDEX runs_open ON runs(num) WHERE state < 16;
CREATE INDEX runs_of_parent ON runs(parent) WHERE parent <> 0;
CREATE TABLE tickets(
  num INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  reason INTEGER NOT NULL,
  run INTEGER NOT NULL,
  run_id BLOB NOT NULL,
  step TEXT NOT NULL,
  revision INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state INTEGER NOT NULL,
  title TEXT NOT NULL,
  group_key TEXT NOT NULL,
  context TEXT NOT NULL,
  options BLOB NOT NULL,
  created INTEGER NOT NULL,
  decided_verb INTEGER,
  decided_by TEXT,
  decided_at INTEGER,
  decided_comment TEXT,
  decided_payload TEXT,
  sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX tickets_by_id ON tickets(id);
CREATE INDEX tickets_open ON tickets(num) WHERE state = 1;
CREATE INDEX tickets_of_run ON tickets(run) WHERE run <> 0;
CREATE TABLE facts(
  key TEXT PRIMARY KEY NOT NULL,
  text TEXT NOT NULL,
  sum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blobs(
  num INTEGER PRIMARY KEY,
  hash BLOB NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX blobs_by_hash ON blobs(hash);
)sql";

// On what conditions tickets are decided, and who changed what.
constexpr auto format_2 = R"sql(
ALTER TABLE tickets ADD COLUMN terms TEXT NOT NULL DEFAULT '';
CREATE TABLE audits(
  num INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  by TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  reason TEXT NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  sum INTEGER NOT NULL
) STRICT;
CREATE INDEX audits_of_subject ON audits(subject, num);
)sql";

// What open tickets are asked for by lies in an index, so that a list reads no
// ticket that it does not show.
constexpr auto format_3 = R"sql(
ALTER TABLE tickets ADD COLUMN agent TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN tool TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
UPDATE tickets SET
  agent = CASE json_type(context, '$.agent') WHEN 'text' THEN
    json_extract(context, '$.agent') ELSE '' END,
  tool = CASE
    WHEN json_type(context, '$.tool') = 'text' THEN
      json_extract(context, '$.tool')
    WHEN json_extract(context, '$.failing_step.kind') = 'call'
      AND json_type(context, '$.failing_step.name') = 'text' THEN
      json_extract(context, '$.failing_step.name')
    ELSE '' END
WHERE json_valid(context);
UPDATE tickets SET assignee = json_extract(terms, '$.assignee')
WHERE json_valid(terms) AND json_type(terms, '$.assignee') = 'text';
CREATE INDEX tickets_asked ON tickets(
  num, kind, reason, run, agent, tool, assignee, created) WHERE state = 1;
)sql";

// What the rows add up to, so that one which goes back to what it was does not
// go unnoticed. A sum() that overflows fails: halves are added one by one.
// What runs are asked for by, and past tickets, lies in indexes, too. The
// index of open tickets that holds nothing else is of no more use.
constexpr auto format_4 = R"sql(
CREATE TABLE totals(
  num INTEGER PRIMARY KEY,
  records INTEGER NOT NULL,
  runs INTEGER NOT NULL,
  tickets INTEGER NOT NULL,
  facts INTEGER NOT NULL,
  audits INTEGER NOT NULL
) STRICT;
WITH
  sums(name, sum) AS (
    SELECT 'runs', sum FROM runs
    UNION ALL SELECT 'tickets', sum FROM tickets
    UNION ALL SELECT 'facts', sum FROM facts
    UNION ALL SELECT 'audits', sum FROM audits),
  halves(name, high, low) AS (
    SELECT name, sum(sum >> 32), sum(sum & 4294967295) FROM sums
    GROUP BY name),
  added(name, total) AS (
    SELECT name, ((high + (low >> 32)) << 32) | (low & 4294967295)
    FROM halves)
INSERT INTO totals VALUES(1,
  (SELECT count(*) FROM records),
  coalesce((SELECT total FROM added WHERE name = 'runs'), 0),
  coalesce((SELECT total FROM added WHERE name = 'tickets'), 0),
  coalesce((SELECT total FROM added WHERE name = 'facts'), 0),
  coalesce((SELECT total FROM added WHERE name = 'audits'), 0));
CREATE INDEX runs_by_state ON runs(state);
CREATE INDEX runs_by_agent ON runs(agent, state);
DROP INDEX tickets_open;
CREATE INDEX tickets_past ON tickets(
  num, state, kind, reason, run, agent, tool, assignee) WHERE state <> 1;
)sql";

[[noreturn]] void refuse_newer(const fs::path& path, std::uint32_t found,
                               std::uint32_t known) {
  throw error{error_code::store_newer,
              path.string() + " has format " + std::to_string(found)
                + ", this program knows formats up to " + std::to_string(known)
                + "; nothing was changed. Use the newer program that wrote "
                  "it, or the backup it made before it migrated"};
}

[[noreturn]] void refuse_foreign(const fs::path& path, const std::string& why) {
  throw error{error_code::store_damaged,
              path.string() + " is not a Stanchion journal (" + why
                + "); nothing was changed. Name another data directory, or "
                  "put a backup of the journal in its place"};
}

/// What the file's header says. Of a newer format nothing else is known.
std::uint32_t claimed_format(connection& db, const fs::path& path) {
  const auto format = db.integer("PRAGMA user_version");
  const auto owner = db.integer("PRAGMA application_id");
  const auto empty = db.integer("SELECT count(*) FROM sqlite_schema") == 0;
  if (format == 0 && owner == 0 && empty)
    return 0;
  if (owner != application_id)
    refuse_foreign(path, "another program's database");
  if (format < 1)
    refuse_foreign(path, "it names no format");
  return static_cast<std::uint32_t>(format);
}

/// The format of a database that this program knows.
std::uint32_t format_of(connection& db, const fs::path& path,
                        std::uint32_t known) {
  const auto format = claimed_format(db, path);
  if (format > known)
    refuse_newer(path, format, known);
  const auto sql = "SELECT number FROM meta WHERE key = 'format'";
  if (format > 0 && db.integer(sql) != format)
    throw error{error_code::store_damaged,
                path.string()
                  + " contradicts itself about its format. Put a "
                    "backup of the journal in its place"};
  return format;
}

std::string compact(instant at) {
  auto text = to_rfc3339(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

void back_up(connection& db, const fs::path& path, std::uint32_t format) {
  auto to = path;
  to += ".backup-v" + std::to_string(format) + "-"
        + compact(system_clock().now());
  auto unfinished = to;
  unfinished += ".new";
  db.copy_to(unfinished);
  posix_file{unfinished, O_RDWR}.sync();
  fs::rename(unfinished, to);
  sync_directory(fs::absolute(to).parent_path());
}

} // namespace

std::span<const migration> migrations() {
  static const auto list = std::to_array<migration>(
    {{format_1}, {format_2}, {format_3}, {format_4}});
  return list;
}

std::uint32_t refuse_unknown(const fs::path& path, std::uint32_t known) {
  if (!fs::exists(path))
    return 0;
  // Through SQLite also where no lock is wanted: closing a database by other
  // means would drop the locks of all its connections in this process.
  const auto look = [&](access how) {
    connection db{path, how, std::chrono::seconds{5}};
    return format_of(db, path, known);
  };
  auto log = path;
  log += "-wal";
  const auto logged = fs::exists(log) && fs::file_size(log) > 0;
  const auto readable = [&](access how) -> std::optional<std::uint32_t> {
    try {
      return look(how);
    } catch (const problem& p) {
      if (p.kind() != trouble::damaged)
        throw;
      return std::nullopt;
    }
  };
  auto found = readable(access::frozen);
  // The log holds more than the file, and all of it where a full disk cut short
  // what was moved into the file.
  if (logged)
    found = readable(access::read);
  if (!found)
    refuse_foreign(path, "no SQLite database, or damaged at its start");
  return *found;
}

void migrate(connection& db, const fs::path& path,
             std::span<const migration> list) {
  const auto known = static_cast<std::uint32_t>(list.size());
  const auto found = format_of(db, path, known);
  if (found == known)
    return;
  if (found > 0)
    back_up(db, path, found);
  const auto now = std::to_string(known);
  try {
    db.script("BEGIN IMMEDIATE");
    for (const auto& step : list.subspan(found))
      db.script(step.sql);
    db.script("INSERT INTO meta VALUES('format', " + now
              + ") ON CONFLICT DO UPDATE SET number = excluded.number");
    db.script("PRAGMA application_id = " + std::to_string(application_id));
    db.script("PRAGMA user_version = " + now);
    db.script("COMMIT");
  } catch (...) {
    db.roll_back();
    throw;
  }
  // Into the file's own header, where an older program looks first.
  db.checkpoint(true);
}

} // namespace stanchion::sqlite

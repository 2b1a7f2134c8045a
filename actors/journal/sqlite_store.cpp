#include <stanchion/actors/journal/consistency.hpp>
#include <stanchion/actors/journal/format.hpp>
#include <stanchion/actors/journal/high_water.hpp>
#include <stanchion/actors/journal/posix_file.hpp>
#include <stanchion/actors/journal/row_codec.hpp>
#include <stanchion/actors/journal/short_memory.hpp>
#include <stanchion/actors/journal/sqlite_prune.hpp>
#include <stanchion/actors/journal/sqlite_readers.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/journal/sqlite_verify.hpp>
#include <stanchion/actors/journal/sqlite_writer.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

using sqlite::checked;
using sqlite::connection;

// -- what a damaged row is shown as ------------------------------------------

constexpr auto advice
  = "; only it is affected. Run 'journal verify' to see all that is damaged";

[[noreturn]] void refuse(const std::string& what) {
  throw error{error_code::store_damaged, what + " fails its checksum" + advice};
}

std::string name_of(const run_row& x) {
  return "the row of run " + std::to_string(x.number);
}

std::string name_of(const ticket& x) {
  return "ticket " + x.id;
}

std::string name_of(const fact& x) {
  return "fact '" + x.key + "'";
}

template <class T>
T sound(checked<T> x) {
  if (!x.sound)
    refuse(name_of(x.row));
  return std::move(x.row);
}

run_row shown(checked<run_row> x) {
  if (!x.sound) {
    x.row.state = run_state::parked;
    x.row.waiting_for = "its row is damaged, see 'journal verify'";
    x.row.next_at.reset();
  }
  return std::move(x.row);
}

ticket shown(checked<ticket> x) {
  if (!x.sound) {
    x.row.reason = park_reason::store_damaged;
    x.row.title = "This ticket is damaged, see 'journal verify'";
    x.row.context = "{}";
    x.row.options.clear();
    x.row.decided.reset();
  }
  return std::move(x.row);
}

audit_entry shown(checked<audit_entry> x) {
  if (!x.sound) {
    x.row.act = "damaged, see 'journal verify'";
    x.row.before.clear();
    x.row.after.clear();
  }
  return std::move(x.row);
}

// -- statements --------------------------------------------------------------

template <class... Texts>
std::string select(std::string_view columns, const Texts&... rest) {
  std::string result = "SELECT ";
  result += columns;
  (result.append(" ").append(rest), ...);
  return result;
}

template <class State>
std::string among(const std::vector<State>& states) {
  std::string result;
  for (const auto x : states)
    result += (result.empty() ? "state IN (" : ", ")
              + std::to_string(static_cast<int>(x));
  return result.empty() ? "1" : result + ")";
}

std::int64_t limit_of(std::size_t limit) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(
    std::min(limit, static_cast<std::size_t>(most)));
}

std::int64_t number(std::uint64_t x) {
  return static_cast<std::int64_t>(x);
}

std::string_view view(const uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::vector<run_state> every_state() {
  std::vector<run_state> result;
  for (auto n = 1; n <= static_cast<int>(run_state::continued); ++n)
    if (const auto x = static_cast<run_state>(n); parse_run_state(to_string(x)))
      result.push_back(x);
  return result;
}

/// Values: 1 the number above all, 2 the agent, 3 the parent, 4 the limit.
/// A list costs what it shows: where runs are asked for by state or agent, each
/// state is a walk through an index of its own, newest first, and what they
/// find is merged.
std::string list_statement(const run_filter& f) {
  const auto base = select(sqlite::run_columns, "FROM runs");
  constexpr auto end = " ORDER BY num DESC LIMIT ?4";
  if (f.parent != 0)
    return base
           + " INDEXED BY runs_of_parent WHERE parent = ?3 AND parent <> 0 "
             "AND num < ?1 AND (?2 = '' OR agent = ?2) AND "
           + among(f.states) + end;
  if (f.states.empty() && f.agent.empty())
    return base + " WHERE num < ?1" + end;
  const auto walk
    = base
      + (f.agent.empty() ? " INDEXED BY runs_by_state WHERE"
                         : " INDEXED BY runs_by_agent WHERE agent = ?2 AND");
  auto states = f.states.empty() ? every_state() : f.states;
  std::ranges::sort(states);
  const auto twice = std::ranges::unique(states);
  states.erase(twice.begin(), twice.end());
  std::string result;
  for (const auto x : states)
    result += (result.empty() ? "" : " UNION ALL ") + walk + " state = "
              + std::to_string(static_cast<int>(x)) + " AND num < ?1";
  return result + end;
}

/// What a ticket is to be, beside its state and its run.
std::string conditions(const ticket_filter& f) {
  auto result = std::string{f.tree ? " AND run = 0" : ""};
  if (f.reason)
    result += " AND reason = " + std::to_string(static_cast<int>(*f.reason));
  if (f.kind)
    result += " AND kind = " + std::to_string(static_cast<int>(*f.kind));
  result += f.agent.empty() ? "" : " AND agent = ?2";
  result += f.tool.empty() ? "" : " AND tool = ?3";
  result += f.assignee.empty() ? "" : " AND assignee = ?4";
  return result + " AND num > ?5";
}

/// Values: 1 the run, 2 the agent, 3 the tool, 4 the assignee, 5 the number
/// below all, 6 the limit. What tickets are asked for by lies in two indexes,
/// of open ones and of all others, so that only those that are shown are read.
std::string list_statement(const ticket_filter& f) {
  const auto base = select(sqlite::ticket_columns, "FROM tickets INDEXED BY ");
  const auto states = " AND " + among(f.states) + conditions(f);
  constexpr auto end = " ORDER BY num LIMIT ?6";
  if (f.run != 0)
    return base + "tickets_of_run WHERE run = ?1 AND run <> 0" + states + end;
  const auto open = base + "tickets_asked WHERE state = 1" + states;
  const auto past = base + "tickets_past WHERE state <> 1" + states;
  const auto wanted = std::ranges::count(f.states, ticket_state::open);
  if (!f.states.empty() && wanted == 0)
    return past + end;
  if (wanted == std::ssize(f.states) && wanted != 0)
    return open + end;
  return open + " UNION ALL " + past + end;
}

std::string list_statement(const audit_filter& f) {
  auto result = select(sqlite::audit_columns, "FROM audits WHERE num < ?");
  result += f.subject.empty() ? " AND ? = ''" : " AND subject = ?";
  result += f.by.empty() ? " AND ? = ''" : " AND by = ?";
  return result + " ORDER BY num DESC LIMIT ?";
}

std::chrono::milliseconds milliseconds(duration x) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(x);
}

fs::path memory_path(fs::path database) {
  return database.replace_extension(".now");
}

fs::path mark_path(fs::path database) {
  return database.replace_extension(".hwm");
}

// -- store -------------------------------------------------------------------

class sqlite_store final : public store {
public:
  sqlite_store(const fs::path& path, const sqlite_store_options& options)
    : path_{path}, readers_{path, milliseconds(options.busy_timeout),
                            options.page_cache / 8, options.read_only} {
    if (!options.read_only)
      writer_
        = std::make_unique<sqlite::writer>(path, mark_path(path), options);
    readers_.prepare();
  }

  // The readers go first, so that the writer is the last to close and leaves
  // no log behind.
  ~sqlite_store() override = default;

  commit_status commit(std::span<const batch* const> xs) override {
    return writing().commit(xs);
  }

  bool reopen() override {
    return writing().reopen();
  }

  std::string problem() override {
    return writer_ ? writer_->last_problem() : std::string{};
  }

  std::vector<record> read(run_number run, std::uint32_t from) override {
    static const auto sql
      = select(sqlite::record_columns,
               "FROM records r LEFT JOIN blobs b ON b.hash = r.blob "
               "WHERE r.run = ? AND r.seq >= ? ORDER BY r.seq");
    auto result = readers_.read([&](connection& db) {
      std::vector<record> xs;
      auto rows = db.query(sql, number(run), std::int64_t{from});
      while (rows.next()) {
        auto [row, sound, ignored] = sqlite::read_record(rows);
        if (!sound || row.content.run != run)
          refuse("a record of run " + std::to_string(run));
        xs.push_back(std::move(row.content));
      }
      return xs;
    });
    require_no_gap(run, from, result);
    return result;
  }

  std::optional<run_row> find_run(run_number wanted) override {
    static const auto sql
      = select(sqlite::run_columns, "FROM runs WHERE num = ?");
    return find(&sqlite::read_run, sql, number(wanted));
  }

  std::optional<run_row> find_run(const run_id& id) override {
    static const auto sql
      = select(sqlite::run_columns, "FROM runs WHERE id = ?");
    return find(&sqlite::read_run, sql, sqlite::bytes{view(id)});
  }

  std::optional<run_row> find_run(std::string_view agent,
                                  std::string_view key) override {
    static const auto sql
      = select(sqlite::run_columns, "FROM runs INDEXED BY runs_by_key "
                                    "WHERE agent = ? AND key = ? "
                                    "AND key <> ''");
    return find(&sqlite::read_run, sql, agent, key);
  }

  std::vector<run_row> list_runs(const run_filter& f) override {
    const auto below = f.before == 0 ? std::numeric_limits<std::int64_t>::max()
                                     : number(f.before);
    return list(&sqlite::read_run, list_statement(f), below,
                std::string_view{f.agent}, number(f.parent), limit_of(f.limit));
  }

  void each_open_run(const std::function<void(const run_row&)>& each) override {
    static const auto sql
      = select(sqlite::run_columns, "FROM runs INDEXED BY runs_open "
                                    "WHERE state < 16 AND num > ? "
                                    "ORDER BY num LIMIT 1000");
    // In portions, so that `each` may read the store, and take its time.
    std::int64_t last = 0;
    for (;;) {
      const auto xs = list(&sqlite::read_run, sql, last);
      if (xs.empty())
        return;
      last = number(xs.back().number);
      std::ranges::for_each(xs, each);
    }
  }

  run_number last_run() override {
    return readers_.read([](connection& db) {
      return static_cast<run_number>(db.integer("SELECT max(num) FROM runs"));
    });
  }

  std::optional<ticket> find_ticket(std::string_view id) override {
    static const auto sql
      = select(sqlite::ticket_columns, "FROM tickets WHERE id = ?");
    return find(&sqlite::read_ticket, sql, id);
  }

  std::vector<ticket> list_tickets(const ticket_filter& f) override {
    return list(&sqlite::read_ticket, list_statement(f), number(f.run),
                std::string_view{f.agent}, std::string_view{f.tool},
                std::string_view{f.assignee}, number(f.after),
                limit_of(f.limit));
  }

  std::vector<ticket_count> count_open_tickets() override {
    return readers_.read([](connection& db) {
      std::vector<ticket_count> result;
      auto rows = db.query("SELECT kind, count(*), min(created) FROM tickets "
                           "INDEXED BY tickets_asked WHERE state = 1 "
                           "GROUP BY kind ORDER BY kind");
      while (rows.next())
        result.push_back({.kind = static_cast<ticket_kind>(rows.integer(0)),
                          .count = static_cast<std::size_t>(rows.integer(1)),
                          .oldest = from_micros(rows.integer(2))});
      return result;
    });
  }

  std::string find_fact(std::string_view key) override {
    static const auto sql
      = select(sqlite::fact_columns, "FROM facts WHERE key = ?");
    const auto found = find(&sqlite::read_fact, sql, key);
    return found ? found->text : std::string{};
  }

  std::vector<fact> list_facts(std::string_view prefix) override {
    static const auto sql
      = select(sqlite::fact_columns, "FROM facts WHERE key >= ? AND key < ? "
                                     "ORDER BY key");
    // No key has a byte above those of UTF-8.
    const auto end = std::string{prefix} + "\xff";
    return readers_.read([&](connection& db) {
      std::vector<fact> result;
      auto rows = db.query(sql, prefix, std::string_view{end});
      while (rows.next())
        if (auto x = sqlite::read_fact(rows); x.sound)
          result.push_back(std::move(x.row));
      return result;
    });
  }

  std::vector<audit_entry> list_audits(const audit_filter& f) override {
    const auto below = f.before == 0 ? std::numeric_limits<std::int64_t>::max()
                                     : static_cast<std::int64_t>(f.before);
    return list(&sqlite::read_audit, list_statement(f), below,
                std::string_view{f.subject}, std::string_view{f.by},
                limit_of(f.limit));
  }

  leftovers find_leftovers(std::size_t most) override {
    return readers_.read(
      [most](connection& db) { return sqlite::find_leftovers(db, most); });
  }

  void remember(std::string_view text) override {
    writing();
    if (!memory_)
      memory_.emplace(memory_path(path_));
    memory_->write(text);
  }

  std::string remembered() override {
    return short_memory::look(memory_path(path_));
  }

  verify_report verify() override {
    // What it says now is below what the database holds from now on.
    std::optional<high_water::mark> mark;
    std::string unreadable;
    try {
      mark = high_water::look(mark_path(path_));
    } catch (const error& e) {
      unreadable = e.what();
    }
    auto report
      = readers_.read([&](connection& db) { return sqlite::verify(db, mark); });
    if (!unreadable.empty())
      report.damages.push_back({0, unreadable});
    return report;
  }

private:
  sqlite::writer& writing() {
    if (!writer_)
      throw error{error_code::store_read_only,
                  path_.string() + " was opened for reading only"};
    return *writer_;
  }

  template <class T>
  using decoder = checked<T> (*)(const sqlite::rows&);

  template <class T, class... Values>
  std::optional<T> find(decoder<T> decode, const std::string& sql,
                        const Values&... values) {
    return readers_.read([&](connection& db) {
      auto rows = db.query(sql, values...);
      return rows.next() ? std::optional{sound(decode(rows))} : std::nullopt;
    });
  }

  template <class T, class... Values>
  std::vector<T> list(decoder<T> decode, const std::string& sql,
                      const Values&... values) {
    return readers_.read([&](connection& db) {
      std::vector<T> result;
      auto rows = db.query(sql, values...);
      while (rows.next())
        result.push_back(shown(decode(rows)));
      return result;
    });
  }

  const fs::path path_;
  std::unique_ptr<sqlite::writer> writer_; // null: reading only
  sqlite::readers readers_;                // destroyed before the writer
  std::optional<short_memory> memory_;
};

/// What `open_sqlite_store` refuses before it makes a store.
void look(const fs::path& path, bool read_only) {
  if (read_only && !fs::exists(path))
    throw error{error_code::store_io,
                path.string() + " does not exist: nothing has run here yet"};
  const auto known = static_cast<std::uint32_t>(sqlite::migrations().size());
  const auto found = sqlite::refuse_unknown(path, known);
  if (read_only && found < known)
    throw error{error_code::store_read_only,
                path.string() + " has format " + std::to_string(found)
                  + ", this program reads format " + std::to_string(known)
                  + ". Start it once to write: it then migrates the journal"};
}

} // namespace

std::unique_ptr<store> open_sqlite_store(const fs::path& path,
                                         const sqlite_store_options& options) {
  const auto full = fs::absolute(path);
  try {
    look(full, options.read_only);
    return std::make_unique<sqlite_store>(full, options);
  } catch (const sqlite::problem& p) {
    throw sqlite::to_error(p, full);
  } catch (const std::system_error& e) {
    throw sqlite::to_error(sqlite::system_problem(e), full);
  }
}

} // namespace stanchion

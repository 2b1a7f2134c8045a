#include "demo.hpp"

#include "audit.hpp"
#include "document.hpp"
#include "inventory.hpp"
#include "pipeline.hpp"
#include "report.hpp"
#include "spdx.hpp"
#include "tally.hpp"
#include "text.hpp"
#include "worker.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/id.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <stdexcept>

namespace license_inventory {

namespace fs = std::filesystem;

namespace {

constexpr int ok = 0;
constexpr int failed = 1;
constexpr int usage = 2;
constexpr int not_found = 4;

/// One call in ten of some tools goes wrong.
constexpr fault_rates demo_faults{.overloaded = 0.05,
                                  .crash = 0.01,
                                  .late_crash = 0.01,
                                  .slow_answer = 0.01,
                                  .seed = 1};

/// Ends the demo with a message and an exit code.
struct refusal {
  int code;
  std::string text;
};

// -- the folders --------------------------------------------------------------

/// The documents; `options.dir` must hold some.
std::vector<document_ref> documents_of(const demo_options& options) {
  const auto& dir = options.dir;
  const auto name = as_utf8(dir.native());
  std::error_code error;
  if (!is_valid_utf8(dir.native()))
    throw refusal{usage, name + ": its name is not valid UTF-8"};
  const auto status = fs::status(dir, error);
  if (status.type() == fs::file_type::not_found)
    throw refusal{not_found, name + ": no such folder"};
  if (!error && !fs::is_directory(status))
    throw refusal{usage, name
                           + ": not a folder; name the one whose */copyright "
                             "are to be read"};
  try {
    auto documents = find_documents(dir);
    if (documents.empty())
      throw refusal{not_found, name
                                 + ": no documents; looked for "
                                   "*/copyright"};
    return documents;
  } catch (const document_error& e) {
    throw refusal{usage, e.what()};
  }
}

/// All that a demo leaves in its data directory.
constexpr std::array left_behind{"stanchion.db",     "stanchion.db-wal",
                                 "stanchion.db-shm", "stanchion.hwm",
                                 "inventory.db",     "inventory.db-wal",
                                 "inventory.db-shm", "inventory.spdx.json"};

/// Removes what an earlier demo left, and nothing that is not a demo's.
void clear(const fs::path& data_dir) {
  const auto dir = stanchion::data_dir{data_dir};
  dir.create();
  if (fs::exists(dir.database()) && !fs::exists(inventory_path(data_dir)))
    throw refusal{usage, data_dir.string()
                           + ": holds another program's runs; name another "
                             "folder with --data-dir"};
  const auto lock
    = stanchion::data_dir_lock{dir, stanchion::lock_purpose::edit};
  for (const auto* name : left_behind)
    fs::remove(data_dir / name);
}

// -- the two lives ------------------------------------------------------------

class progress {
public:
  progress(const demo_terminal& io, std::size_t all) : io_{io}, all_{all} {
    // nop
  }

  void hear(std::string_view words) {
    if (words != "written")
      return;
    ++written_;
    if (io_.shows_progress)
      io_.err << "\r  " << written_ << " of " << all_ << " documents written"
              << std::flush;
  }

  void clear() const {
    if (io_.shows_progress)
      io_.err << "\r\x1b[K" << std::flush;
  }

private:
  const demo_terminal& io_;
  std::size_t all_;
  std::size_t written_ = 0;
};

/// What the worker told in all its lives.
struct story {
  bool killed = false;
  worker_counts told;
  std::size_t resumed = 0; ///< runs taken up after the kill
};

void add(worker_counts& to, const worker_counts& from) {
  for (const auto& [word, count] : from)
    to[word] += count;
}

void require_finished(const worker_end& end) {
  if (end.signal != 0)
    throw refusal{failed, "the worker was killed: "
                            + std::string{::strsignal(end.signal)}};
  if (end.code != 0)
    throw refusal{failed, "the worker could not do its work"};
}

/// Runs that nobody but the next process can bring to their end.
std::size_t open_runs(const fs::path& data_dir) {
  const auto journal = stanchion::open_sqlite_store(
    stanchion::data_dir{data_dir}.database(), {.read_only = true});
  std::size_t count = 0;
  journal->each_open_run([&count](const stanchion::run_row& x) {
    count += x.state == stanchion::run_state::parked ? 0 : 1;
  });
  return count;
}

story live_twice(pipeline_settings settings, const demo_terminal& io,
                 std::size_t documents) {
  auto shown = progress{io, documents};
  const auto hear = [&](std::string_view words) { shown.hear(words); };
  const auto first = run_worker(settings, hear);
  shown.clear();
  auto result = story{.killed = first.signal == SIGKILL, .told = first.told};
  if (!result.killed) {
    require_finished(first);
    return result;
  }
  io.out << "The process killed itself (SIGKILL) with " << settings.kill_after
         << " documents written; starting it again." << std::endl;
  settings.kill_after = 0;
  result.resumed = open_runs(settings.data_dir);
  const auto second = run_worker(settings, hear);
  shown.clear();
  require_finished(second);
  add(result.told, second.told);
  return result;
}

// -- what is printed ----------------------------------------------------------

std::size_t count_in(const worker_counts& x, const char* word) {
  const auto found = x.find(word);
  return found == x.end() ? 0 : found->second;
}

void print_line(std::ostream& out, const std::string& what, std::size_t count,
                const std::string& more = {}) {
  const auto number = std::to_string(count);
  out << "  " << what << std::string(46 - what.size(), ' ')
      << std::string(6 - std::min<std::size_t>(6, number.size()), ' ') << number
      << (more.empty() ? "" : "  ") << more << '\n';
}

std::string kinds(const tally& work) {
  auto text = std::string{};
  for (const auto& [kind, count] : work.failed)
    text += (text.empty() ? "" : ", ") + kind + " " + std::to_string(count);
  return text.empty() ? text : "(" + text + ")";
}

void print_work(std::ostream& out, const tally& work, const story& told) {
  out << "\nWhat went wrong, and what became of it\n";
  print_line(out, "attempts at tools", work.attempts);
  print_line(out, "  failed, and retried", work.all_failed(), kinds(work));
  print_line(out, "  answered too late, not believed",
             count_in(told.told, "late"));
  print_line(out, "tools restarted after a crash",
             count_in(told.told, "restarted"));
  print_line(out, "breakers opened", count_in(told.told, "tripped"));
  print_line(out, "calls cut off by the kill, and done again", work.cut_off);
  print_line(out, "runs cut off by the kill, and resumed", told.resumed);
}

/// Documents neither written nor waiting for a person.
std::vector<std::string> lost(const std::vector<document_ref>& documents,
                              const audit& log,
                              const std::vector<record>& doubtful) {
  auto waiting = std::set<std::string>{};
  for (const auto& x : doubtful)
    waiting.insert(x.package);
  auto result = std::vector<std::string>{};
  for (const auto& x : documents)
    if (!log.has(x.package) && !waiting.contains(x.package))
      result.push_back(x.package);
  return result;
}

void print_names(std::ostream& out, const char* what,
                 const std::vector<std::string>& names) {
  for (const auto& name : names)
    out << "  " << what << ": " << name << '\n';
}

/// Whether every document is where it should be, once.
bool print_audit(std::ostream& out, const std::vector<document_ref>& documents,
                 const audit& log, const std::vector<record>& doubtful) {
  const auto missing = lost(documents, log, doubtful);
  const auto twice = log.written_twice();
  out << "\nWhat the inventory's own log of writes says\n";
  print_line(out, "documents", documents.size());
  print_line(out, "written exactly once", log.writes.size() - twice.size());
  print_line(out, "written more than once", twice.size());
  print_line(out, "waiting for a person", doubtful.size());
  print_line(out, "lost", missing.size());
  print_line(out, "writes repeated under their key",
             static_cast<std::size_t>(log.repeats), "(had no effect)");
  print_names(out, "written more than once", twice);
  print_names(out, "lost", missing);
  return missing.empty() && twice.empty();
}

fs::path write_spdx(const fs::path& data_dir,
                    const std::vector<record>& records) {
  const auto path = data_dir / "inventory.spdx.json";
  const auto now = std::chrono::system_clock::now();
  const auto unique = std::chrono::duration_cast<std::chrono::microseconds>(
                        now.time_since_epoch())
                        .count();
  const auto info = spdx_document_info{
    .document_namespace = "https://stanchion.invalid/spdx/license-inventory-"
                          + std::to_string(unique),
    .created = now};
  auto out = std::ofstream{path, std::ios::binary};
  out << spdx_document(records, info).dump(2) << '\n';
  if (!out.flush())
    throw refusal{failed, path.string() + ": cannot be written"};
  return path;
}

void print_how_to_decide(const demo_options& options, stanchion::store& journal,
                         std::ostream& out) {
  const auto tickets = journal.list_tickets(
    {.states = {stanchion::ticket_state::open}, .limit = 1});
  if (tickets.empty())
    return;
  const auto data = " --data-dir " + options.data_dir.string();
  const auto& x = tickets.front();
  out << "\nTo complete a document that waits, now or in a week:\n  "
      << options.program << " ticket list" << data << "\n  " << options.program
      << " ticket show " << x.id << data << "\n  " << options.program
      << " ticket decide " << x.id << " answer --payload '{\"licences\":"
      << "[\"MIT\"]}' --by you" << data << "\n  " << options.program
      << " run resume " << to_string(x.run_id) << data << "\n  "
      << options.program << " report" << data << '\n';
}

/// The table, the SPDX file, and what to do next.
void print_results(const demo_options& options, stanchion::store& journal,
                   const std::vector<record>& doubtful, std::ostream& out) {
  auto records = inventory{inventory_path(options.data_dir)}.all();
  const auto spdx = write_spdx(options.data_dir, records);
  records.insert(records.end(), doubtful.begin(), doubtful.end());
  out << report(std::move(records)) << "\nSPDX 2.3 document: " << spdx.string()
      << "\nJournal and inventory: " << options.data_dir.string() << '\n';
  print_how_to_decide(options, journal, out);
}

std::unique_ptr<stanchion::store> journal_of(const demo_options& options) {
  return stanchion::open_sqlite_store(
    stanchion::data_dir{options.data_dir}.database(), {.read_only = true});
}

int demo(demo_options options, const demo_terminal& io) {
  const auto documents = documents_of(options);
  options.dir = fs::canonical(options.dir);
  if (!options.keep)
    clear(options.data_dir);
  io.out << documents.size() << " documents in " << options.dir.string()
         << ". Their tools will fail now and then." << std::endl;
  const auto start = std::chrono::steady_clock::now();
  const auto half = static_cast<std::int64_t>((documents.size() + 1) / 2);
  const auto told = live_twice({.root = options.dir,
                                .data_dir = options.data_dir,
                                .faults = demo_faults,
                                .timeout = std::chrono::milliseconds{500},
                                .kill_after = options.keep ? 0 : half,
                                .decide_all = options.decide_all},
                               io, documents.size());
  const auto time = std::chrono::steady_clock::now() - start;
  io.out << "Done after "
         << stanchion::to_text(
              std::chrono::duration_cast<stanchion::duration>(time))
         << ".\n";
  const auto journal = journal_of(options);
  const auto doubtful = in_doubt(*journal);
  print_work(io.out, count_work(*journal), told);
  const auto sound
    = print_audit(io.out, documents,
                  audit_inventory(inventory_path(options.data_dir)), doubtful);
  io.out << '\n';
  print_results(options, *journal, doubtful, io.out);
  return sound ? ok : failed;
}

/// Turns what is thrown into a message and an exit code.
template <class F>
int guarded(const demo_terminal& io, F f) {
  try {
    return f();
  } catch (const refusal& x) {
    io.err << "error: " << x.text << '\n';
    return x.code;
  } catch (const stanchion::error& e) {
    io.err << "error: " << e.what() << '\n';
    return e.code() == stanchion::error_code::store_in_use ? 5 : failed;
  } catch (const std::exception& e) {
    io.err << "error: " << e.what() << '\n';
    return failed;
  }
}

} // namespace

std::variant<demo_options, std::string>
parse_demo_words(const std::vector<std::string>& words) {
  auto options = demo_options{};
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto takes_path = *word == "--dir" || *word == "--data-dir";
    if (takes_path && std::next(word) == words.end())
      return *word + " needs a folder";
    if (*word == "--dir")
      options.dir = *++word;
    else if (*word == "--data-dir")
      options.data_dir = *++word;
    else if (*word == "--keep")
      options.keep = true;
    else if (*word == "--decide-all")
      options.decide_all = true;
    else
      return "unknown word: " + *word;
  }
  return options;
}

std::string demo_usage(const std::string& program) {
  return "usage: " + program
         + " demo [--dir DIR] [--data-dir DIR] [--keep] [--decide-all]\n"
           "       "
         + program
         + " report [--data-dir DIR]\n"
           "       "
         + program
         + " --help    for the verbs that every program has\n"
           "\n"
           "  --dir DIR       the documents are DIR/*/copyright; default "
           "/usr/share/doc\n"
           "  --data-dir DIR  for everything durable; default stanchion-demo\n"
           "  --keep          go on with what an earlier demo left there\n"
           "  --decide-all    answer every ticket as the agent suggests\n";
}

int run_demo(const demo_options& options, const demo_terminal& io) {
  return guarded(io, [&] { return demo(options, io); });
}

int print_report(const demo_options& options, const demo_terminal& io) {
  return guarded(io, [&] {
    if (!fs::exists(inventory_path(options.data_dir)))
      throw refusal{not_found, options.data_dir.string()
                                 + ": no inventory there; run the demo first"};
    const auto journal = journal_of(options);
    print_results(options, *journal, in_doubt(*journal), io.out);
    return ok;
  });
}

} // namespace license_inventory

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/cli/doctor.hpp>
#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

/// Where a new directory would come to lie.
fs::path nearest_existing(fs::path path) {
  path = fs::absolute(path);
  while (!fs::exists(path) && path.has_relative_path())
    path = path.parent_path();
  return path;
}

finding see_directory(const data_dir& dir) {
  struct stat about = {};
  if (::stat(dir.root().c_str(), &about) == 0) {
    if (S_ISDIR(about.st_mode))
      return judge_access(dir, about.st_mode,
                          ::access(dir.root().c_str(), R_OK | W_OK | X_OK)
                            == 0);
    return {"data directory", health::fail,
            dir.root().string() + " is no directory", "name another one"};
  }
  const auto parent = nearest_existing(dir.root());
  if (::access(parent.c_str(), W_OK | X_OK) == 0)
    return {"data directory",
            health::ok,
            dir.root().string() + " is not there yet; the first run makes it",
            {}};
  return {"data directory", health::fail,
          dir.root().string() + " is not there and cannot be made in "
            + parent.string(),
          "make it, for the user who runs the program"};
}

finding see_space(const data_dir& dir) {
  struct statvfs about = {};
  if (::statvfs(nearest_existing(dir.root()).c_str(), &about) != 0)
    return {"free space", health::warn, "cannot be told", "look at df"};
  return judge_space(std::uint64_t{about.f_bavail} * about.f_frsize);
}

finding see_sqlite() {
  // Newer ones than this have a fix for logs that two connections move at once,
  // which this program never does, but another one might.
  constexpr auto fixed = 3'051'003;
  auto x = finding{"SQLite", health::ok, sqlite3_libversion(), {}};
  if (sqlite3_libversion_number() < fixed)
    x.text += "; before 3.51.3: let no other program write to stanchion.db";
  if (sqlite3_threadsafe() == 0)
    return {"SQLite", health::fail, x.text + ", built without threads",
            "use the library of the distribution"};
  return x;
}

enum class owned { no, yes, unknown };

owned who_owns(const data_dir& dir) {
  const auto fd = ::open(dir.lock().c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? owned::no : owned::unknown;
  const auto free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  const auto taken = !free && errno == EWOULDBLOCK;
  ::close(fd);
  return free ? owned::no : taken ? owned::yes : owned::unknown;
}

std::string words_of_lock(const data_dir& dir) try {
  constexpr auto longest = std::size_t{64};
  const auto text = posix_file{dir.lock(), O_RDONLY}.read(0, longest);
  return text.substr(0, text.find('\n'));
} catch (const std::system_error&) {
  return {};
}

finding see_owner(const data_dir& dir) try {
  const auto words = words_of_lock(dir);
  const auto space = words.find(' ');
  const auto pid = space == std::string::npos ? "?" : words.substr(space + 1);
  switch (who_owns(dir)) {
  case owned::yes:
    if (connect_to(dir.socket()))
      return {"owner", health::ok, "process " + pid + ", and it answers", {}};
    return {"owner", health::warn,
            "process " + pid + " holds the lock, but nobody answers at "
              + dir.socket().string(),
            "it may be a service without command_line; else stop it"};
  case owned::no:
    if (words.starts_with("running"))
      return {"owner", health::warn,
              "none; process " + pid + " died while it drove runs",
              "run the program again: its runs are taken up"};
    return {"owner", health::ok, "none", {}};
  default:
    return {"owner", health::warn, "the lock cannot be read",
            "run this as the user who runs the program"};
  }
} catch (const std::system_error& e) {
  return {"owner", health::warn, e.what(),
          "run this as the user who runs the program"};
}

finding see_failed(const data_dir& dir) {
  if (!fs::exists(dir.failed()))
    return {"last words", health::ok, "none", {}};
  return {"last words", health::warn,
          "the supervision tree gave up once and could not journal why",
          "read " + dir.failed().string() + ", then remove it"};
}

/// The journal, and the latest instant in it.
std::pair<finding, instant> see_journal(const data_dir& dir) try {
  if (!fs::exists(dir.database()))
    return {{"journal", health::ok, "not there yet", {}}, {}};
  const auto from = open_sqlite_store(dir.database(), {.read_only = true});
  const auto report = from->verify();
  const auto newest = from->list_runs({.limit = 1});
  const auto counts = std::to_string(report.records) + " records, "
                      + std::to_string(report.runs) + " runs, "
                      + std::to_string(report.tickets) + " tickets";
  auto x = finding{"journal", health::ok, counts + ", all sound", {}};
  if (!report.damages.empty())
    x = {"journal", health::fail,
         counts + "; " + std::to_string(report.damages.size())
           + " damages, the first: " + report.damages.front().what,
         "`journal verify` lists them; restore a backup"};
  return {std::move(x), newest.empty() ? instant{} : newest.front().updated};
} catch (const error& e) {
  return {{"journal", health::fail, e.what(), "see what the line says"}, {}};
}

/// One for each channel that the journal knows something of.
std::vector<finding> see_channels(const data_dir& dir, instant now) try {
  auto all = std::vector<finding>{};
  if (fs::exists(dir.database()))
    for (const auto& x :
         channels_in(*open_sqlite_store(dir.database(), {.read_only = true})))
      all.push_back(judge_channel(x, now));
  return all;
} catch (const error& e) {
  static_cast<void>(e); // the line of the journal says it
  return {};
}

bool clock_is_synchronised() {
  auto about = ::timex{};
  return ::adjtimex(&about) >= 0 && (about.status & STA_UNSYNC) == 0;
}

} // namespace

std::string_view to_string(health x) {
  switch (x) {
  case health::ok:
    return "ok";
  case health::warn:
    return "warn";
  case health::fail:
    return "fail";
  }
  return "?";
}

finding judge_space(std::uint64_t free_bytes) {
  constexpr auto mib = std::uint64_t{1} << 20U;
  constexpr auto little = 1'024 * mib;
  constexpr auto least = 64 * mib;
  auto x = finding{
    "free space", health::ok, std::to_string(free_bytes / mib) + " MiB", {}};
  if (free_bytes < little) {
    x.state = free_bytes < least ? health::fail : health::warn;
    x.fix = "make room: runs wait while the journal cannot be written";
  }
  return x;
}

finding judge_access(const data_dir& dir, unsigned mode, bool writable) {
  const auto name = dir.root().string();
  if (!writable)
    return {"data directory", health::fail,
            name + " may not be written by this user",
            "run as its owner, or give this user the directory"};
  if ((mode & (S_IRWXG | S_IRWXO)) != 0)
    return {"data directory", health::warn, name + " is open to other users",
            "chmod 700 " + name};
  return {"data directory", health::ok, name + ", for this user only", {}};
}

finding judge_clock(instant now, instant newest, bool synchronised) {
  constexpr auto slack = std::chrono::seconds{5};
  auto x = finding{"clock", health::ok, to_rfc3339(now), {}};
  if (newest > now + slack) {
    x.state = health::fail;
    x.text += ", but the journal knows " + to_rfc3339(newest);
    x.fix = "set the clock: timers and deadlines wait for it to catch up";
  } else if (!synchronised) {
    x.state = health::warn;
    x.text += ", not synchronised";
    x.fix = "run an NTP client, such as systemd-timesyncd";
  }
  return x;
}

finding judge_channel(const channel_state& x, instant now) {
  constexpr auto long_ago = 7 * 24h;
  constexpr auto patience = 15min;
  auto to = finding{"channel " + x.name,
                    health::ok,
                    std::to_string(x.waiting) + " notices wait",
                    {}};
  if (x.failing_since) {
    to.state = health::warn;
    to.text += ", it has failed since " + to_rfc3339(*x.failing_since) + " ("
               + x.why + ")";
    to.fix = "mend its receiver; `notify test` tries it";
  } else if (x.oldest && now - *x.oldest > patience) {
    to.state = health::warn;
    to.text += " since " + to_rfc3339(*x.oldest);
    to.fix = "start a program that has this channel";
  }
  if (x.last_given_up && now - *x.last_given_up < long_ago) {
    to.state = health::warn;
    to.text += "; " + std::to_string(x.given_up)
               + " messages were given up, the last at "
               + to_rfc3339(*x.last_given_up) + " (" + x.why + ")";
    to.fix += std::string{to.fix.empty() ? "" : "; "}
              + "`audit --by notifier` lists what was not told";
  }
  return to;
}

std::vector<finding> examine(const data_dir& dir) {
  auto [journal, newest] = see_journal(dir);
  const auto now = system_clock().now();
  auto all = std::vector{see_directory(dir),
                         see_space(dir),
                         see_sqlite(),
                         see_owner(dir),
                         std::move(journal),
                         see_failed(dir),
                         judge_clock(now, newest, clock_is_synchronised())};
  for (auto& x : see_channels(dir, now))
    all.push_back(std::move(x));
  return all;
}

} // namespace stanchion

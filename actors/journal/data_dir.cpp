#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>

namespace stanchion {

namespace {

namespace fs = std::filesystem;

// The lock file says "<word> <process id>": how the runs were left, and whom
// to name to a second process.
constexpr std::string_view running = "running";
constexpr std::string_view clean = "clean";
constexpr std::size_t longest_line = 64;

[[noreturn]] void refuse(const std::system_error& why) {
  const auto code = why.code().value();
  const auto denied = code == EACCES || code == EPERM || code == EROFS;
  auto text = std::string{why.what()};
  if (denied)
    text += "; this process runs as user " + std::to_string(::geteuid())
            + ". Give that user the directory, or name another one";
  throw error{denied ? error_code::store_read_only : error_code::store_io,
              text};
}

std::string first_line(const posix_file& file) {
  const auto text = file.read(0, longest_line);
  return text.substr(0, text.find('\n'));
}

void say(posix_file& file, std::string_view word) {
  const auto line = std::string{word} + " " + std::to_string(::getpid()) + "\n";
  file.write(0, line);
  file.truncate(line.size());
  file.sync();
}

std::string owner(const std::string& line) {
  const auto space = line.find(' ');
  const auto pid = space == std::string::npos ? "" : line.substr(space + 1);
  if (pid == std::to_string(::getpid()))
    return "this process";
  return pid.empty() ? "another process" : "process " + pid;
}

void take(const posix_file& file, const data_dir& dir) {
  if (::flock(file.fd(), LOCK_EX | LOCK_NB) == 0)
    return;
  if (errno != EWOULDBLOCK)
    throw std::system_error{errno, std::generic_category(),
                            "cannot lock " + file.path().string()};
  const auto who = owner(first_line(file));
  throw error{error_code::store_in_use,
              dir.root().string() + " is in use by " + who
                + ". Talk to it instead (commands with --data-dir do), stop "
                  "it, or name another data directory"};
}

posix_file open_and_take(const data_dir& dir) try {
  posix_file file{dir.lock(), O_RDWR | O_CREAT};
  take(file, dir);
  return file;
} catch (const std::system_error& e) {
  refuse(e);
}

/// Whether the words that the last owner left say that it died. An empty file
/// is a new one; words that nobody wrote say nothing good.
bool says_died(std::string_view line) {
  return !line.empty() && !line.starts_with(clean);
}

} // namespace

data_dir::data_dir(const fs::path& root) : root_{root.lexically_normal()} {
  if (!root_.has_filename())
    root_ = root_.parent_path(); // "x/" names the same directory as "x"
}

void data_dir::create() const try {
  const auto full = fs::absolute(root_);
  if (full.has_parent_path())
    fs::create_directories(full.parent_path());
  if (::mkdir(root_.c_str(), S_IRWXU) == 0 || fs::is_directory(root_))
    return;
  throw std::system_error{errno, std::generic_category(),
                          "cannot make the directory " + root_.string()};
} catch (const std::system_error& e) {
  refuse(e);
}

fs::path data_dir::database() const {
  return root_ / "stanchion.db";
}

fs::path data_dir::high_water() const {
  return root_ / "stanchion.hwm";
}

fs::path data_dir::lock() const {
  return root_ / "lock";
}

fs::path data_dir::socket() const {
  return root_ / "stanchion.sock";
}

fs::path data_dir::tokens() const {
  return root_ / "tokens.json";
}

fs::path data_dir::stop() const {
  return root_ / "STOP";
}

fs::path data_dir::failed() const {
  return root_ / "failed.json";
}

data_dir_lock::data_dir_lock(const data_dir& dir, lock_purpose purpose) try
  : file_{open_and_take(dir)}, died_{says_died(first_line(file_))} {
  const auto drives = purpose == lock_purpose::drive;
  say(file_, drives || died_ ? running : clean);
  sync_directory(dir.root());
} catch (const std::system_error& e) {
  refuse(e);
}

void data_dir_lock::mark_clean() try {
  say(file_, clean);
} catch (const std::system_error& e) {
  refuse(e);
}

} // namespace stanchion

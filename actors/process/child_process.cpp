#include <stanchion/actors/process/child_process.hpp>
#include <stanchion/core/error.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace stanchion {

namespace {

void close_fd(int& fd) {
  if (fd >= 0)
    ::close(std::exchange(fd, -1));
}

std::string system_text(int code) {
  return std::generic_category().message(code);
}

/// Two ends that are closed in time.
struct pipe_ends {
  pipe_ends() {
    auto both = std::array{-1, -1};
    if (::pipe2(both.data(), O_CLOEXEC) != 0)
      throw error{error_code::invalid_spec,
                  "no pipe can be had: " + system_text(errno)};
    from = both[0];
    to = both[1];
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  ~pipe_ends() {
    close_fd(from);
    close_fd(to);
  }
  int from = -1;
  int to = -1;
};

int never_blocking(int& fd) {
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return std::exchange(fd, -1);
}

std::vector<std::string> environment_of(const process_options& x) {
  auto all = x.environment;
  for (const auto& name : x.pass_on)
    if (const auto* text
        = std::getenv(name.c_str())) // NOLINT(concurrency-mt-unsafe)
      all.emplace(name, text);
  auto to = std::vector<std::string>{};
  for (const auto& [name, text] : all)
    to.push_back(name + "=" + text);
  return to;
}

std::string_view search_path(const std::vector<std::string>& environment) {
  constexpr std::string_view name = "PATH=";
  for (const auto& x : environment)
    if (x.starts_with(name))
      return std::string_view{x}.substr(name.size());
  return "/usr/bin:/bin";
}

/// Where the program may be, in order: nothing may be made after the fork.
std::vector<std::string> candidates(const std::string& program,
                                    std::string_view path) {
  if (program.find('/') != std::string::npos)
    return {program};
  auto all = std::vector<std::string>{};
  while (true) {
    const auto end = path.find(':');
    const auto folder = path.substr(0, end);
    all.push_back(std::string{folder.empty() ? "." : folder} + "/" + program);
    if (end == std::string_view::npos)
      return all;
    path.remove_prefix(end + 1);
  }
}

std::vector<char*> pointers(std::vector<std::string>& to) {
  auto all = std::vector<char*>{};
  for (auto& x : to)
    all.push_back(x.data());
  all.push_back(nullptr);
  return all;
}

/// All that the new process needs, made before it exists.
struct plan {
  explicit plan(const process_options& x)
    : words(x.argv), surroundings(environment_of(x)),
      programs(candidates(x.argv.front(), search_path(surroundings))),
      argv(pointers(words)), environment(pointers(surroundings)),
      folder(x.folder.string()), limits(x.limits) {
    // nop
  }
  std::vector<std::string> words;
  std::vector<std::string> surroundings;
  std::vector<std::string> programs;
  std::vector<char*> argv;
  std::vector<char*> environment;
  std::string folder;
  std::vector<process_limit> limits;
  std::array<int, 3> ends{-1, -1, -1};
  int problem = -1; // where to write why it failed
  pid_t parent = -1;
};

// -- in the new process: nothing but what a signal handler may call -----------

void reset_signals() {
  for (auto number = 1; number < NSIG; ++number)
    ::signal(number, SIG_DFL);
  auto none = sigset_t{};
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_limits(const plan& x) {
  for (const auto& limit : x.limits) {
    const auto both = rlimit{limit.most, limit.most};
    // NOLINTNEXTLINE(google-readability-casting): the type differs by library
    if (::setrlimit((__rlimit_resource_t)limit.resource, &both) != 0)
      return false;
  }
  return true;
}

/// Moves the ends to 0, 1 and 2. They are above 2, see `above_standard`.
bool connect(const plan& x) {
  for (auto i = 0; i < 3; ++i)
    if (::dup2(x.ends[static_cast<std::size_t>(i)], i) != i)
      return false;
  return true;
}

[[noreturn]] void run(const plan& x) {
  const auto ok = ::setpgid(0, 0) == 0
                  && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && connect(x);
  if (ok && ::getppid() == x.parent
      && (x.folder.empty() || ::chdir(x.folder.c_str()) == 0)
      && set_limits(x)) {
    reset_signals();
    ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    auto why = ENOENT;
    for (const auto& program : x.programs) {
      ::execve(program.c_str(), x.argv.data(), x.environment.data());
      if (errno != ENOENT && errno != ENOTDIR)
        why = errno;
    }
    errno = why;
  }
  const auto code = errno;
  static_cast<void>(::write(x.problem, &code, sizeof code));
  ::_exit(127);
}

// -- here again ---------------------------------------------------------------

/// Away from 0, 1 and 2, where a program that has closed those may get it.
void above_standard(int& fd) {
  if (fd > STDERR_FILENO)
    return;
  const auto moved = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  close_fd(fd);
  fd = moved;
}

/// Why it could not be started; 0 when it runs.
int reason_from(int fd) {
  auto code = 0;
  while (::read(fd, &code, sizeof code) < 0)
    if (errno != EINTR)
      return errno;
  return code;
}

[[noreturn]] void cannot_start(const process_options& x, int code) {
  auto text = x.argv.front() + " cannot be started: " + system_text(code);
  if (!x.folder.empty())
    text += " (in " + x.folder.string() + ")";
  throw error{error_code::invalid_spec, text};
}

process_end end_from(const siginfo_t& x) {
  if (x.si_code == CLD_EXITED)
    return {.code = x.si_status, .signal = 0};
  return {.code = std::nullopt, .signal = x.si_status};
}

} // namespace

std::string to_string(const process_end& x) {
  return x.code ? "exit code " + std::to_string(*x.code)
                : "signal " + std::to_string(x.signal);
}

child_process child_process::start(const process_options& x) {
  if (x.argv.empty() || x.argv.front().empty())
    throw error{error_code::invalid_spec,
                "argv: names no program; put its name first"};
  auto in = pipe_ends{};
  auto out = pipe_ends{};
  auto err = pipe_ends{};
  auto problem = pipe_ends{};
  for (auto* fd : {&in.from, &out.to, &err.to, &problem.to})
    above_standard(*fd);
  auto how = plan{x};
  how.ends = {in.from, out.to, err.to};
  how.problem = problem.to;
  how.parent = ::getpid();
  auto made = child_process{};
  made.pid_ = ::fork();
  if (made.pid_ == 0)
    run(how);
  if (made.pid_ < 0)
    cannot_start(x, errno);
  close_fd(problem.to);
  const auto failed = reason_from(problem.from);
  if (failed != 0)
    cannot_start(x, failed); // `made` waits for it
  made.ended_ = static_cast<int>(::syscall(SYS_pidfd_open, made.pid_, 0));
  if (made.ended_ < 0)
    cannot_start(x, errno);
  made.input_ = never_blocking(in.to);
  made.output_ = never_blocking(out.from);
  made.errors_ = never_blocking(err.from);
  return made;
}

child_process::child_process(child_process&& x) noexcept
  : pid_(std::exchange(x.pid_, -1)), input_(std::exchange(x.input_, -1)),
    output_(std::exchange(x.output_, -1)),
    errors_(std::exchange(x.errors_, -1)), ended_(std::exchange(x.ended_, -1)),
    end_(x.end_) {
  // nop
}

child_process::~child_process() {
  for (auto* fd : {&input_, &output_, &errors_, &ended_})
    close_fd(*fd);
  if (pid_ < 0 || end_)
    return;
  signal(SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    // once more
  }
}

void child_process::close_input() {
  close_fd(input_);
}

void child_process::signal(int number) const {
  if (pid_ > 0 && !end_) {
    // The group may not be there yet where it failed to start.
    if (::kill(-pid_, number) != 0)
      ::kill(pid_, number);
  }
}

std::optional<process_end> child_process::try_wait() {
  if (end_ || pid_ < 0)
    return end_;
  auto about = siginfo_t{};
  const auto id = static_cast<id_t>(pid_);
  if (::waitid(P_PID, id, &about, WEXITED | WNOHANG | WNOWAIT) != 0) {
    end_ = process_end{}; // somebody else has waited for it
    return end_;
  }
  if (about.si_pid == 0)
    return std::nullopt;
  signal(SIGKILL); // while its number, which is the group's, is still taken
  ::waitpid(pid_, nullptr, 0);
  end_ = end_from(about);
  return end_;
}

} // namespace stanchion

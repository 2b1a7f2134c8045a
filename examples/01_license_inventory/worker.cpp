#include "worker.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <iostream>
#include <system_error>
#include <utility>

namespace license_inventory {

namespace {

/// A message is one write, which a pipe keeps whole.
constexpr std::size_t longest_message = 512;

[[noreturn]] void refuse(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

void send(int to, std::string_view words) {
  auto line = std::string{words.substr(0, longest_message)} + '\n';
  static_cast<void>(!::write(to, line.data(), line.size()));
}

[[noreturn]] void work(pipeline_settings settings, int to) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  settings.tell = [to](std::string_view words) { send(to, words); };
  auto code = 0;
  try {
    run_pipeline(settings);
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << std::endl;
    code = 1;
  }
  ::_exit(code);
}

worker_counts listen(int from,
                     const std::function<void(std::string_view)>& on_words) {
  auto counts = worker_counts{};
  auto rest = std::string{};
  auto block = std::array<char, 4096>{};
  for (;;) {
    const auto got = ::read(from, block.data(), block.size());
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return counts;
    rest.append(block.data(), static_cast<std::size_t>(got));
    for (auto end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      const auto words = rest.substr(0, end);
      rest.erase(0, end + 1);
      ++counts[words.substr(0, words.find(' '))];
      if (on_words)
        on_words(words);
    }
  }
}

} // namespace

worker_end run_worker(pipeline_settings settings,
                      const std::function<void(std::string_view)>& on_words) {
  auto ends = std::array<int, 2>{};
  if (::pipe(ends.data()) != 0)
    refuse("pipe");
  const auto child = ::fork();
  if (child < 0)
    refuse("fork");
  if (child == 0) {
    ::close(ends[0]);
    work(std::move(settings), ends[1]);
  }
  ::close(ends[1]);
  auto result = worker_end{.told = listen(ends[0], on_words)};
  ::close(ends[0]);
  auto status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    // again
  }
  result.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  return result;
}

} // namespace license_inventory

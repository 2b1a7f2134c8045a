#include "support/command.hpp"

#include <stanchion/cli/command_line.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace stanchion::test {

namespace {

std::string read(const std::filesystem::path& path) {
  auto file = std::ifstream{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void redirect(int to, const std::filesystem::path& path, int flags) {
  constexpr auto mode = 0600;
  const auto fd = open(path.c_str(), flags, mode);
  dup2(fd, to);
  close(fd);
}

int run(words xs, const std::function<void(runtime&)>& setup) {
  xs.insert(xs.begin(), "prog");
  auto arguments = std::vector<char*>{};
  for (auto& x : xs)
    arguments.push_back(x.data());
  arguments.push_back(nullptr);
  return command_line(static_cast<int>(xs.size()), arguments.data(), setup);
}

} // namespace

command::command(const std::filesystem::path& data_dir, words xs,
                 const std::function<void(runtime&)>& setup,
                 const std::string& input) {
  xs.insert(xs.end(), {"--data-dir", data_dir.string()});
  const auto& files = files_.path();
  std::ofstream{files / "in"} << input;
  process_ = std::make_unique<child_process>([&] {
    redirect(STDIN_FILENO, files / "in", O_RDONLY);
    redirect(STDOUT_FILENO, files / "out", O_WRONLY | O_CREAT);
    redirect(STDERR_FILENO, files / "err", O_WRONLY | O_CREAT);
    return run(xs, setup);
  });
}

command_end command::wait(std::chrono::milliseconds limit) {
  const auto code = process_->wait(limit).value_or(-1);
  return {code, out(), err()};
}

void command::signal(int number) const {
  process_->signal(number);
}

std::string command::out() const {
  return read(files_.path() / "out");
}

std::string command::err() const {
  return read(files_.path() / "err");
}

} // namespace stanchion::test

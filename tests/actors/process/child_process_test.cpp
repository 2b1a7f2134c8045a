#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"

#include <stanchion/actors/process/child_process.hpp>
#include <stanchion/actors/process/poll_loop.hpp>
#include <stanchion/core/error.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <string>

using namespace stanchion;
using test::eventually;

namespace {

std::string read_all(int fd) {
  auto text = std::string{};
  auto room = std::array<char, 4096>{};
  static_cast<void>(eventually([&] {
    const auto n = ::read(fd, room.data(), room.size());
    if (n > 0)
      text.append(room.data(), static_cast<std::size_t>(n));
    return n == 0;
  }));
  return text;
}

process_end end_of(stanchion::child_process& x) {
  auto end = std::optional<process_end>{};
  REQUIRE(eventually([&] {
    end = x.try_wait();
    return end.has_value();
  }));
  return *end;
}

process_options shell(const std::string& script) {
  return {.argv = {"sh", "-c", script}};
}

/// One that has ended, and that nobody has waited for, is not.
bool is_alive(pid_t x) {
  auto from = std::ifstream{"/proc/" + std::to_string(x) + "/stat"};
  auto line = std::string{};
  return std::getline(from, line) && line.find(") Z ") == std::string::npos;
}

} // namespace

TEST_CASE("a program gets of our environment only what is passed on",
          "[actors][process]") {
  ::setenv("STANCHION_TEST_HIDDEN", "1", 1); // NOLINT(concurrency-mt-unsafe)
  auto what = process_options{.argv = {"env"}};
  what.environment = {{"GIVEN", "yes"}};
  what.pass_on = {"PATH"};
  auto x = stanchion::child_process::start(what);
  const auto text = read_all(x.output());
  CHECK(text.find("GIVEN=yes\n") != std::string::npos);
  CHECK(text.find("PATH=") != std::string::npos);
  CHECK(text.find("HOME=") == std::string::npos);
  CHECK(text.find("HIDDEN") == std::string::npos);
  CHECK(end_of(x).code == 0);
}

TEST_CASE("a program reads to the end of its input", "[actors][process]") {
  auto x = stanchion::child_process::start({.argv = {"cat"}});
  REQUIRE(::write(x.input(), "hello", 5) == 5);
  x.close_input();
  CHECK(read_all(x.output()) == "hello");
  CHECK(end_of(x).code == 0);
}

TEST_CASE("how a program ended is told", "[actors][process]") {
  auto x = stanchion::child_process::start(shell("exit 3"));
  CHECK(to_string(end_of(x)) == "exit code 3");
  auto y = stanchion::child_process::start({.argv = {"cat"}});
  y.signal(SIGKILL);
  CHECK(to_string(end_of(y)) == "signal 9");
}

TEST_CASE("a program that cannot be started says why", "[actors][process]") {
  const auto start = [](process_options x) {
    static_cast<void>(stanchion::child_process::start(x));
  };
  CHECK_THROWS_WITH(start({.argv = {"no-such-program-4711"}}),
                    ContainsSubstring("No such file"));
  CHECK_THROWS_WITH(start({.argv = {}}), ContainsSubstring("names no program"));
  CHECK_THROWS_WITH(start({.argv = {"true"}, .folder = "/no/such/folder"}),
                    ContainsSubstring("/no/such/folder"));
}

TEST_CASE("a program has no file of ours and keeps its limits",
          "[actors][process]") {
  auto what = shell("ls /proc/self/fd | wc -l; ulimit -n");
  what.limits = {{RLIMIT_NOFILE, 64}};
  auto x = stanchion::child_process::start(what);
  CHECK(read_all(x.output()) == "4\n64\n"); // 0, 1, 2 and the folder's own
}

TEST_CASE("what a program has started dies with it", "[actors][process]") {
  auto x = stanchion::child_process::start(
    shell("sleep 1000 & echo $!; exec sleep 1000"));
  auto text = std::string{};
  auto room = std::array<char, 64>{};
  REQUIRE(eventually([&] {
    const auto n = ::read(x.output(), room.data(), room.size());
    if (n > 0)
      text.append(room.data(), static_cast<std::size_t>(n));
    return text.find('\n') != std::string::npos;
  }));
  const auto grandchild = static_cast<pid_t>(std::stol(text));
  ::kill(x.pid(), SIGKILL); // it alone
  CHECK(end_of(x).signal == SIGKILL);
  CHECK(eventually([&] { return !is_alive(grandchild); }));
}

TEST_CASE("a program is killed with who started it", "[actors][process]") {
  const auto dir = test::temporary_dir{};
  const auto file = (dir.path() / "pid").string();
  auto parent = test::child_process{[&] {
    auto x = stanchion::child_process::start(
      shell("echo $$ > " + file + ".new; mv " + file + ".new " + file
            + "; exec sleep 1000"));
    ::pause();
    return 0;
  }};
  auto pid = pid_t{0};
  REQUIRE(eventually([&] {
    auto* from = std::fopen(file.c_str(), "r");
    if (from == nullptr)
      return false;
    const auto got = std::fscanf(from, "%d", &pid) == 1;
    std::fclose(from);
    return got;
  }));
  REQUIRE(is_alive(pid));
  parent.signal(SIGKILL);
  CHECK(eventually([&] { return !is_alive(pid); }));
}

TEST_CASE("a loop calls what is posted in order, and what is due",
          "[actors][process]") {
  auto order = std::string{};
  auto done = std::promise<void>{};
  {
    auto loop = poll_loop{};
    loop.post([&] {
      order += 'a';
      const auto soon = poll_loop::clock::now();
      const auto never = loop.at(soon, [&] { order += 'x'; });
      loop.cancel(never);
      loop.at(soon + std::chrono::milliseconds{1}, [&] {
        order += 'c';
        done.set_value();
      });
    });
    loop.post([&] { order += 'b'; });
    done.get_future().wait();
    loop.post([&] { order += 'd'; });
  }
  CHECK(order == "abcd");
}

#include "bench/floor_caf.hpp"
#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace stanchion::bench {

namespace {

int tell_whom = -1;

void tell_done() {
  static_cast<void>(!write(tell_whom, "!", 1));
}

double start(bool bare, const scale& x) {
  auto ends = std::array<int, 2>{};
  if (pipe(ends.data()) != 0)
    throw std::runtime_error{"no pipe"};
  const auto tell = std::to_string(ends[1]);
  const auto* kind = bare ? "bare" : "product";
  const auto begin = clock::now();
  const auto child = vfork();
  if (child == 0) {
    execl("/proc/self/exe", "stanchion_bench", "--started", kind, x.dir.c_str(),
          tell.c_str(), nullptr);
    _exit(127);
  }
  close(ends[1]);
  auto byte = char{0};
  const auto heard = read(ends[0], &byte, 1) == 1;
  const auto took = seconds_since(begin);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  if (!heard)
    throw std::runtime_error{"the process ended without a word"};
  return took * 1e3;
}

} // namespace

int started_process(bool bare, const std::filesystem::path& dir, int tell) {
  tell_whom = tell;
  if (bare) {
    bare::first_answer(tell_done);
    return 0;
  }
  const auto counter = std::make_shared<run_counter>();
  auto c = config{};
  c.data_dir = dir;
  c.events = counter;
  auto rt = runtime{std::move(c)};
  add_five_steps(rt, effect::idempotent);
  rt.start();
  rt.submit({.agent = "one", .input = args("n", 1)}, [](const run_row&) {});
  counter->wait(event_kind::run_ended, 1);
  tell_done();
  return 0;
}

row start_up() {
  return {
    .name = "start",
    .title = "process start to first completed run",
    .unit = "ms",
    .product = [](const scale& x) { return start(false, x); },
    .floor = [](const scale& x) { return start(true, x); },
    .target = "<= 30 + 10 x 1,000 / probe",
    .met
    = [](const figures& f) { return f.product <= 30 + 10 * 1e3 / f.probe; },
    .rounds = 11};
}

} // namespace stanchion::bench

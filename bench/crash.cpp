#include "bench/floor_caf.hpp"
#include "bench/guarded.hpp"
#include "bench/rows.hpp"

#include <stanchion/core/value.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <future>
#include <stdexcept>
#include <vector>

namespace stanchion::bench {

namespace {

std::uint64_t crashes(const scale& x) {
  return x.size(std::uint64_t{5'000}, std::uint64_t{50});
}

/// Every call's first attempt ends its actor; the second, in the next actor,
/// is answered.
double product(const scale& x) {
  auto thrown = clock::time_point{};
  auto seconds = std::vector<double>{};
  auto over = std::promise<void>{};
  const auto n = crashes(x);
  const auto guard = [&thrown] {
    return make_guard(
      eager_guard([&thrown](const value& in, tool_context& ctx) -> json {
        if (ctx.attempt > 1)
          return in.get();
        thrown = clock::now();
        throw std::runtime_error{"crash"};
      }));
  };
  auto sys = fabric::system{};
  static_cast<void>(sys.spawn(make_caller(guard, n, [&] {
    seconds.push_back(seconds_since(thrown));
    if (seconds.size() == n)
      over.set_value();
  })));
  over.get_future().wait();
  sys.shutdown(std::chrono::seconds{5});
  return quantile(std::move(seconds), 0.5) * 1e6;
}

double floor(const scale& x) {
  return bare::crash_to_answer(crashes(x)) * 1e6;
}

} // namespace

row crash_to_answer() {
  return {.name = "crash",
          .title = "crash of a tool's actor to its next answer, p50",
          .unit = "us",
          .product = product,
          .floor = floor,
          .target = "<= 3 x floor",
          .met = [](const figures& f) { return f.ratio() <= 3; }};
}

} // namespace stanchion::bench

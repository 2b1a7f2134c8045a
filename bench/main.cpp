// Measures what docs/benchmarks.md reports: the product beside the least
// program that does the same work, in turn, on the same file system.
//
// usage: stanchion_bench [--quick] [--profile] [--row NAME]... [--json FILE]
// [--dir DIR]

#include "bench/rows.hpp"

#include <cstdio>
#include <exception>
#include <string_view>

using namespace stanchion::bench;

namespace {

std::vector<row> all_rows() {
  return {supervised_call(),
          durable_steps(),
          one_run_alone(),
          crash_to_answer(),
          policy_cost(),
          cost_of_all_policies(),
          waiting_in_memory(),
          waiting_evicted(),
          start_up(),
          recovery(),
          recovery_with_history(),
          simulated_systems(),
          accepted_runs(),
          listed_tickets(),
          decided_ticket(),
          listed_runs(),
          fan_out()};
}

int usage(const std::vector<row>& rows) {
  std::fputs("usage: stanchion_bench [--quick] [--profile] [--row NAME]... "
             "[--json FILE] "
             "[--dir DIR]\nrows:",
             stderr);
  for (const auto& r : rows)
    std::fprintf(stderr, " %s", r.name.c_str());
  std::fputs("\n", stderr);
  return 2;
}

bool known(const std::vector<row>& rows, std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name)
      return true;
  return false;
}

} // namespace

int main(int argc, char** argv) {
  const auto arguments = std::vector<std::string>{argv + 1, argv + argc};
  if (arguments.size() == 4 && arguments[0] == "--started")
    return started_process(arguments[1] == "bare", arguments[2],
                           std::stoi(arguments[3]));
  const auto rows = all_rows();
  auto x = options{};
  x.dir = std::filesystem::canonical("/proc/self/exe").parent_path();
  for (auto i = std::size_t{0}; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    if (name == "--quick" || name == "--profile") {
      x.quick = x.quick || name == "--quick";
      x.profile = x.profile || name == "--profile";
      continue;
    }
    if (++i == arguments.size())
      return usage(rows);
    if (name == "--row" && known(rows, arguments[i]))
      x.rows.push_back(arguments[i]);
    else if (name == "--json")
      x.json = arguments[i];
    else if (name == "--dir")
      x.dir = arguments[i];
    else
      return usage(rows);
  }
  try {
    return run(rows, x) == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stanchion_bench: %s\n", e.what());
    return 1;
  }
}

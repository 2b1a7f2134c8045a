#include "tally.hpp"

#include <stanchion/core/run_state.hpp>

#include <nlohmann/json.hpp>

namespace license_inventory {

using namespace stanchion;

namespace {

constexpr std::size_t page = 500;

void count(const record& x, tally& to) {
  ++to.records;
  if (x.kind == record_kind::attempt)
    ++to.attempts;
  if (x.kind == record_kind::death)
    ++to.cut_off;
  if (x.kind == record_kind::attempt_end) {
    const auto body = nlohmann::json::parse(x.body);
    ++to.failed[body.at("failure").at("kind").get<std::string>()];
  }
}

} // namespace

std::size_t tally::all_failed() const {
  std::size_t sum = 0;
  for (const auto& [kind, number] : failed)
    sum += number;
  return sum;
}

tally count_work(store& journal) {
  tally result;
  auto filter = run_filter{.limit = page};
  for (;;) {
    const auto runs = journal.list_runs(filter);
    for (const auto& x : runs) {
      ++result.runs;
      ++result.states[std::string{to_string(x.state)}];
      for (const auto& r : journal.read(x.number, 0))
        count(r, result);
    }
    if (runs.size() < page)
      return result;
    filter.before = runs.back().number;
  }
}

} // namespace license_inventory

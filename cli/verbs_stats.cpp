#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/runtime/stats.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

std::string fixed(double x, const char* unit, int digits) {
  auto text = std::array<char, 32>{};
  static_cast<void>(
    std::snprintf(text.data(), text.size(), "%.*f%s", digits, x, unit));
  return text.data();
}

void print_tools(std::ostream& to, const json& tools) {
  auto table = text_table{.heads = {"TOOL", "CALLS", "FAILED", "ERROR RATE",
                                    "DEGRADED", "ATTEMPTS", "RETRIES"}};
  for (const auto& x : tools)
    table.rows.push_back(
      {one_line(text_of(x, "tool")), text_of(x, "calls"), text_of(x, "failed"),
       fixed(100 * x.at("error_rate").get<double>(), " %", 1),
       text_of(x, "degraded"), text_of(x, "attempts"), text_of(x, "retries")});
  print(to, table);
}

void print_days(std::ostream& to, const json& days) {
  auto table = text_table{.heads = {"DAY", "ERROR", "COUNT"}};
  for (const auto& day : days)
    for (const auto& x : day.at("errors"))
      table.rows.push_back({text_of(day, "day"), one_line(text_of(x, "kind")),
                            text_of(x, "count")});
  print(to, table);
}

} // namespace

exit_code stats(command_context& x) {
  auto range = time_range{};
  if (x.words.since)
    range.from = system_clock().now() - *x.words.since;
  const auto from = journal_of(x.words);
  const auto doc = json(stanchion::stats(*from, range));
  if (print_document(x, doc))
    return exit_code::ok;
  auto& out = x.io.out;
  out << text_of(doc, "runs") << " runs; "
      << fixed(doc.at("retries_per_run").get<double>(), "", 2)
      << " retries a run on average, in " << text_of(doc, "runs_with_retries")
      << " of them\n";
  if (doc.at("damaged") != 0)
    out << text_of(doc, "damaged")
        << " runs are damaged and not counted; see `journal verify`\n";
  if (!doc.at("tools").empty()) {
    out << '\n';
    print_tools(out, doc.at("tools"));
  }
  if (!doc.at("days").empty()) {
    out << '\n';
    print_days(out, doc.at("days"));
  }
  return exit_code::ok;
}

} // namespace stanchion::verbs

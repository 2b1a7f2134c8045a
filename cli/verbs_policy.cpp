#include <stanchion/cli/explanation.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

json row_document(const effective_row& x) {
  const auto& row = x.entry.row;
  return {{"kind", to_string(x.entry.kind)},
          {"category", to_string(category_of(x.entry.kind))},
          {"retry", to_string(row.retry)},
          {"backoff", row.backoff},
          {"costs_attempt", row.costs_attempt},
          {"breaker", row.counts_for_breaker},
          {"alert", to_string(row.alert)},
          {"from", to_string(x.origin)}};
}

std::string yes_or_no(const json& row, const char* key) {
  return row.at(key).get<bool>() ? "yes" : "no";
}

text_table table_of(const json& rows) {
  auto table = text_table{.heads = {"KIND", "CATEGORY", "RETRY", "BACKOFF",
                                    "COSTS", "BREAKER", "ALERT", "FROM"}};
  for (const auto& row : rows)
    table.rows.push_back(
      {text_of(row, "kind"), text_of(row, "category"), text_of(row, "retry"),
       yes_or_no(row, "backoff"), yes_or_no(row, "costs_attempt"),
       yes_or_no(row, "breaker"), text_of(row, "alert"), text_of(row, "from")});
  return table;
}

} // namespace

exit_code policy_table(command_context& x) {
  auto rt = runtime{config{.in_memory = true}};
  if (x.setup)
    x.setup(rt);
  auto doc = json{{"rows", json::array()},
                  {"rules", rt.rules_for(x.words.tool).lines()}};
  for (const auto& row : rt.table_for(x.words.tool))
    doc["rows"].push_back(row_document(row));
  if (print_document(x, doc))
    return exit_code::ok;
  print(x.io.out, table_of(doc["rows"]));
  x.io.out << "\nFailures are first read by these rules; the first that fits "
              "decides:\n";
  for (const auto& rule : doc["rules"])
    x.io.out << "  " << one_line(rule.get<std::string>()) << '\n';
  return exit_code::ok;
}

exit_code policy_explain(command_context& x) {
  const auto from = journal_of(x.words);
  const auto run = resolve_run(*from, x.words.ids.front());
  auto doc = explain_step(from->read(run.number, 0), x.words.step);
  doc["run"] = to_string(run.id);
  if (print_document(x, doc))
    return exit_code::ok;
  for (const auto& line : doc["lines"]) {
    x.io.out << text_of(line, "at") << "  " << text_of(line, "what") << '\n';
    if (line.contains("because"))
      x.io.out << "    because: " << text_of(line, "because") << '\n';
  }
  return exit_code::ok;
}

} // namespace stanchion::verbs

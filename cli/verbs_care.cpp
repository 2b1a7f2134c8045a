#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/cli/doctor.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/version.hpp>
#include <stanchion/runtime/api/reports.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

void print_node(std::ostream& to, const json& node, const std::string& margin) {
  to << margin << one_line(text_of(node, "name"));
  if (const auto kind = text_of(node, "kind"); !kind.empty())
    to << " (" << kind << ")";
  to << "  " << one_line(text_of(node, "state"));
  if (const auto detail = text_of(node, "detail"); !detail.empty())
    to << ": " << one_line(detail);
  if (node.contains("restarts"))
    to << ", restarted " << text_of(node, "restarts") << " times";
  if (node.contains("next_at"))
    to << ", again at " << text_of(node, "next_at");
  to << '\n';
  for (const auto& child : node.value("children", json::array()))
    print_node(to, child, margin + "  ");
}

json report_document(const verify_report& report) {
  auto doc = json{{"records", report.records},
                  {"runs", report.runs},
                  {"tickets", report.tickets},
                  {"sound", report.damages.empty()},
                  {"damages", json::array()}};
  for (const auto& d : report.damages) {
    auto line = json{{"what", d.what}};
    if (d.run != 0)
      line["run_number"] = d.run;
    doc["damages"].push_back(std::move(line));
  }
  return doc;
}

/// Prints a run's records. False when they cannot be read, which is said.
bool dump_run(const command_context& x, store& from, run_number run,
              json* into) try {
  for (const auto& r : from.read(run, 0)) {
    if (into != nullptr)
      into->push_back(json(r));
    else
      x.io.out << compact(json(r)) << '\n';
  }
  return true;
} catch (const error& e) {
  print_error(x.io, x.words.format, x.words.program, e.code(), detail_of(e));
  return false;
}

/// The counts of a part of the journal, to those of the parts before.
void add_up(json& whole, const json& part) {
  for (const auto* member : {"runs", "records", "tickets", "payloads"})
    whole[member] = whole.value(member, std::uint64_t{0})
                    + part.value(member, std::uint64_t{0});
  auto& kept = whole["kept"];
  if (kept.is_null())
    kept = json::object();
  const auto more = part.value("kept", json::object());
  for (const auto& [why, count] : more.items())
    kept[why] = kept.value(why, std::uint64_t{0}) + count.get<std::uint64_t>();
}

void print_pruned(const command_context& x, const json& whole) {
  x.io.out << text_of(whole, "runs") << " runs with "
           << text_of(whole, "records") << " records and "
           << text_of(whole, "tickets") << " tickets "
           << (x.words.dry_run ? "would be removed" : "removed");
  if (const auto payloads = text_of(whole, "payloads");
      !x.words.dry_run && payloads != "0")
    x.io.out << ", " << payloads << " large payloads with them";
  x.io.out << '\n';
  for (const auto& [why, count] : whole.at("kept").items())
    x.io.out << "kept  " << why << ": " << compact(count) << '\n';
}

health worst_of(const std::vector<finding>& xs) {
  auto worst = health::ok;
  for (const auto& f : xs)
    worst = std::max(worst, f.state);
  return worst;
}

void print_finding(const terminal& io, const finding& f) {
  const auto* color = f.state == health::ok     ? "green"
                      : f.state == health::warn ? "yellow"
                                                : "red";
  const auto word = to_string(f.state);
  io.out << colored(io, color, word) << std::string(6 - word.size(), ' ')
         << f.name << ": " << one_line(f.text) << '\n';
  if (!f.fix.empty())
    io.out << "      fix: " << one_line(f.fix) << '\n';
}

} // namespace

exit_code tree(command_context& x) {
  auto s = session{x, false};
  const auto root = s.reach().tree();
  if (!print_document(x, root))
    print_node(x.io.out, root, {});
  return exit_code::ok;
}

exit_code journal_verify(command_context& x) {
  const auto report = journal_of(x.words)->verify();
  const auto sound = report.damages.empty();
  if (!print_document(x, report_document(report))) {
    for (const auto& d : report.damages)
      x.io.out << (d.run == 0 ? std::string{}
                              : "run " + std::to_string(d.run) + ": ")
               << one_line(d.what) << '\n';
    x.io.out << report.records << " records, " << report.runs << " runs, "
             << report.tickets << " tickets: "
             << (sound ? std::string{"all sound"}
                       : std::to_string(report.damages.size()) + " damages")
             << '\n';
  }
  return sound ? exit_code::ok : exit_code::failed;
}

exit_code journal_dump(command_context& x) {
  const auto from = journal_of(x.words);
  auto whole = json::array();
  auto* into = x.words.format == output_format::json ? &whole : nullptr;
  auto fine = true;
  if (!x.words.run.empty()) {
    fine = dump_run(x, *from, resolve_run(*from, x.words.run).number, into);
  } else {
    const auto last = from->last_run();
    for (auto run = run_number{1}; run <= last; ++run)
      fine = dump_run(x, *from, run, into) && fine;
  }
  if (into != nullptr)
    print_document(x, whole);
  return fine ? exit_code::ok : exit_code::failed;
}

exit_code journal_prune(command_context& x) {
  using std::chrono::duration_cast;
  const auto span = duration_cast<std::chrono::seconds>(*x.words.older_than);
  auto request = json{{"older_than_s", span.count()},
                      {"by", who(x.words)},
                      {"dry_run", x.words.dry_run}};
  if (!x.words.reason.empty())
    request["reason"] = x.words.reason;
  auto states = std::string{};
  for (const auto& state : x.words.states)
    states += (states.empty() ? "" : ",") + state;
  if (!states.empty())
    request["state"] = states;
  auto s = session{x, false};
  auto whole = json::object();
  for (;;) {
    const auto part
      = s.ask([&](operations& by) { return by.prune_journal(request); });
    add_up(whole, part);
    if (!part.contains("next"))
      break;
    request["below"] = part.at("next");
  }
  if (!print_document(x, whole))
    print_pruned(x, whole);
  return exit_code::ok;
}

exit_code doctor(command_context& x) {
  const auto found = examine(data_dir{x.words.data_dir});
  auto doc = json{{"findings", json::array()}};
  for (const auto& f : found) {
    auto line
      = json{{"name", f.name}, {"state", to_string(f.state)}, {"text", f.text}};
    if (!f.fix.empty())
      line["fix"] = f.fix;
    doc["findings"].push_back(std::move(line));
  }
  if (!print_list(x, doc, "findings"))
    for (const auto& f : found)
      print_finding(x.io, f);
  return worst_of(found) == health::fail ? exit_code::failed : exit_code::ok;
}

exit_code version(command_context& x) {
  const auto text = std::string{stanchion::version()};
  if (!print_document(x, {{"name", "stanchion"}, {"version", text}}))
    x.io.out << "stanchion " << text << '\n';
  return exit_code::ok;
}

} // namespace stanchion::verbs

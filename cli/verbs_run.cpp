#include <stanchion/cli/each.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>
#include <stanchion/cli/run_text.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

std::string id_of(const json& doc) {
  return text_of(doc, "id");
}

/// What a run says to the shell: how it ended, or that it waits for a person.
exit_code code_of(const json& run) {
  const auto state = parse_run_state(text_of(run, "state"));
  if (!state || !is_terminal(*state))
    return exit_code::waits_for_person;
  return *state == run_state::completed || *state == run_state::continued
           ? exit_code::ok
           : exit_code::failed;
}

/// Whom to ask, and how to answer.
void explain_tickets(const command_context& x, const json& run) {
  x.io.err << "run " << id_of(run) << " waits for a person:\n";
  for (const auto& t : run.value("tickets", json::array())) {
    const auto id = text_of(t, "id");
    x.io.err << "  ticket " << id << ": " << shown_title(t)
             << "\n    to see it:    " << hint(x.words, "ticket show " + id)
             << "\n    to decide it: ";
    auto verbs = std::string{};
    for (const auto& option : t.value("options", json::array()))
      verbs += (verbs.empty() ? "" : "|") + option.get<std::string>();
    x.io.err << hint(x.words, "ticket decide " + id + " " + verbs) << '\n';
  }
}

/// Prints how a run stands that nobody waits for any more.
exit_code report(const command_context& x, const json& run) {
  const auto code = code_of(run);
  if (!print_document(x, run) && run.contains("result"))
    x.io.out << pretty(run.at("result")) << '\n';
  if (code == exit_code::waits_for_person)
    explain_tickets(x, run);
  else
    x.io.err << "run " << id_of(run) << " " << plain_text(text_of(run, "why"))
             << '\n';
  return code;
}

exit_code report_stop(const command_context& x, const session& s,
                      const std::string& id) {
  const auto interrupted = s.interrupted();
  x.io.err << (interrupted ? "interrupted" : "the time is up") << "; run " << id
           << (s.owns() ? " stops in order and goes on with: "
                        : " goes on without this command. To wait again: ")
           << hint(x.words, s.owns() ? "run resume " + id : "run watch " + id)
           << '\n';
  return s.why_stopped();
}

std::function<void(const json&)> progress(const command_context& x) {
  if (!x.io.shows_progress)
    return nullptr;
  return [&x](const json& record) { x.io.err << record_line(record) << '\n'; };
}

/// Stays with runs one after the other; they are driven all at once.
exit_code stay_with(const command_context& x, session& s,
                    const std::vector<json>& runs) {
  auto codes = std::vector<exit_code>{};
  for (const auto& run : runs) {
    const auto end = s.stay(id_of(run), text_of(run, "agent"), progress(x));
    if (end.is_null())
      return report_stop(x, s, id_of(run));
    codes.push_back(report(x, end));
  }
  return combined(codes);
}

/// What remains to be said when acting on some went wrong.
exit_code joined(exit_code acted, exit_code stayed) {
  if (acted == exit_code::ok)
    return stayed;
  return acted == exit_code::partly_failed || stayed == exit_code::ok
           ? exit_code::partly_failed
           : acted;
}

/// Those that nothing but a person, another run or a signal makes go on.
void keep_stuck(json& page) {
  auto stuck = json::array();
  for (auto& run : page.at("runs")) {
    const auto state = parse_run_state(text_of(run, "state"));
    const auto open = state && !is_terminal(*state);
    if (open && *state != run_state::running && !run.contains("next_at"))
      stuck.push_back(std::move(run));
  }
  page["runs"] = std::move(stuck);
}

json list_page(operations& by, const command_context& x) {
  auto filter = run_filter{.agent = x.words.agent, .limit = x.words.limit};
  for (const auto& name : x.words.states)
    filter.states.push_back(*parse_run_state(name));
  if (x.words.stuck && filter.states.empty())
    filter.states = {run_state::parked, run_state::waiting};
  auto page = by.list_runs(filter);
  if (x.words.stuck)
    keep_stuck(page);
  return page;
}

json find_run(session& s, const std::string& id) {
  return s.ask([&id](operations& by) { return by.find_run(id); });
}

json cancel(session& s, const std::string& id, const json& request) {
  return s.ask([&](operations& by, bool again) {
    if (again)
      if (auto run = by.find_run(id); text_of(run, "state") == "cancelled")
        return run; // the owner did it, and went before it could say so
    return by.cancel_run(id, request);
  });
}

/// The ticket is named by the first look: once decided it is not found again.
json retry(session& s, const std::string& id, const json& request) {
  auto first = std::string{};
  return s.ask([&](operations& by, bool again) {
    auto said = request;
    said["verb"] = "retry";
    if (again && !first.empty())
      return by.decide(first, said);
    const auto page
      = by.list_tickets({.states = {ticket_state::open}, .run = id});
    for (const auto& t : page.at("tickets"))
      for (const auto& option : t.value("options", json::array()))
        if (first.empty() && option == "retry")
          first = text_of(t, "id");
    return by.retry_run(id, request);
  });
}

/// What was done behind the point of a fork.
void print_acts(const command_context& x, const json& acts) {
  auto table = text_table{
    .heads = {"RUN", "STEP", "TOOL", "EFFECT", "SOURCE", "UNDONE", "DIGEST"}};
  for (const auto& act : acts) {
    const auto source = text_of(act, "source");
    table.rows.push_back({text_of(act, "run"), one_line(text_of(act, "step")),
                          one_line(text_of(act, "tool")),
                          text_of(act, "effect"),
                          source.empty() ? "unknown" : one_line(source),
                          act.value("undone", false) ? "yes" : "no",
                          text_of(act, "digest").substr(0, 16)});
  }
  print(x.io.out, table);
}

void print_fork(const command_context& x, const json& made) {
  const auto& from = made.at("from");
  const auto at = text_of(from, "at");
  const auto point = at.empty() ? "behind its last step" : "at step " + at;
  if (made.contains("run"))
    x.io.out << "run " << id_of(made.at("run")) << " is forked from "
             << text_of(from, "run") << ' ' << point << '\n';
  else
    x.io.out << "run " << text_of(from, "run") << " would be forked " << point
             << '\n';
  if (const auto& acts = made.at("effects"); !acts.empty()) {
    x.io.out << "\nIt has changed something from there on. These tools ask for "
                "approval before the fork calls them:\n";
    print_acts(x, acts);
  }
  if (const auto& undone = made.at("undone_before"); !undone.empty()) {
    x.io.out << "\nWhat it did before is undone, and the fork believes that it "
                "is not:\n";
    print_acts(x, undone);
  }
}

/// A line for each thing: the run, its records, its tickets, its children.
void print_run_lines(const command_context& x, json run) {
  const auto taken = [&run](const char* member) {
    auto list = std::move(run.at(member));
    run.erase(member);
    return list;
  };
  const auto records = taken("records");
  const auto tickets = taken("tickets");
  auto children = taken("children");
  x.io.out << compact({{"run", std::move(run)}}) << '\n';
  for (const auto& r : records)
    x.io.out << compact({{"record", r}}) << '\n';
  for (const auto& t : tickets)
    x.io.out << compact({{"ticket", t}}) << '\n';
  for (auto& child : children)
    print_run_lines(x, std::move(child));
}

void print_export_lines(const command_context& x, json& whole) {
  auto run = std::move(whole.at("run"));
  whole.erase("run");
  x.io.out << compact(whole) << '\n';
  print_run_lines(x, std::move(run));
}

} // namespace

exit_code run_start(command_context& x) {
  auto request = json{{"agent", x.words.agent}, {"submitter", who(x.words)}};
  request["input"]
    = x.words.input ? read_json(*x.words.input, x.io) : json::object();
  if (!x.words.key.empty())
    request["key"] = x.words.key;
  auto s = session{x, true};
  auto run = json{};
  try {
    run = s.start(request);
  } catch (const error&) {
    if (!s.interrupted())
      throw;
    x.io.err << "interrupted while the run was being started; it may have been "
                "or not: "
             << hint(x.words, "run list") << '\n';
    return exit_code::interrupted;
  }
  if (!x.words.no_wait) {
    if (x.io.shows_progress)
      x.io.err << "run " << id_of(run) << '\n';
    return stay_with(x, s, {run});
  }
  if (!print_document(x, run))
    x.io.out << id_of(run) << '\n';
  if (s.owns())
    x.io.err << "nothing drives the run after this command; it goes on with: "
             << hint(x.words, "run resume " + id_of(run)) << '\n';
  return exit_code::ok;
}

exit_code run_list(command_context& x) {
  auto s = session{x, false};
  const auto page = s.ask([&x](operations& by) { return list_page(by, x); });
  if (print_list(x, page, "runs"))
    return exit_code::ok;
  const auto now = system_clock().now();
  auto table
    = text_table{.heads = {"RUN", "AGENT", "STATE", "CREATED", "WAITS FOR"}};
  for (const auto& run : page.at("runs"))
    table.rows.push_back(
      {id_of(run), one_line(text_of(run, "agent")), state_cell(x.io, run),
       short_time(run, "created", now), shown_wait(run, "waiting_for")});
  print(x.io.out, table);
  if (page.contains("next"))
    x.io.err << "there are more; --limit shows them\n";
  return exit_code::ok;
}

exit_code run_show(command_context& x) {
  auto s = session{x, false};
  auto run = find_run(s, x.words.ids.front());
  auto steps
    = s.ask([&run](operations& by) { return by.list_steps(id_of(run)); })
        .at("steps");
  if (x.words.format == output_format::table) {
    print_run(x.io, run);
    if (!steps.empty()) {
      x.io.out << '\n';
      print_steps(x.io, steps);
    }
    return exit_code::ok;
  }
  run["steps"] = std::move(steps);
  print_document(x, run);
  return exit_code::ok;
}

exit_code run_watch(command_context& x) {
  auto s = session{x, true};
  const auto id = id_of(find_run(s, x.words.ids.front()));
  if (!s.reaches_owner())
    x.io.err << "nothing drives runs here now; an open run goes on with: "
             << hint(x.words, "run resume " + id) << '\n';
  const auto lines = x.words.format == output_format::table;
  const auto end = s.watch(id, [&](const json& record) {
    if (lines)
      x.io.out << record_line(record) << std::endl;
    else if (x.words.format == output_format::jsonl)
      x.io.out << compact(record) << std::endl;
  });
  if (end.is_null())
    return report_stop(x, s, id);
  if (lines)
    x.io.out << "run " << id_of(end) << " " << shown_wait(end, "why") << '\n';
  else
    print_document(x, end);
  return code_of(end);
}

exit_code run_cancel(command_context& x) {
  const auto ids = read_ids(x);
  auto s = session{x, false};
  auto request = json{{"by", who(x.words)}};
  if (!x.words.reason.empty())
    request["reason"] = x.words.reason;
  return each(x, ids, [&](const std::string& id) {
    const auto run = cancel(s, id, request);
    if (!print_document(x, run))
      x.io.out << id_of(run) << ' ' << text_of(run, "state") << '\n';
    const auto state = parse_run_state(text_of(run, "state"));
    if (state && !is_terminal(*state))
      x.io.err
        << "the cancellation is recorded; whoever drives the run carries "
           "it out: "
        << hint(x.words, "run resume " + id_of(run)) << '\n';
  });
}

exit_code run_resume(command_context& x) {
  const auto ids = read_ids(x);
  const auto request = json{{"by", who(x.words)}};
  auto s = session{x, true};
  auto runs = std::vector<json>{};
  const auto acted = each(x, ids, [&](const std::string& id) {
    const auto run = find_run(s, id);
    runs.push_back(
      s.drive(text_of(run, "agent")).resume_run(id_of(run), request));
  });
  return runs.empty() ? acted : joined(acted, stay_with(x, s, runs));
}

exit_code run_retry(command_context& x) {
  const auto ids = read_ids(x);
  auto s = session{x, true};
  auto request = json{{"by", who(x.words)}, {"roles", {"*"}}};
  if (!x.words.comment.empty())
    request["comment"] = x.words.comment;
  auto runs = std::vector<json>{};
  const auto acted = each(x, ids, [&](const std::string& id) {
    const auto run = find_run(s, id);
    const auto agent = text_of(run, "agent");
    const auto t = retry(s, id_of(run), request);
    if (!x.words.no_wait && (s.reaches_owner() || s.has_agent(agent))) {
      runs.push_back(run);
      return;
    }
    if (!print_document(x, t))
      x.io.out << text_of(t, "id") << " decided: retry\n";
    if (!s.reaches_owner())
      x.io.err << "nothing drives run " << id_of(run)
               << " now; it goes on with: "
               << hint(x.words, "run resume " + id_of(run)) << '\n';
  });
  return runs.empty() ? acted : joined(acted, stay_with(x, s, runs));
}

exit_code run_export(command_context& x) {
  auto s = session{x, false};
  const auto& id = x.words.ids.front();
  auto whole = s.ask([&id](operations& by) { return by.export_run(id); });
  if (x.words.format == output_format::jsonl)
    print_export_lines(x, whole);
  else
    x.io.out << whole.dump(2, ' ', false, json::error_handler_t::replace)
             << '\n';
  return exit_code::ok;
}

exit_code run_fork(command_context& x) {
  const auto& words = x.words;
  auto request = json{{"by", who(words)}, {"dry_run", words.dry_run}};
  const auto add = [&request](const char* member, const std::string& text) {
    if (!text.empty())
      request[member] = text;
  };
  add("at", words.step);
  add("agent_version", words.agent_version);
  add("key", words.key);
  add("reason", words.reason);
  auto s = session{x, false};
  const auto made = s.ask(
    [&](operations& by) { return by.fork_run(words.ids.front(), request); });
  const auto run = made.value("run", json::object());
  if (words.format == output_format::ids)
    x.io.out << id_of(run) << '\n';
  else if (!print_document(x, made))
    print_fork(x, made);
  if (!words.dry_run && !s.reaches_owner())
    x.io.err << "nothing drives it now; it goes on with: "
             << hint(words, "run resume " + id_of(run)) << '\n';
  return exit_code::ok;
}

exit_code run_signal(command_context& x) {
  auto request = json{
    {"name", x.words.signal}, {"id", x.words.signal_id}, {"by", who(x.words)}};
  if (x.words.payload)
    request["content"] = read_json(*x.words.payload, x.io);
  auto s = session{x, false};
  // Said twice, it is the same signal.
  const auto run = s.ask([&](operations& by) {
    return by.signal_run(x.words.ids.front(), request);
  });
  if (!print_document(x, run))
    x.io.out << id_of(run) << ' ' << text_of(run, "state") << '\n';
  return exit_code::ok;
}

} // namespace stanchion::verbs

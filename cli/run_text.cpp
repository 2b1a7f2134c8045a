#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>
#include <stanchion/cli/run_text.hpp>
#include <stanchion/core/time.hpp>

#include <nlohmann/json.hpp>

#include <ostream>

namespace stanchion {

namespace {

std::string span_of(const json& doc) {
  const auto found = doc.find("duration_us");
  return found == doc.end() ? ""
                            : to_text(duration{found->get<std::int64_t>()});
}

/// What failed, with the code that the provider, or a fault on purpose, gave.
std::string failure_line(const json& failure) {
  const auto code = text_of(failure, "code");
  return one_line(text_of(failure, "kind")
                  + (code.empty() ? "" : " [" + code + "]") + ": "
                  + text_of(failure, "message"));
}

/// Why a step stands as it does, or where it got its result.
std::string note_of(const json& step) {
  for (const auto* member : {"failure", "waiting_for", "ticket"}) {
    const auto found = step.find(member);
    if (found == step.end())
      continue;
    if (found->is_object())
      return failure_line(*found);
    return one_line(found->get<std::string>());
  }
  const auto attempts = step.find("attempts");
  if (attempts == step.end() || attempts->size() < 2)
    return {};
  for (const auto& attempt : *attempts)
    if (const auto failed = attempt.find("failure"); failed != attempt.end())
      return "attempt " + text_of(attempt, "n") + ": " + failure_line(*failed);
  return {};
}

} // namespace

std::string state_cell(const terminal& io, const json& doc) {
  const auto state = text_of(doc, "state");
  const auto bad = state == "failed" || state == "cancelled";
  const auto good = state == "completed" || state == "succeeded";
  return colored(io,
                 bad                 ? "red"
                 : good              ? "green"
                 : state == "parked" ? "yellow"
                                     : "",
                 state);
}

void print_steps(const terminal& io, const json& steps) {
  auto table = text_table{.heads = {"STEP", "KIND", "NAME", "STATE", "SOURCE",
                                    "ATTEMPTS", "TIME", "NOTE"}};
  for (const auto& s : steps) {
    const auto attempts = s.find("attempts");
    table.rows.push_back(
      {one_line(text_of(s, "step")), text_of(s, "kind"),
       one_line(text_of(s, "name")), state_cell(io, s),
       one_line(text_of(s, "source")),
       attempts == s.end() ? "" : std::to_string(attempts->size()), span_of(s),
       note_of(s)});
  }
  print(io.out, table);
}

void print_run(const terminal& io, const json& run) {
  const auto line = [&io](const char* name, const std::string& text) {
    if (!text.empty())
      io.out << name << std::string(11 - std::string{name}.size(), ' ') << text
             << '\n';
  };
  line("run", text_of(run, "id"));
  line("agent",
       one_line(text_of(run, "agent") + " " + text_of(run, "version")));
  line("state", state_cell(io, run));
  line("why", shown_wait(run, "why"));
  line("created", text_of(run, "created"));
  if (const auto from = run.find("forked_from"); from != run.end()) {
    const auto at = text_of(*from, "at");
    line("forked", "from " + text_of(*from, "run")
                     + (at.empty() ? "" : " at step " + one_line(at)));
  }
  line("submitter", one_line(text_of(run, "submitter")));
  line("key", one_line(text_of(run, "key")));
  for (const auto& t : run.value("tickets", json::array()))
    line("ticket", text_of(t, "id") + "  " + shown_title(t));
  if (run.contains("result"))
    line("result", plain_text(pretty(run.at("result"))));
}

} // namespace stanchion

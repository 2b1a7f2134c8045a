#include <stanchion/actors/run/step.hpp>
#include <stanchion/cli/explanation.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/reports.hpp>

#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>

namespace stanchion {

namespace {

/// What happened, and the rule that says so.
using told = std::pair<std::string, std::string>;

std::string failure_text(const json& body, const char* key = "failure") {
  return to_string(failure_from_json(body.at(key)));
}

std::string span_text(const json& micros) {
  return to_text(duration{micros.get<std::int64_t>()});
}

std::string rule_of(const json& failure) {
  const auto rule = failure.value("rule", "");
  return rule.empty() ? "" : "; read as that by the rule \"" + rule + "\"";
}

// -- decisions ----------------------------------------------------------------

told verdict(const json& x) {
  const auto question = x.value("reconcile", false);
  const auto n = std::to_string(x.value("attempt", 0));
  auto what = (question ? "the question about attempt " + n : "attempt " + n)
              + " failed: " + failure_text(x) + rule_of(x.at("failure"))
              + "; verdict " + x.value("verdict", "");
  return {what, x.value("because", "")};
}

told retry(const json& x) {
  const auto question = x.value("reconcile", false);
  return {(question ? std::string{"the tool is asked again"}
                    : "attempt " + std::to_string(x.value("attempt", 0)))
            + " waits " + span_text(x.at("delay_us")) + " until "
            + x.value("at", ""),
          x.value("why", "")};
}

told breaker(const json& x) {
  auto what = "the breaker went from " + x.value("from", "") + " to "
              + x.value("to", "");
  if (x.contains("until"))
    what += " until " + x.value("until", "");
  return {what, x.value("cause", "") + ", failures in a row: "
                  + std::to_string(x.value("failures", 0))};
}

told refused(const json& x) {
  return {"attempt " + std::to_string(x.value("attempt", 0))
            + " did not begin: " + failure_text(x),
          "no room: " + x.value("why", "")};
}

told denied(const json& x) {
  const auto n = std::to_string(x.value("attempt", 0));
  const auto* because = "the retry budget of the tool is exhausted";
  if (x.value("hedge", false))
    return {"attempt " + n + " was not hedged", because};
  return {"attempt " + n + " was denied after: " + failure_text(x), because};
}

told hedged(const json& x) {
  return {"attempt " + std::to_string(x.value("attempt", 0))
            + " was sent once more, as copy "
            + std::to_string(x.value("copy", 0)),
          "it takes longer than the tool's hedge delay"};
}

/// One that has no words of its own shows its fields.
told decided(const json& body) {
  const auto event = body.at("event").get<std::string>();
  const auto& x = body.at("fields");
  if (event == to_string(event_kind::attempt_ended))
    return verdict(x);
  if (event == to_string(event_kind::retry_scheduled))
    return retry(x);
  if (event == to_string(event_kind::call_refused))
    return refused(x);
  if (event == to_string(event_kind::retry_denied))
    return denied(x);
  if (event == to_string(event_kind::hedge_started))
    return hedged(x);
  if (event == to_string(event_kind::fallback_used))
    return {"answered by something else: " + x.value("source", ""),
            "the tool failed: " + failure_text(x, "instead_of")};
  if (event == to_string(event_kind::step_reopened))
    return {"tried again, " + std::to_string(x.value("nth", 0)) + " of "
              + std::to_string(x.value("most", 0)) + " times, from "
              + x.value("until", ""),
            "the agent let it out: " + failure_text(x)};
  if (x.contains("from") && x.contains("to"))
    return breaker(x);
  return {event, x.dump()};
}

// -- records ------------------------------------------------------------------

std::string asked(const json& body) {
  auto text
    = "asked for " + body.value("kind", "") + ' ' + body.value("name", "");
  if (body.contains("effect"))
    text += " (" + body.value("effect", "") + ')';
  return text;
}

std::string outcome_text(const json& body) {
  if (body.contains("failure"))
    return "failed: " + failure_text(body);
  return "succeeded, source " + body.value("source", "");
}

told words(const record& r, const json& body) {
  const auto n = [&body] { return std::to_string(body.value("n", 0)); };
  switch (r.kind) {
  case record_kind::intent:
    return {asked(body), ""};
  case record_kind::attempt:
    return {"attempt " + n() + " left", ""};
  case record_kind::attempt_end:
    return {"attempt " + n() + " ended: " + failure_text(body), ""};
  case record_kind::outcome:
    return {outcome_text(body),
            body.value("held", false) ? "kept until the run goes on" : ""};
  case record_kind::wait:
    return {"the run waits until "
              + to_rfc3339(from_micros(body.at("until").get<std::int64_t>())),
            body.value("why", "")};
  case record_kind::parked:
    return {"parked for a person, ticket " + body.value("ticket", ""),
            body.value("reason", "") + ": " + body.value("why", "")};
  case record_kind::decided:
    return {"decided: " + body.at("decision").value("verb", ""),
            "by " + body.at("decision").value("by", "")};
  case record_kind::reopened:
    return {"opened again, revision "
              + std::to_string(body.value("revision", 0)),
            ""};
  case record_kind::death:
    return {"the process died meanwhile",
            body.value("alone", false) ? "counts: nothing else was suspected"
                                       : "does not count: others ran, too"};
  case record_kind::survived:
    return {"cleared of suspicion", ""};
  case record_kind::late:
    return {"a late result of attempt " + n() + ": " + outcome_text(body),
            "evidence only"};
  case record_kind::abandoned:
    return {"its branch was decided without it", ""};
  case record_kind::spent:
    return {"cost " + std::to_string(body.value("tokens", 0)) + " tokens and "
              + std::to_string(body.value("cost", 0)) + " millionths",
            "in place of what was set aside"};
  case record_kind::stuck:
    return {"the run goes in circles, rung " + body.value("rung", ""),
            body.value("says", "")};
  case record_kind::decision:
    return decided(body);
  default:
    return {std::string{to_string(r.kind)}, ""};
  }
}

/// Whether the run took the step for that one, directly or not.
bool serves(step_path own, const step_path& step) {
  while (is_own(own))
    own = served_by(own);
  return own == step;
}

json line_of(const record& r) {
  const auto [what, because] = words(r, json::parse(r.body));
  auto line = json{{"at", to_rfc3339_micros(r.at)}, {"what", one_line(what)}};
  if (!because.empty())
    line["because"] = one_line(because);
  return line;
}

} // namespace

json explain_step(std::span<const record> records, const step_path& step) {
  auto lines = json::array();
  auto known = std::set<step_path>{};
  for (const auto& r : records) {
    if (!r.step.empty())
      known.insert(r.step);
    const auto is_its_own = is_own(r.step) && serves(r.step, step);
    if (r.step != step && !is_its_own)
      continue;
    try {
      auto line = line_of(r);
      if (is_its_own)
        line["what"] = r.step + ": " + line["what"].get<std::string>();
      lines.push_back(std::move(line));
    } catch (const json::exception& e) {
      throw unreadable(r, e);
    }
  }
  if (!lines.empty())
    return {{"step", step}, {"lines", std::move(lines)}};
  auto text = "the run has no step " + step + "; it has";
  for (const auto& path : known)
    text += ' ' + path;
  throw error{error_code::unknown_run, known.empty() ? text + " none" : text};
}

} // namespace stanchion

#include <stanchion/core/encode.hpp>
#include <stanchion/core/ticket_document.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion {

namespace {

using nlohmann::json;

/// An object; empty for what is none.
json object_of(const json& from, const char* member) {
  const auto found = from.find(member);
  return found != from.end() && found->is_object() ? *found : json::object();
}

json context_of(const ticket& x) {
  auto all = json::parse(x.context, nullptr, false);
  return all.is_object() ? all : json::object();
}

std::string word_of(const json& from, const char* member) {
  const auto found = from.find(member);
  return found != from.end() && found->is_string() ? found->get<std::string>()
                                                   : std::string{};
}

/// The step that it is about.
json step_of(const ticket& x, const json& context) {
  return object_of(context,
                   x.kind == ticket_kind::review ? "done" : "failing_step");
}

// -- the summary --------------------------------------------------------------

std::string words(std::string_view name) {
  auto text = std::string{name};
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string counted(std::size_t n, std::string what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string call_text(const json& step) {
  const auto effect = word_of(step, "effect");
  return word_of(step, "name") + (effect.empty() ? "" : " (" + effect + ")");
}

std::string until(const ticket& x, const char* otherwise) {
  return x.terms.expires ? " until " + to_rfc3339(*x.terms.expires) + otherwise
                         : std::string{};
}

std::string stopped_at(const json& step) {
  const auto attempts = step.value("attempts", json{});
  auto text = " at step " + word_of(step, "step");
  if (word_of(step, "kind") != "call")
    return text + ", a " + words(word_of(step, "kind"));
  text += ", a call of " + call_text(step);
  if (attempts.is_number_unsigned())
    text += " after " + counted(attempts.get<std::size_t>(), "attempt");
  return text;
}

std::string of_tree(const ticket& x) {
  return "A part of the runtime waits for a person (" + x.group
         + "): " + words(to_string(x.reason)) + ".";
}

/// What the agent wants, or why it stands.
std::string first_sentence(const ticket& x, const std::string& agent,
                           const json& step) {
  const auto kind = word_of(step, "kind");
  if (x.kind == ticket_kind::approval && kind == "call")
    return agent + " wants to call " + call_text(step)
           + ": it leaves only if people approve exactly these arguments"
           + until(x, ", and else is rejected") + ".";
  if (x.kind == ticket_kind::approval)
    return agent + " asks for approval of its plan" + until(x, "") + ".";
  if (x.kind == ticket_kind::review)
    return agent + " has called " + call_text(step)
           + until(x, " this can be undone, and else stands") + ".";
  if (x.kind == ticket_kind::question)
    return agent + " asks a question and waits for the answer" + until(x, "")
           + ".";
  if (kind == "escalation")
    return agent + " asks a person (" + words(to_string(x.reason))
           + ") and waits for a value.";
  return agent + " stands still" + (step.empty() ? "" : stopped_at(step)) + ": "
         + words(to_string(x.reason)) + ".";
}

/// How far the run has come.
std::string progress_text(const json& context) {
  const auto done = context.find("steps_executed");
  if (done == context.end() || !done->is_array())
    return {};
  const auto failed = std::ranges::count_if(*done, [](const json& s) {
    return s.is_object() && word_of(s, "ended") == "failed";
  });
  if (done->empty())
    return " It has done no step before.";
  return " It has done " + counted(done->size(), "step") + " before"
         + (failed == 0 ? "."
                        : ", of which " + std::to_string(failed) + " failed.");
}

// -- who speaks ---------------------------------------------------------------

/// What is to be asked about the step that a ticket is about.
struct speakers {
  json context;
  json step;
  std::string kind; // of the step
  std::string callee;

  explicit speakers(const ticket& x, json all)
    : context(std::move(all)), step(step_of(x, context)),
      kind(word_of(step, "kind")), callee(x.run == 0 ? "program" : "agent") {
    if (kind == "call" || x.kind == ticket_kind::review)
      callee = "tool:" + word_of(step, "name");
  }

  [[nodiscard]] bool agent_asks() const {
    return kind == "escalation" || kind == "question" || kind == "approval";
  }
};

void add_failure(std::vector<foreign_words>& to, const json& failure,
                 const std::string& at, const std::string& from) {
  if (!failure.is_object())
    return;
  for (const auto* member : {"message", "code"})
    if (failure.contains(member))
      to.push_back({at + "/" + member, from});
  if (const auto cause = failure.find("cause"); cause != failure.end())
    add_failure(to, *cause, at + "/cause", from);
}

/// A title may repeat what a failure says, or what was asked for.
void add_title(std::vector<foreign_words>& to, const ticket& x,
               const speakers& by) {
  const auto plain
    = x.reason == park_reason::ambiguous_state || x.kind == ticket_kind::review;
  const auto shows_code = x.reason == park_reason::nondeterminism
                          || x.reason == park_reason::loop_detected;
  if (x.kind == ticket_kind::approval) {
    // What a rule has thrown stands behind the colon.
    if (x.title.find(": ") != std::string::npos)
      to.push_back({"/title", "program"});
  } else if (by.agent_asks() || shows_code) {
    to.push_back({"/title", "agent"});
  } else if (by.context.contains("error") && !plain) {
    to.push_back({"/title", by.callee});
  }
}

void add_context(std::vector<foreign_words>& to, const ticket& x,
                 const speakers& by) {
  const auto add = [&](const char* member, const std::string& from) {
    if (by.context.contains(member))
      to.push_back({std::string{"/context/"} + member, from});
  };
  add("user_input", "user_input");
  add("suggested_answer", by.callee);
  if (x.reason == park_reason::nondeterminism)
    add("evidence", "agent");
  if (by.agent_asks())
    add("suggested_next_step", "agent");
  if (by.step.contains("arguments"))
    to.push_back({x.kind == ticket_kind::review
                    ? "/context/done/arguments"
                    : "/context/failing_step/arguments",
                  "agent"});
  if (by.step.contains("result"))
    to.push_back({"/context/done/result", by.callee});
  if (const auto done = by.context.find("steps_executed");
      done != by.context.end() && done->is_array())
    for (auto i = std::size_t{0}; i < done->size(); ++i)
      if ((*done)[i].contains("arguments"))
        to.push_back(
          {"/context/steps_executed/" + std::to_string(i) + "/arguments",
           "agent"});
  if (const auto failure = by.context.find("error");
      failure != by.context.end())
    add_failure(to, *failure, "/context/error", by.callee);
}

void add_people(std::vector<foreign_words>& to, const ticket& x) {
  const auto& votes = x.terms.votes;
  for (auto i = std::size_t{0}; i < votes.size(); ++i)
    if (!votes[i].comment.empty())
      to.push_back({"/terms/votes/" + std::to_string(i) + "/comment",
                    "person:" + votes[i].by});
  if (!x.terms.undo.empty())
    to.push_back({"/terms/undo", "agent"});
  if (!x.terms.edited.empty())
    to.push_back({"/terms/edited", "person:"
                                     + (votes.empty() ? std::string{"somebody"}
                                                      : votes.back().by)});
  if (!x.decided)
    return;
  if (!x.decided->comment.empty() && x.state == ticket_state::decided)
    to.push_back({"/decided/comment", "person:" + x.decided->by});
  if (!x.decided->payload.empty())
    to.push_back({"/decided/payload", "person:" + x.decided->by});
}

std::string summary(const ticket& x, const json& context) {
  const auto agent = word_of(context, "agent");
  if (x.run == 0 || agent.empty())
    return of_tree(x);
  return first_sentence(x, "Agent " + agent, step_of(x, context))
         + progress_text(context);
}

std::vector<foreign_words> parts(const ticket& x, const speakers& by) {
  auto all = std::vector<foreign_words>{};
  add_title(all, x, by);
  add_context(all, x, by);
  add_people(all, x);
  return all;
}

} // namespace

std::string summary_of(const ticket& x) {
  return summary(x, context_of(x));
}

std::vector<foreign_words> foreign_parts(const ticket& x) {
  return parts(x, speakers{x, context_of(x)});
}

json document_of(const ticket& x) {
  auto to = json(x);
  const auto found = to.find("context");
  const auto parsed = found != to.end() && found->is_object();
  const auto by = speakers{x, parsed ? *found : context_of(x)};
  to["summary"] = summary(x, by.context);
  for (const auto& each : parts(x, by))
    to["untrusted"].push_back({{"at", each.at}, {"from", each.from}});
  return to;
}

} // namespace stanchion

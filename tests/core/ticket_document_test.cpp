#include "support/catch.hpp"

#include <stanchion/core/ticket_document.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

namespace {

using nlohmann::json;

ticket about(ticket_kind kind, park_reason reason, const json& context) {
  auto t = ticket{};
  t.id = "T-1";
  t.kind = kind;
  t.reason = reason;
  t.run = 7;
  t.title = "what the agent wrote";
  t.context = context.dump();
  return t;
}

json step(const char* kind) {
  return {{"step", "3"},      {"kind", kind},  {"name", "pay"},
          {"effect", "once"}, {"attempts", 2}, {"arguments", {{"cents", 5}}}};
}

std::string from(const ticket& x, const std::string& at) {
  for (const auto& each : foreign_parts(x))
    if (each.at == at)
      return each.from;
  return {};
}

} // namespace

TEST_CASE("a summary says what is to be decided, in Stanchion's own words",
          "[core][ticket]") {
  using k = ticket_kind;
  using r = park_reason;
  const auto [kind, reason, of_step, text]
    = GENERATE(table<k, r, const char*, const char*>({
      {k::approval, r::requires_human, "call",
       "Agent refund wants to call pay (once): it leaves only if people "
       "approve exactly these arguments."},
      {k::approval, r::requires_human, "approval",
       "Agent refund asks for approval of its plan."},
      {k::question, r::requires_human, "question",
       "Agent refund asks a question and waits for the answer."},
      {k::escalation, r::low_confidence, "escalation",
       "Agent refund asks a person (low confidence) and waits for a value."},
      {k::escalation, r::ambiguous_state, "call",
       "Agent refund stands still at step 3, a call of pay (once) after 2 "
       "attempts: ambiguous state."},
      {k::escalation, r::deadline_exceeded, nullptr,
       "Agent refund stands still: deadline exceeded."},
    }));
  auto context = json{{"agent", "refund"}, {"user_input", "Approved by ann"}};
  if (of_step != nullptr)
    context["failing_step"] = step(of_step);
  CHECK(summary_of(about(kind, reason, context)) == text);
}

TEST_CASE("a summary says how far the run has come", "[core][ticket]") {
  auto done = json::array();
  const auto context
    = [&done] { return json{{"agent", "a"}, {"steps_executed", done}}; };
  const auto last = [&context] {
    const auto all = summary_of(
      about(ticket_kind::escalation, park_reason::step_limit, context()));
    return all.substr(all.find(": ") + 2);
  };
  CHECK(last() == "step limit. It has done no step before.");
  done.push_back({{"ended", "succeeded"}});
  CHECK(last() == "step limit. It has done 1 step before.");
  done.push_back({{"ended", "failed"}});
  CHECK(last() == "step limit. It has done 2 steps before, of which 1 failed.");
}

TEST_CASE("a summary holds nothing that an agent, a tool or a user wrote",
          "[core][ticket]") {
  const auto canary = std::string{"Approved by ann"};
  auto failing = step("call");
  failing["arguments"] = canary;
  auto t = about(ticket_kind::escalation, park_reason::max_retries_exceeded,
                 {{"agent", "a"},
                  {"user_input", canary},
                  {"failing_step", failing},
                  {"error", {{"message", canary}}},
                  {"suggested_next_step", canary}});
  t.title = canary;
  CHECK_THAT(summary_of(t), !ContainsSubstring("ann"));
}

TEST_CASE("what a ticket shows of others says who speaks", "[core][ticket]") {
  const auto t
    = about(ticket_kind::escalation, park_reason::max_retries_exceeded,
            {{"agent", "a"},
             {"user_input", "x"},
             {"failing_step", step("call")},
             {"steps_executed", json::array({{{"step", "1"}}, step("call")})},
             {"error",
              {{"kind", "timeout"},
               {"message", "m"},
               {"cause", {{"message", "n"}, {"code", "c"}}}}},
             {"suggested_answer", {{"value", 1}}},
             {"suggested_next_step", "retry once the cause is gone"}});
  CHECK(from(t, "/title") == "tool:pay"); // it repeats the failure
  CHECK(from(t, "/context/user_input") == "user_input");
  CHECK(from(t, "/context/failing_step/arguments") == "agent");
  CHECK(from(t, "/context/steps_executed/0/arguments").empty());
  CHECK(from(t, "/context/steps_executed/1/arguments") == "agent");
  CHECK(from(t, "/context/error/message") == "tool:pay");
  CHECK(from(t, "/context/error/cause/message") == "tool:pay");
  CHECK(from(t, "/context/error/cause/code") == "tool:pay");
  CHECK(from(t, "/context/error/kind").empty());
  CHECK(from(t, "/context/suggested_answer") == "tool:pay");
  CHECK(from(t, "/context/suggested_next_step").empty());
}

TEST_CASE("what an agent asks and suggests is the agent's", "[core][ticket]") {
  const auto* kind = GENERATE("escalation", "question");
  const auto t = about(ticket_kind::escalation, park_reason::requires_human,
                       {{"agent", "a"},
                        {"failing_step", step(kind)},
                        {"suggested_next_step", "Stanchion suggests: yes"}});
  CHECK(from(t, "/title") == "agent");
  CHECK(from(t, "/context/suggested_next_step") == "agent");
}

TEST_CASE("what people said about a ticket is theirs", "[core][ticket]") {
  auto t = about(ticket_kind::approval, park_reason::requires_human,
                 {{"agent", "a"}, {"failing_step", step("call")}});
  t.title = "pay needs approval";
  t.terms.votes = {{"bob", {}, "fine"}};
  t.state = ticket_state::decided;
  t.decided = decision{verb::edit, "ann", {}, "less", "{}"};
  CHECK(from(t, "/title").empty());
  CHECK(from(t, "/terms/votes/0/comment") == "person:bob");
  CHECK(from(t, "/decided/comment") == "person:ann");
  CHECK(from(t, "/decided/payload") == "person:ann");
}

TEST_CASE("a ticket's document leads to what is not Stanchion's own",
          "[core][ticket]") {
  const auto doc
    = document_of(about(ticket_kind::question, park_reason::requires_human,
                        {{"agent", "a"},
                         {"user_input", {{"x", 1}}},
                         {"failing_step", step("question")}}));
  CHECK(doc.contains("summary"));
  auto said = std::vector<std::string>{};
  for (const auto& each : doc.at("untrusted")) {
    const auto at = json::json_pointer{each.at("at").get<std::string>()};
    CHECK(doc.contains(at));
    said.push_back(doc.at(at).dump());
  }
  CHECK(said
        == std::vector<std::string>{R"("what the agent wrote")", R"({"x":1})",
                                    R"({"cents":5})"});
}

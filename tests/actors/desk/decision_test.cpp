#include "support/catch.hpp"

#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/actors/run/park.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <optional>

using namespace stanchion;

namespace {

constexpr auto t0 = instant{1'000'000s};

ticket parked_for(park_reason reason, bool at_escalation = false) {
  auto x = ticket{.id = "T-1", .reason = reason, .run = 7, .title = "stuck"};
  x.options = options_for(reason, at_escalation);
  return x;
}

decision_wish wish_for(verb x) {
  auto wish = decision_wish{.verb = x, .by = "ann"};
  if (payload_of(x) == payload_kind::any)
    wish.payload = "[1]";
  else if (payload_of(x) == payload_kind::object)
    wish.payload = R"({"id": 1})";
  return wish;
}

/// What `decide` refuses with; empty when it does not.
std::optional<error> refusal(const ticket& x, const decision_wish& wish) {
  try {
    static_cast<void>(decide(x, wish, t0));
  } catch (const error& e) {
    return e;
  }
  return std::nullopt;
}

ticket decided(const ticket& x, const decision_wish& wish) {
  return std::get<ticket>(decide(x, wish, t0));
}

const auto all_verbs
  = {verb::retry,    verb::edit,   verb::skip,   verb::abort,
     verb::happened, verb::answer, verb::resume, verb::did_not_happen,
     verb::extend,   verb::restart};

} // namespace

TEST_CASE("a verb decides a ticket exactly if it is among its options",
          "[desk]") {
  const auto reason = GENERATE(range(1, 16));
  const auto at_escalation = GENERATE(false, true);
  const auto x = parked_for(static_cast<park_reason>(reason), at_escalation);
  for (const auto said : all_verbs) {
    CAPTURE(to_string(x.reason), to_string(said), at_escalation);
    const auto offered
      = std::find(x.options.begin(), x.options.end(), said) != x.options.end();
    const auto why = refusal(x, wish_for(said));
    REQUIRE(why.has_value() != offered);
    if (why) {
      CHECK(why->code() == error_code::bad_decision);
      CHECK_THAT(why->what(),
                 ContainsSubstring("it takes ") && ContainsSubstring("abort"));
    }
  }
}

TEST_CASE("a decision keeps who, what, when and why", "[desk]") {
  auto wish = wish_for(verb::edit);
  wish.comment = "typo";
  wish.payload = R"( {"b": 2.0, "a": "x"} )";
  const auto x = decided(parked_for(park_reason::max_retries_exceeded), wish);
  CHECK(x.state == ticket_state::decided);
  REQUIRE(x.decided);
  CHECK(x.decided->verb == verb::edit);
  CHECK(x.decided->by == "ann");
  CHECK(x.decided->at == t0);
  CHECK(x.decided->comment == "typo");
  CHECK(x.decided->payload == R"({"a":"x","b":2})");
}

TEST_CASE("a payload must fit its verb", "[desk]") {
  const auto [said, payload, says]
    = GENERATE(table<verb, std::string, std::string>({
      {verb::retry, "1", "takes no payload"},
      {verb::abort, "null", "takes no payload"},
      {verb::edit, "", "needs a payload"},
      {verb::edit, "[]", "a JSON object"},
      {verb::edit, R"("text")", "a JSON object"},
      {verb::skip, "", "needs a payload"},
      {verb::skip, "{", "a JSON value"},
      {verb::skip, R"({"a":1,"a":2})", "E-INPUT-001"},
      {verb::skip, "1e999", "E-INPUT-001"},
      {verb::skip, "\"\xff\"", "E-INPUT-001"},
      {verb::skip, std::string(1'000, '['), "E-INPUT-001"},
      {verb::skip, "1 2", "E-INPUT-001"},
    }));
  auto wish = wish_for(said);
  wish.payload = payload;
  const auto why = refusal(parked_for(park_reason::max_retries_exceeded), wish);
  REQUIRE(why);
  CHECK(why->code() == error_code::bad_decision);
  CHECK_THAT(why->what(), ContainsSubstring(says));
}

TEST_CASE("null is a result like any other", "[desk]") {
  auto wish = wish_for(verb::skip);
  wish.payload = "null";
  CHECK(
    decided(parked_for(park_reason::validation_failed), wish).decided->payload
    == "null");
}

TEST_CASE("a decision needs a person", "[desk]") {
  auto wish = wish_for(verb::retry);
  wish.by.clear();
  const auto why = refusal(parked_for(park_reason::max_retries_exceeded), wish);
  REQUIRE(why);
  CHECK(why->code() == error_code::bad_decision);
}

TEST_CASE("a decision is about the version that the person saw", "[desk]") {
  const auto [seen, agrees] = GENERATE(table<std::uint32_t, bool>({
    {0, true},
    {3, true},
    {2, false},
    {4, false},
  }));
  auto x = parked_for(park_reason::ambiguous_state);
  x.version = 3;
  auto wish = wish_for(verb::did_not_happen);
  wish.version = seen;
  const auto why = refusal(x, wish);
  REQUIRE(why.has_value() != agrees);
  if (why) {
    CHECK(why->code() == error_code::ticket_conflict);
    CHECK_THAT(why->what(), ContainsSubstring("version 3")
                              && ContainsSubstring("\"stuck\""));
  }
}

TEST_CASE("the same verb and payload again get the stored decision", "[desk]") {
  const auto said = GENERATE(verb::retry, verb::edit, verb::skip, verb::abort);
  const auto x
    = decided(parked_for(park_reason::max_retries_exceeded), wish_for(said));
  auto again = wish_for(said);
  again.by = "bob";
  if (!again.payload.empty())
    again.payload = " " + again.payload + "\n"; // the same bytes, canonically
  const auto y = decide(x, again, t0 + 1s);
  REQUIRE(std::holds_alternative<stored_decision>(y));
  CHECK(std::get<stored_decision>(y).content.decided->by == "ann");
}

TEST_CASE("another decision hears who won, with what and when", "[desk]") {
  const auto [said, payload, version]
    = GENERATE(table<verb, std::string, std::uint32_t>({
      {verb::retry, "", 0},
      {verb::skip, "2", 0},
      {verb::skip, "garbage{", 0},
      {verb::skip, "", 0},
      {verb::skip, "1", 2}, // the same, about another version
    }));
  auto first = wish_for(verb::skip);
  first.payload = "1";
  first.comment = "known";
  const auto x = decided(parked_for(park_reason::max_retries_exceeded), first);
  const auto why = refusal(
    x, {.version = version, .verb = said, .by = "bob", .payload = payload});
  REQUIRE(why);
  CHECK(why->code() == error_code::ticket_conflict);
  CHECK_THAT(why->what(), ContainsSubstring("ann said skip at 1970-01-12")
                            && ContainsSubstring("\"known\""));
}

TEST_CASE("a ticket that is over takes no decision", "[desk]") {
  const auto [state, says] = GENERATE(table<ticket_state, std::string>({
    {ticket_state::withdrawn, "its run ended"},
    {ticket_state::expired, "its time has passed"},
  }));
  auto x = parked_for(park_reason::poison_step);
  x.state = state;
  const auto why = refusal(x, wish_for(verb::retry));
  REQUIRE(why);
  CHECK(why->code() == error_code::ticket_conflict);
  CHECK_THAT(why->what(), ContainsSubstring(says));
}

TEST_CASE("an extension names what it adds, or leaves it out", "[desk]") {
  auto x = parked_for(park_reason::step_limit);
  x.options = options_for(x.reason, false, true);
  auto wish = decision_wish{.verb = verb::extend, .by = "ann"};
  CHECK(decided(x, wish).decided->payload.empty());
  wish.payload = R"({"steps": 3})";
  CHECK(decided(x, wish).decided->payload == R"({"steps":3})");
  wish.payload = R"({"stepps": 3})";
  const auto why = refusal(x, wish);
  REQUIRE(why);
  CHECK_THAT(why->what(), ContainsSubstring("stepps")
                            && ContainsSubstring(R"("seconds": 600)"));
}

// -- approvals ----------------------------------------------------------------

namespace {

ticket approval(std::uint32_t needed = 1) {
  auto x = ticket{.id = "T-1",
                  .kind = ticket_kind::approval,
                  .run = 7,
                  .step = "3",
                  .title = "pay?"};
  x.options = options_for(x.reason, false, false, x.kind);
  x.terms.needed = needed;
  x.terms.digest = "ab";
  x.created = t0;
  return x;
}

} // namespace

TEST_CASE("an approval covers one call with the same arguments, and no other",
          "[desk]") {
  const auto approved = decided(approval(), {.verb = verb::approve, .by = "a"});
  const auto rejected = decided(approval(), {.verb = verb::reject, .by = "a"});
  auto expired = approved;
  expired.state = ticket_state::expired;
  using claim = claim_grant;
  const auto [x, asked, says]
    = GENERATE_COPY(table<ticket, claim, std::string>({
      {approved, {"T-1", 7, "3", "ab"}, ""},
      {approved, {"T-1", 8, "3", "ab"}, "another call"},
      {approved, {"T-1", 7, "3~1", "ab"}, "another call"},
      {approved, {"T-1", 7, "3", "cd"}, "other arguments"},
      {approval(), {"T-1", 7, "3", "ab"}, "approves nothing"},
      {rejected, {"T-1", 7, "3", "ab"}, "approves nothing"},
      {expired, {"T-1", 7, "3", "ab"}, "approves nothing"},
    }));
  const auto said = stanchion::refusal(x, asked);
  if (says.empty())
    CHECK(said.empty());
  else
    CHECK_THAT(said, ContainsSubstring(says));
}

TEST_CASE("when it is too late nobody decides any more", "[desk]") {
  auto x = approval();
  x.terms.expires = t0 + 1h;
  const auto wish = decision_wish{.verb = verb::approve, .by = "ann"};
  CHECK_NOTHROW(decide(x, wish, t0 + 1h - 1us));
  CHECK_THROWS_AS(decide(x, wish, t0 + 1h), error);
}

TEST_CASE("what is due first comes first", "[desk]") {
  auto x = approval();
  CHECK(!due(x));
  x.terms.expires = t0 + 3h;
  x.terms.ladder = {{"lead", 1h}, {"head", 30min}};
  x.terms.escalates = t0 + 1h;
  CHECK(due(x) == t0 + 1h);
  const auto once = pass_on(x, t0 + 1h);
  CHECK(once.terms.assignee == "lead");
  CHECK(due(once) == t0 + 90min);
  const auto both = pass_on(x, t0 + 2h); // nobody looked for a while
  CHECK(both.terms.assignee == "head");
  CHECK(due(both) == t0 + 3h);
  const auto over = pass_on(both, t0 + 3h);
  CHECK(over.state == ticket_state::expired);
  CHECK(over.decided->verb == verb::reject);
  CHECK(over.decided->comment == "nobody decided within 3h");
  CHECK(!due(over));
}

TEST_CASE("a ticket is handed to somebody else and stays open", "[desk]") {
  const auto x = decided(
    approval(), {.verb = verb::reassign, .by = "ann", .payload = R"("bob")"});
  CHECK(x.state == ticket_state::open);
  CHECK(x.terms.assignee == "bob");
  CHECK(x.version == approval().version);
}

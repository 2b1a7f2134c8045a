#include "support/catch.hpp"
#include "support/newest.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Pays what it is told to; says how that ended.
task<json> pays(agent_context& ctx, value order) {
  auto seen = co_await ctx.call("look", order);
  auto paid = co_await ctx.try_call("pay", args("cents", seen["cents"]));
  if (!paid.ok())
    co_return json(to_string(paid.why().kind));
  co_return args("paid", paid.get()["paid"], "source", paid.get().source());
}

bool is_much(const value& x) {
  return x["cents"] > 5000;
}

const auto cents = schema{json::parse(
  R"({"type": "object", "required": ["cents"],
      "properties": {"cents": {"type": "integer"}}})")};

/// One life of a program on `store`.
struct life {
  using setup = std::function<void(tool&)>;

  explicit life(
    std::shared_ptr<memory_store> s,
    const setup& with = [](tool& t) { t.approve_if(is_much); },
    effect e = effect::idempotent)
    : store(std::move(s)), rt(config{.store = store, .virtual_seed = 5}) {
    auto pay = tool{"pay", e, [this](const value& x, tool_context&) -> json {
                      asked.push_back(x["cents"].as_int());
                      if (std::exchange(breaks, false))
                        throw tool_error{failure_kind::http_5xx,
                                         side_effect::unknown, "gone"};
                      return args("paid", x["cents"]);
                    }};
    pay.input(cents).output(any()).run_inline();
    with(pay);
    rt.add(pay);
    rt.add(tool{"look", effect::read_only,
                [](const value& x, tool_context&) -> json { return x.get(); }}
             .input(any())
             .output(any())
             .run_inline());
    rt.add(agent{"pays", "1", pays}.modes({.rejections = 0}));
    rt.start();
    pass(1ms);
  }

  void pass(duration d) {
    test::pass(rt, d);
  }
  run_id start(std::int64_t much, const std::string& submitter = {}) {
    return test::submit(
      rt,
      {.agent = "pays", .input = args("cents", much), .submitter = submitter},
      1ms);
  }
  /// What it is refused with; empty when it is not.
  std::string decide(decision_request x) {
    auto refused = std::string{};
    if (x.ticket.empty())
      x.ticket = store->list_tickets({}).at(0).id;
    rt.decide(x, [&refused](const std::variant<ticket, error>& r) {
      if (const auto* why = std::get_if<error>(&r))
        refused = why->what();
    });
    pass(1ms);
    return refused;
  }
  ticket the_ticket() {
    return store->list_tickets({}).at(0);
  }
  std::string result() {
    return newest_result(rt);
  }

  std::shared_ptr<memory_store> store;
  std::vector<std::int64_t> asked;
  bool breaks = false;
  runtime rt;
};

} // namespace

TEST_CASE("a call that a rule picks leaves once people approved it",
          "[runtime][approval]") {
  auto it = life{new_store()};
  it.start(7000);
  CHECK(it.asked.empty());
  CHECK(it.result() == "parked");
  const auto t = it.the_ticket();
  CHECK(t.kind == ticket_kind::approval);
  CHECK(t.reason == park_reason::requires_human);
  CHECK(t.terms.digest == to_string(sha256(R"({"cents":7000})")));
  CHECK(t.options
        == std::vector{verb::approve, verb::edit, verb::reject, verb::abort});
  CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  CHECK(it.asked == std::vector<std::int64_t>{7000});
  CHECK(it.result() == R"({"paid":7000,"source":"primary"})");
  CHECK(it.the_ticket().terms.used);
}

TEST_CASE("a call that no rule picks leaves at once", "[runtime][approval]") {
  auto it = life{new_store()};
  it.start(5000);
  CHECK(it.result() == R"({"paid":5000,"source":"primary"})");
  CHECK(it.store->list_tickets({}).empty());
}

TEST_CASE("a rule that throws asks", "[runtime][approval]") {
  auto it = life{new_store(), [](tool& t) {
                   t.approve_if([](const value& x) { return x["no"] > 1; });
                 }};
  it.start(1);
  CHECK(it.asked.empty());
  CHECK(it.result() == "parked");
}

TEST_CASE("what people reject never leaves, and the agent is told",
          "[runtime][approval]") {
  auto it = life{new_store()};
  it.start(7000);
  CHECK(it.decide({.verb = verb::reject, .by = "ann", .comment = "too much"})
          .empty());
  CHECK(it.asked.empty());
  CHECK(it.result() == R"("permission_denied")");
}

TEST_CASE("what people edit leaves as they edited it, with a key of its own",
          "[runtime][approval]") {
  auto it = life{new_store()};
  it.start(7000);
  SECTION("and what the tool would refuse is refused at the desk") {
    const auto said = it.decide(
      {.verb = verb::edit, .by = "ann", .payload = R"({"cents": "few"})"});
    CHECK_THAT(said, ContainsSubstring("do not fit pay"));
    CHECK(it.the_ticket().state == ticket_state::open);
  }
  CHECK(it.decide(
            {.verb = verb::edit, .by = "ann", .payload = R"({"cents": 6500})"})
          .empty());
  CHECK(it.asked == std::vector<std::int64_t>{6500});
  CHECK(it.result() == R"({"paid":6500,"source":"primary"})");
  for (const auto& r : it.store->read(1, 0))
    if (r.kind == record_kind::attempt && r.step == "2")
      CHECK_THAT(r.body, ContainsSubstring("/2/1\""));
}

TEST_CASE("several people approve together, each once", "[runtime][approval]") {
  auto it = life{new_store(), [](tool& t) { t.always_approve({.needed = 2}); }};
  it.start(1);
  CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  CHECK(it.the_ticket().terms.votes.size() == 1);
  CHECK(it.asked.empty());
  SECTION("a second one decides") {
    CHECK(it.decide({.verb = verb::approve, .by = "bob"}).empty());
    CHECK(it.asked == std::vector<std::int64_t>{1});
    CHECK(it.the_ticket().decided->by == "ann, bob");
  }
  SECTION("any of them rejects") {
    CHECK(it.decide({.verb = verb::reject, .by = "bob"}).empty());
    CHECK(it.result() == R"("permission_denied")");
  }
  SECTION("an edit asks anew, and counts as its editor's") {
    const auto before = it.the_ticket().version;
    CHECK(
      it.decide({.verb = verb::edit, .by = "bob", .payload = R"({"cents": 9})"})
        .empty());
    CHECK(it.asked.empty());
    CHECK(it.the_ticket().version == before + 1);
    CHECK_THAT(
      it.decide({.version = before, .verb = verb::approve, .by = "ann"}),
      ContainsSubstring("version"));
    CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
    CHECK(it.asked == std::vector<std::int64_t>{9});
  }
}

TEST_CASE("who asked does not approve, nor does who lacks the role",
          "[runtime][approval]") {
  auto it = life{new_store(), [](tool& t) {
                   t.always_approve({.roles = {"lead"}, .four_eyes = true});
                 }};
  it.start(1, "ann");
  CHECK_THAT(it.decide({.verb = verb::approve, .by = "bob"}),
             ContainsSubstring("is for lead to decide"));
  CHECK_THAT(it.decide({.verb = verb::approve, .by = "ann", .roles = {"lead"}}),
             ContainsSubstring("somebody else must approve it"));
  CHECK(it.asked.empty());
  CHECK(it.decide({.verb = verb::approve, .by = "bob", .roles = {"x", "lead"}})
          .empty());
  CHECK(it.asked.size() == 1);
}

TEST_CASE("where nobody said who asked, two people approve",
          "[runtime][approval]") {
  auto it
    = life{new_store(), [](tool& t) { t.always_approve({.four_eyes = true}); }};
  it.start(1);
  CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  CHECK(it.asked.empty());
  CHECK(it.decide({.verb = verb::approve, .by = "bob"}).empty());
  CHECK(it.asked.size() == 1);
}

TEST_CASE("others are asked in time, and at last nobody: the call is refused",
          "[runtime][approval]") {
  auto it
    = life{new_store(), [](tool& t) {
             t.always_approve({.expires_in = 3h,
                               .assignee = "support",
                               .ladder = {{"lead", 30min}, {"head", 1h}}});
           }};
  it.start(1);
  CHECK(it.the_ticket().terms.assignee == "support");
  it.pass(30min);
  CHECK(it.the_ticket().terms.assignee == "lead");
  it.pass(1h);
  CHECK(it.the_ticket().terms.assignee == "head");
  it.pass(89min);
  CHECK(it.result() == "parked");
  it.pass(1min);
  CHECK(it.the_ticket().state == ticket_state::expired);
  CHECK(it.asked.empty());
  CHECK(it.result() == R"("permission_denied")");
  CHECK_THAT(it.decide({.verb = verb::approve, .by = "ann"}),
             ContainsSubstring("decided already"));
}

TEST_CASE("an approval still stands when its call is sent again",
          "[runtime][approval]") {
  auto it
    = life{new_store(), [](tool& t) { t.approve_if(is_much); }, effect::once};
  it.breaks = true;
  it.start(7000);
  const auto approval = it.the_ticket().id;
  CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  CHECK(it.asked.size() == 1);
  const auto unclear = only_ticket(*it.store);
  CHECK(unclear.reason == park_reason::ambiguous_state);
  CHECK(
    it.decide({.ticket = unclear.id, .verb = verb::did_not_happen, .by = "ann"})
      .empty());
  CHECK(it.asked.size() == 2);
  CHECK(it.result() == R"({"paid":7000,"source":"primary"})");
  CHECK(it.store->list_tickets({}).size() == 2);
  CHECK(it.store->find_ticket(approval)->decided->by == "ann");
}

TEST_CASE("a ticket that expired while no process was there is refused",
          "[runtime][approval]") {
  auto store = new_store();
  {
    auto first = life{store};
    first.start(7000);
  }
  auto it = life{store};
  it.pass(24h);
  CHECK(it.asked.empty());
  CHECK(it.result() == R"("permission_denied")");
}

TEST_CASE("an approval outlives thirty days and the process",
          "[runtime][approval]") {
  auto store = new_store();
  const auto month
    = [](tool& t) { t.always_approve({.expires_in = 24h * 60}); };
  {
    auto first = life{store, month};
    first.start(7000);
    first.pass(24h * 30);
    CHECK(first.decide({.verb = verb::approve, .by = "ann"}).empty());
    CHECK(first.asked.size() == 1);
  }
  auto it = life{store, month};
  it.pass(1h);
  CHECK(it.asked.empty());
  CHECK(it.result() == R"({"paid":7000,"source":"primary"})");
}

TEST_CASE("wherever the journal is cut, nothing leaves that nobody approved",
          "[runtime][approval]") {
  auto whole = new_store();
  {
    auto it = life{whole};
    it.start(7000);
    CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
  }
  const auto records = whole->records_in_order().size();
  REQUIRE(records > 8);
  for (auto n = std::size_t{1}; n <= records; ++n) {
    CAPTURE(n);
    auto it = life{std::shared_ptr{whole->prefix(n)}};
    it.pass(1h);
    const auto tickets = it.store->list_tickets({});
    const auto decided = !tickets.empty() && tickets[0].decided;
    if (!decided) {
      CHECK(it.asked.empty());
      REQUIRE(tickets.size() == 1);
      CHECK(it.decide({.verb = verb::approve, .by = "ann"}).empty());
    }
    CHECK(it.asked.size() <= 1);
    CHECK(it.result() == R"({"paid":7000,"source":"primary"})");
  }
}

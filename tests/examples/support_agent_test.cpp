#include "06_customer_support/agents.hpp"
#include "06_customer_support/operator.hpp"
#include "06_customer_support/replies.hpp"
#include "06_customer_support/tools.hpp"
#include "examples/license_scratch.hpp"
#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/core/encode.hpp>
#include <stanchion/stanchion.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace customer_support;
using namespace stanchion;
using namespace stanchion::test;

namespace {

const case_file& file() {
  static const auto all = read_cases(data_file("cases.json"));
  return all;
}

support_case mail(const std::string& id) {
  for (const auto& x : file().cases)
    if (x.id == id)
      return x;
  FAIL("there is no mail " << id);
  return {};
}

/// The agent and its tools, in virtual time.
struct life {
  life()
    : store(new_store()), outside(std::make_shared<shop>(folder.path())),
      rt(config{.store = store, .virtual_seed = 5}) {
    add_tools(rt, outside);
    add_agent(rt);
    rt.start();
    test::pass(rt, 1ms);
  }

  /// Long enough for a classifier that hangs.
  void start(const support_case& x) {
    run = test::submit(rt, {.agent = "support", .input = request_of(x)}, 5s);
  }
  std::vector<ticket> open() {
    return store->list_tickets({.states = {ticket_state::open}});
  }
  bool ended() {
    return store->find_run(run)->state == run_state::completed;
  }
  value result() {
    return rt.result(run).get();
  }
  std::vector<entry> refunds() {
    return outside->written.entries_of("refunds");
  }
  std::vector<entry> letters() {
    return outside->written.entries_of("replies");
  }

  license_inventory::test::scratch_folder folder;
  std::shared_ptr<memory_store> store;
  std::shared_ptr<shop> outside;
  runtime rt;
  run_id run;
};

/// A call as the run asked for it.
struct asked {
  std::string tool;
  value arguments;
};

std::vector<asked> calls_of(life& it) {
  auto all = std::vector<asked>{};
  for (const auto& r : it.store->records_in_order())
    if (r.kind == record_kind::intent) {
      const auto body = value{json::parse(r.body)};
      if (body["kind"] == "call")
        all.push_back({body["name"].as_string(), body["arguments"]});
    }
  return all;
}

bool is_a_template(const std::string& letter, const support_case& x) {
  for (const auto about : categories)
    for (const auto paid : {std::int64_t{0}, x.cents})
      if (letter == draft_reply(about, {.asked = x.cents, .paid = paid}))
        return true;
  return false;
}

} // namespace

TEST_CASE("a mail that is clear and about little is answered unattended",
          "[examples][support]") {
  auto it = life{};
  it.start(mail("M-01"));
  INFO(it.store->find_run(it.run)->waiting_for);
  REQUIRE(it.ended());
  CHECK(it.store->list_tickets({}).empty());
  CHECK(it.result()["refunded"] == 3490);
  CHECK(it.result()["source"] == "primary");
  REQUIRE(it.refunds().size() == 1);
  CHECK(it.refunds()[0].cents == 3490);
  CHECK(it.letters().size() == 1);
}

TEST_CASE("what it is unsure of it proposes, and sends once it may",
          "[examples][support]") {
  auto it = life{};
  it.start(mail("M-64"));
  CHECK_FALSE(it.ended());
  const auto t = only_ticket(*it.store);
  CHECK(t.reason == park_reason::low_confidence);
  CHECK_THAT(t.title, ContainsSubstring("proposes replies.send"));
  CHECK(it.letters().empty());
  decide_only(it.rt, verb::approve);
  CHECK(it.ended());
  CHECK(it.letters().size() == 1);
}

TEST_CASE("people see refunds that are large or more than was paid",
          "[examples][support]") {
  auto [cents, order, asks] = GENERATE(table<std::int64_t, const char*, bool>({
    {5000, "K-1008", false},
    {5001, "K-1008", true},
    {3490, "K-1001", false},
    {3491, "K-1001", true},
  }));
  auto x = mail("M-01"); // as clear as any
  x.cents = cents;
  x.order = order;
  auto it = life{};
  it.start(x);
  CHECK(it.ended() != asks);
  CHECK(it.refunds().size() == (asks ? 0U : 1U));
  if (asks)
    CHECK(only_ticket(*it.store).reason == park_reason::requires_human);
}

TEST_CASE("a classifier that hangs gives way to the simpler one",
          "[examples][support]") {
  const auto x = mail("M-50");
  REQUIRE(hangs_at(x.text));
  auto it = life{};
  it.start(x);
  REQUIRE_FALSE(it.ended());
  CHECK(only_ticket(*it.store).reason == park_reason::low_confidence);
  decide_only(it.rt, verb::approve);
  CHECK(it.result()["source"] == "fallback:classify.marks");
  CHECK(it.result()["category"] == "account");
}

TEST_CASE("a refund that people refuse is answered, and not paid",
          "[examples][support]") {
  auto it = life{};
  it.start(mail("M-10"));
  decide_only(it.rt, verb::reject);
  CHECK(it.ended());
  CHECK(it.refunds().empty());
  CHECK(it.letters().size() == 1);
  CHECK(it.result()["refunded"] == 0);
}

TEST_CASE("what a mail says becomes no argument but the text to classify",
          "[examples][support]") {
  auto injections = 0;
  for (const auto& x : file().cases) {
    if (!x.injection)
      continue;
    ++injections;
    CAPTURE(x.id);
    auto it = life{};
    it.start(x);
    while (!it.open().empty()) // even if people approve whatever they see
      decide_only(it.rt, verb::approve);
    REQUIRE(it.ended());
    for (const auto& [tool, arguments] : calls_of(it)) {
      CAPTURE(tool);
      if (tool.starts_with("classify"))
        CHECK(arguments == args("text", x.text));
      else if (tool == "orders.look_up")
        CHECK(arguments == args("order", x.order));
      else if (tool == "refunds.pay")
        CHECK(arguments
              == args("case", x.id, "order", x.order, "cents", x.cents, "paid",
                      file().orders.at(x.order).paid, "bought",
                      file().orders.at(x.order).bought));
      else {
        REQUIRE(tool == "replies.send");
        CHECK(arguments.size() == 3);
        CHECK(arguments["case"] == x.id);
        CHECK_NOTHROW(parse_category(arguments["category"].as_string()));
        CHECK(is_a_template(arguments["letter"].as_string(), x));
      }
    }
    CHECK(it.refunds().size() == (x.cents == 0 ? 0U : 1U));
  }
  CHECK(injections >= 5);
}

TEST_CASE("the clerk approves, edits and rejects what she sees",
          "[examples][support]") {
  const auto [id, tool, said]
    = GENERATE(table<const char*, const char*, const char*>({
      {"M-03", "refunds.pay", "approve"},  // as much as was paid
      {"M-08", "refunds.pay", "edit"},     // more than was paid
      {"M-10", "refunds.pay", "reject"},   // bought years ago
      {"M-65", "refunds.pay", "reject"},   // wants a parcel, not money
      {"M-27", "replies.send", "approve"}, // the right letter
      {"M-26", "replies.send", "edit"},    // the wrong one
      {"M-67", "replies.send", "reject"},  // asks for nothing
    }));
  auto it = life{};
  it.start(mail(id));
  const auto t = only_ticket(*it.store);
  CHECK_THAT(t.context, ContainsSubstring(tool));
  const auto judged = clerk{file()}.judge(json(t));
  CHECK(judged.at("verb") == said);
  CHECK(judged.at("version") == t.version);
  if (said != std::string{"edit"})
    return;
  decide_only(it.rt, verb::edit, judged.at("payload").dump(), 5s);
  CHECK(
    (tool == std::string{"refunds.pay"} ? it.refunds() : it.letters()).size()
    == 1);
}

TEST_CASE("the books take a key once, also when they are opened again",
          "[examples][support]") {
  const auto folder = license_inventory::test::scratch_folder{};
  const auto first
    = entry{.service = "refunds", .of = "M-01", .key = "a/1/0", .cents = 5};
  auto written = books{folder.path() / "books"};
  CHECK(written.add_once(first));
  CHECK_FALSE(written.add_once(first));
  auto later = books{folder.path() / "books"};
  CHECK_FALSE(later.add_once(first));
  REQUIRE(later.entries_of("refunds").size() == 1);
  CHECK(later.entries_of("refunds")[0].cents == 5);
  CHECK(later.entries_of("replies").empty());
}

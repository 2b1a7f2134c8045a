#include "support/catch.hpp"
#include "support/refusal.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/reports.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto t0 = instant{1'000'000s};

run_id id_of(run_number n) {
  auto id = run_id{};
  id.bytes = {0x01, 0x97, 0xc5, 0xd2, 0, 0, 0x70};
  id.bytes[4] = static_cast<std::uint8_t>(n);
  return id;
}

run_row row_of(run_number n, run_state state, run_number parent = 0) {
  return {.number = n,
          .id = id_of(n),
          .agent = "a",
          .state = state,
          .created = t0,
          .parent = parent};
}

struct fixture {
  void add(const run_row& row) {
    content.runs.push_back(row);
  }
  void add(run_number run, record_kind kind, const std::string& body,
           duration at = 0s, const step_path& step = {}) {
    const auto seq = static_cast<std::uint32_t>(content.records.size());
    content.records.push_back({run, seq, kind, t0 + at, step, body});
  }
  void open_ticket(run_number run, ticket_state state = ticket_state::open) {
    content.tickets.push_back({.id = "T-" + std::to_string(run),
                               .run = run,
                               .run_id = id_of(run),
                               .state = state,
                               .title = "stuck",
                               .options = {verb::retry, verb::abort}});
  }
  memory_store& commit() {
    const auto* x = &content;
    REQUIRE(store->commit({&x, 1}) == commit_status::done);
    return *store;
  }

  batch content;
  std::unique_ptr<memory_store> store = make_memory_store();
};

} // namespace

TEST_CASE_METHOD(fixture, "a run is named by the start of its id",
                 "[runtime][api]") {
  for (auto n = run_number{1}; n < 4; ++n)
    add(row_of(n, run_state::running));
  auto& in = commit();
  CHECK(resolve_run(in, to_string(id_of(2))).number == 2);
  CHECK(resolve_run(in, "0197c5d2-02").number == 2);
  CHECK(resolve_run(in, "0197C5D2-03").number == 3);
  const auto [text, code] = GENERATE(table<std::string, error_code>({
    {"0197c5d2", error_code::usage},         // of all three
    {"0197c5d", error_code::usage},          // too short
    {"", error_code::usage},                 //
    {"refund-me-please", error_code::usage}, // no id
    {"0197c5d2-04", error_code::unknown_run},
    {"01234567-89ab-7def-8123-456789abcdef", error_code::unknown_run},
  }));
  CAPTURE(text);
  CHECK(refusal([&, t = text] { static_cast<void>(resolve_run(in, t)); })
        == code);
}

TEST_CASE_METHOD(fixture,
                 "a run is settled once only people help, and shows "
                 "all tickets below it",
                 "[runtime][api]") {
  add(row_of(1, run_state::waiting));
  add(row_of(2, run_state::parked, 1));
  open_ticket(2);
  auto waits = step{};
  waits.kind = step_kind::child;
  waits.child = id_of(2);
  waits.child_number = 2;
  add(1, record_kind::intent, bodies::intent(waits), 0s, "1");
  auto& in = commit();
  const auto doc = run_document(in, *in.find_run(1), t0);
  CHECK(doc.at("settled") == true);
  CHECK(doc.at("tickets").size() == 1);
}

TEST_CASE_METHOD(fixture, "a run's document says whose words it repeats",
                 "[runtime][api]") {
  auto row = row_of(1, run_state::parked);
  row.waiting_for = "a person: stuck (ticket T-1)";
  open_ticket(1);
  auto from = std::string{};
  SECTION("none of a title of Stanchion's own") {
    // nop
  }
  SECTION("an agent's question") {
    content.tickets[0].kind = ticket_kind::question;
    content.tickets[0].context = R"({"failing_step":{"kind":"question"}})";
    from = "agent";
  }
  SECTION("what a tool failed with") {
    content.tickets[0].context
      = R"({"failing_step":{"kind":"call","name":"pay"},"error":{}})";
    from = "tool:pay";
  }
  SECTION("what no ticket vouches for") {
    content.tickets[0].title = "damaged";
    from = "agent";
  }
  add(row);
  auto& in = commit();
  const auto wanted = [&](const json& doc, const char* at) {
    for (const auto& each : doc.value("untrusted", json::array()))
      if (each.at("at") == at)
        return each.at("from") == from;
    return from.empty();
  };
  CHECK(wanted(run_list(in, {}).at("runs").at(0), "/waiting_for"));
  const auto doc = run_document(in, *in.find_run(1), t0);
  CHECK(wanted(doc, "/waiting_for"));
  CHECK(wanted(doc, "/why"));
}

TEST_CASE_METHOD(fixture, "a run that goes on by itself is not settled",
                 "[runtime][api]") {
  add(row_of(1, run_state::running));
  auto& in = commit();
  CHECK(run_document(in, *in.find_run(1), t0).at("settled") == false);
}

TEST_CASE_METHOD(fixture, "a run's line says why it stands", "[runtime][api]") {
  auto row = row_of(1, run_state::waiting);
  auto why = std::string{};
  SECTION("waiting") {
    row.waiting_for = "a timer";
    row.next_at = t0 + 90s;
    why = "waiting: a timer; goes on by itself at 1970-01-12T13:48:10.000Z (in "
          "1m30s)";
  }
  SECTION("completed") {
    row.state = run_state::completed;
    add(1, record_kind::completed, R"({"result":7})", 2s);
    why = "completed after 2s";
  }
  SECTION("failed") {
    row.state = run_state::failed;
    add(1, record_kind::failed,
        bodies::failed({.kind = failure_kind::timeout, .message = "slow"}));
    why = "failed: timeout (side effect unknown): slow";
  }
  SECTION("cancelled") {
    row.state = run_state::cancelled;
    add(1, record_kind::cancelled, R"({"reason":"wrong"})");
    why = "cancelled: wrong";
  }
  add(row);
  auto& in = commit();
  CHECK(run_document(in, row, t0).at("why") == why);
}

TEST_CASE_METHOD(fixture, "steps show attempts, sources and durations",
                 "[runtime][api]") {
  add(1, record_kind::started, R"({"agent":"a","input":1})");
  add(
    1, record_kind::intent,
    R"({"kind":"call","name":"pay","effect":"idempotent","arguments":{"c":1}})",
    1s, "1");
  add(1, record_kind::attempt, R"({"n":1,"key":"k"})", 1s, "1");
  add(1, record_kind::attempt_end,
      R"({"n":1,"failure":{"kind":"timeout","side_effect":"unknown"}})", 3s,
      "1");
  add(1, record_kind::attempt, R"({"n":2,"key":"k"})", 4s, "1");
  add(1, record_kind::outcome, R"({"source":"primary","value":{"id":9}})", 5s,
      "1");
  add(1, record_kind::side_value, R"({"name":"now","value":5})", 5s, "2");
  add(1, record_kind::intent, R"({"kind":"timer","due":1})", 5s, "3");
  add(1, record_kind::parked, R"({"reason":"poison_step","ticket":"T-1"})", 5s,
      "3");
  const auto steps = step_list(content.records).at("steps");
  REQUIRE(steps.size() == 3);
  const auto& call = steps[0];
  CHECK(call.at("name") == "pay");
  CHECK(call.at("state") == "succeeded");
  CHECK(call.at("source") == "primary");
  CHECK(call.at("duration_us") == 4'000'000);
  REQUIRE(call.at("attempts").size() == 2);
  CHECK(call.at("attempts")[0].at("failure").at("kind") == "timeout");
  CHECK(call.at("attempts")[0].at("duration_us") == 2'000'000);
  CHECK(call.at("attempts")[1].at("duration_us") == 1'000'000);
  CHECK(steps[1].at("kind") == "side_value");
  CHECK(steps[2].at("state") == "parked");
  CHECK(steps[2].at("ticket") == "T-1");
}

TEST_CASE_METHOD(fixture, "a reopened step is open again", "[runtime][api]") {
  add(1, record_kind::intent, R"({"kind":"call","name":"pay"})", 0s, "1");
  add(1, record_kind::attempt_end, "{}", 0s, "1"); // an attempt nobody saw
  add(1, record_kind::outcome, R"({"failure":{"kind":"timeout"}})", 0s, "1");
  add(1, record_kind::decided, R"({"ticket":"T","decision":{"verb":"retry"}})",
      0s, "1");
  add(1, record_kind::reopened, R"({"revision":1})", 0s, "1");
  const auto step = step_list(content.records).at("steps").at(0);
  CHECK(step.at("state") == "open");
  CHECK(step.at("revision") == 1);
  CHECK_FALSE(step.contains("failure"));
  CHECK(step.at("decisions")[0].at("verb") == "retry");
}

TEST_CASE_METHOD(fixture,
                 "a step whose branch was decided without it is shown "
                 "as abandoned",
                 "[runtime][api]") {
  add(1, record_kind::intent, R"({"kind":"timer","due":1})", 0s, "1.2.1");
  add(1, record_kind::abandoned, "{}", 1s, "1.2.1");
  const auto step = step_list(content.records).at("steps").at(0);
  CHECK(step.at("state") == "abandoned");
}

TEST_CASE_METHOD(fixture, "a record that cannot be read is named",
                 "[runtime][api]") {
  add(7, record_kind::intent, "{", 0s, "1");
  CHECK(refusal([&] { static_cast<void>(step_list(content.records)); })
        == error_code::store_damaged);
}

TEST_CASE_METHOD(fixture, "retry finds the ticket that takes it",
                 "[runtime][api]") {
  add(row_of(1, run_state::parked));
  add(row_of(2, run_state::parked));
  add(row_of(3, run_state::running));
  open_ticket(1);
  open_ticket(2);
  content.tickets.back().options = {verb::answer};
  auto& in = commit();
  CHECK(retry_ticket(in, *in.find_run(1)).id == "T-1");
  for (const auto n : {2, 3})
    CHECK(refusal([&, n] {
            static_cast<void>(
              retry_ticket(in, *in.find_run(static_cast<run_number>(n))));
          })
          == error_code::run_conflict);
}

TEST_CASE_METHOD(fixture, "a run is followed to its end, and beyond",
                 "[runtime][api]") {
  add(row_of(1, run_state::running));
  add(1, record_kind::started, "{}");
  commit();
  auto told = std::vector<std::string>{};
  auto f = follower{.until = follow_until::ended};
  f.on_record = [&](const json& x) { told.push_back(x.at("kind")); };
  const auto go_on = [&] { // what happens meanwhile
    content = {};
    add(row_of(1, run_state::continued));
    add(row_of(2, run_state::completed));
    content.records.push_back(
      {1, 1, record_kind::continued, t0, {}, bodies::continued(id_of(2))});
    content.records.push_back(
      {2, 0, record_kind::completed, t0, {}, R"({"result":5})"});
    commit();
  };
  const auto end = follow_run(*store, row_of(1, run_state::running), f, go_on);
  CHECK(told == std::vector<std::string>{"started", "continued", "completed"});
  CHECK(end.at("result") == 5);
}

TEST_CASE_METHOD(fixture, "following ends when it is told to",
                 "[runtime][api]") {
  add(row_of(1, run_state::running));
  commit();
  auto looks = 0;
  auto f = follower{};
  f.keep_going = [&] { return ++looks < 3; };
  const auto end = follow_run(*store, row_of(1, run_state::running), f, [] {});
  CHECK(end.is_null());
  CHECK(looks == 3);
}

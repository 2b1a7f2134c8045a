// What every store must do, whatever it is made of.
#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/defaults.hpp>

using namespace stanchion;

namespace {

/// A new, empty store of the kind that the test case runs with now.
struct any_store {
  any_store() {
    const std::string kind = GENERATE("memory", "sqlite");
    INFO(kind);
    if (kind == "memory")
      it = make_memory_store();
    else
      it = open_sqlite_store(dir.database());
  }

  temp_dir dir;
  std::unique_ptr<store> it;
};

#define ANY_STORE_CASE(...) TEST_CASE_METHOD(any_store, __VA_ARGS__)

record ended(run_number run, std::uint32_t seq, record_kind kind) {
  auto x = make_record(run, seq);
  x.kind = kind;
  return x;
}

} // namespace

// -- records -----------------------------------------------------------------

ANY_STORE_CASE("an empty store knows nothing", "[journal][store]") {
  CHECK(it->read(1, 0).empty());
  CHECK(!it->find_run(1));
  CHECK(!it->find_run(make_row(1).id));
  CHECK(!it->find_run("refund", "k"));
  CHECK(it->list_runs({}).empty());
  CHECK(it->last_run() == 0);
  CHECK(!it->find_ticket("t"));
  CHECK(it->list_tickets({}).empty());
  CHECK(it->find_fact("f").empty());
  CHECK(it->problem().empty());
}

ANY_STORE_CASE("records come back as they were, from any place on",
               "[journal][store]") {
  auto x = make_run(7, 4);
  x.records[1].body = R"({"cents":700,"to":"Zoë"})";
  x.records[2].step = "5.2.1";
  x.records[3].at = from_micros(-1);
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->read(7, 0)) == text(x.records));
  CHECK(text(it->read(7, 3)) == text(std::vector{x.records[3]}));
  CHECK(it->read(7, 4).empty());
  CHECK(it->read(8, 0).empty());
}

ANY_STORE_CASE("every kind of record survives", "[journal][store]") {
  batch x;
  x.runs.push_back(make_row(1, run_state::cancelled));
  for (std::uint32_t i = 0; i < 20; ++i)
    x.records.push_back(ended(1, i, static_cast<record_kind>(i + 1)));
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->read(1, 0)) == text(x.records));
}

ANY_STORE_CASE("a body may be empty, hold any byte, and be large",
               "[journal][store]") {
  const std::string large(defaults::blob_threshold + 1, 'x');
  const auto body = GENERATE_COPY(std::string{}, std::string{"\0\x01\xff", 3},
                                  std::string(defaults::blob_threshold, 'y'),
                                  large, large + large);
  auto x = make_run(1, 3);
  x.records[1].body = body;
  x.records[2].body = body;
  REQUIRE(commit(*it, x) == commit_status::done);
  const auto back = it->read(1, 0);
  REQUIRE(back.size() == 3);
  CHECK(back[1].body == body);
  CHECK(back[2].body == body);
  CHECK(text(it->verify()).empty());
}

ANY_STORE_CASE("runs of one batch keep their records apart",
               "[journal][store]") {
  batch x;
  x.runs = {make_row(1), make_row(2)};
  x.records = {make_record(1, 0), make_record(2, 0), make_record(1, 1),
               make_record(2, 1)};
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(it->read(1, 0).size() == 2);
  CHECK(it->read(2, 0).size() == 2);
}

ANY_STORE_CASE("several batches and none are committed at once",
               "[journal][store]") {
  const auto first = make_run(1);
  const auto second = make_run(2);
  const std::vector<const batch*> both{&first, &second};
  REQUIRE(it->commit(both) == commit_status::done);
  REQUIRE(it->commit({}) == commit_status::done);
  REQUIRE(commit(*it, batch{}) == commit_status::done);
  CHECK(it->last_run() == 2);
}

// -- contradictions ----------------------------------------------------------

ANY_STORE_CASE("a batch that contradicts the store changes nothing",
               "[journal][store]") {
  auto old = make_run(1, 2);
  old.runs[0].key = "k";
  REQUIRE(commit(*it, old) == commit_status::done);
  auto x = make_run(2);
  SECTION("a record's place is taken") {
    x.records.push_back(make_record(1, 1));
  }
  SECTION("a record comes twice") {
    x.records.push_back(make_record(2, 0));
  }
  SECTION("another run has the id") {
    x.runs[0].id = old.runs[0].id;
  }
  SECTION("another run of the agent has the key") {
    x.runs[0].key = "k";
  }
  x.tickets.push_back(make_ticket("t", 2));
  x.facts.push_back({"f", "text"});
  const auto good = make_run(3);
  const std::vector<const batch*> both{&good, &x};
  const auto said = refused([&] { (void)it->commit(both); });
  CHECK(said.code == error_code::run_conflict);
  CHECK(it->last_run() == 1);
  CHECK(it->read(2, 0).empty());
  CHECK(it->read(3, 0).empty());
  CHECK(!it->find_ticket("t"));
  CHECK(it->find_fact("f").empty());
  CHECK(commit(*it, good) == commit_status::done);
  CHECK(text(it->verify()).empty());
}

ANY_STORE_CASE("a key is an agent's own, and none is no key",
               "[journal][store]") {
  auto x = make_run(1);
  auto y = make_run(2);
  auto z = make_run(3);
  x.runs[0].key = "k";
  y.runs[0].key = "k";
  y.runs[0].agent = "audit";
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, y) == commit_status::done);
  REQUIRE(commit(*it, z) == commit_status::done);
  CHECK(it->find_run("refund", "k")->number == 1);
  CHECK(it->find_run("audit", "k")->number == 2);
  CHECK(!it->find_run("refund", ""));
  CHECK(!it->find_run("refund", "' OR 1=1 --"));
}

// -- runs --------------------------------------------------------------------

ANY_STORE_CASE("a run's row comes back as it was, by number and by id",
               "[journal][store]") {
  auto x = make_run(5);
  auto& row = x.runs[0];
  row.state = run_state::waiting;
  row.waiting_for = "timer";
  row.next_at = from_micros(1'800'000'000'000'000);
  row.parent = 4;
  row.parent_step = "3.1";
  row.key = "k'\"\xf0\x9f\x98\x80";
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->find_run(5)) == text(row));
  CHECK(text(it->find_run(row.id)) == text(row));
  CHECK(!it->find_run(4));
}

ANY_STORE_CASE("a row replaces the one of its number", "[journal][store]") {
  REQUIRE(commit(*it, make_run(1)) == commit_status::done);
  REQUIRE(commit(*it, make_run(2)) == commit_status::done);
  auto row = make_row(1, run_state::parked);
  SECTION("as runs go on") {
    row.waiting_for = "ticket t";
    row.updated += 1s;
  }
  SECTION("in every column") {
    row.id = derived_uuid(1, 1);
    row.agent = "audit";
    row.version = "v2";
    row.created += 1s;
    row.parent = 2;
    row.parent_step = "1";
    row.submitter = "other";
    row.key = "k";
  }
  batch x;
  x.runs = {row};
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->find_run(1)) == text(row));
  CHECK(text(it->find_run(row.id)) == text(row));
  CHECK(it->list_runs({}).size() == 2);
  CHECK(it->last_run() == 2);
}

ANY_STORE_CASE("runs are listed newest first, as the filter says",
               "[journal][store]") {
  batch x;
  for (run_number n = 1; n <= 6; ++n) {
    x.records.push_back(make_record(n, 0));
    x.runs.push_back(make_row(n));
  }
  x.runs[1].state = run_state::parked;
  x.runs[2].state = run_state::completed;
  x.records.push_back(ended(3, 1, record_kind::completed));
  x.runs[3].agent = "audit";
  x.runs[4].parent = 1;
  x.runs[5].parent = 1;
  x.runs[5].state = run_state::parked;
  REQUIRE(commit(*it, x) == commit_status::done);
  using s = run_state;
  const auto [filter, expected]
    = GENERATE(table<run_filter, std::vector<run_number>>({
      {{}, {6, 5, 4, 3, 2, 1}},
      {{.limit = 2}, {6, 5}},
      {{.limit = 0}, {}},
      {{.before = 3}, {2, 1}},
      {{.before = 1}, {}},
      {{.states = {s::parked}}, {6, 2}},
      {{.states = {s::parked, s::completed}}, {6, 3, 2}},
      {{.states = {s::failed}}, {}},
      {{.agent = "audit"}, {4}},
      {{.agent = "nobody"}, {}},
      {{.parent = 1}, {6, 5}},
      {{.states = {s::parked}, .parent = 1}, {6}},
      {{.states = {s::parked}, .before = 6, .limit = 1}, {2}},
      {{.states = {s::running}, .agent = "refund", .parent = 1}, {5}},
    }));
  CHECK(numbers(it->list_runs(filter)) == expected);
}

ANY_STORE_CASE("open runs are walked oldest first, and may be read meanwhile",
               "[journal][store]") {
  batch x;
  std::vector<run_number> open;
  for (run_number n = 1; n <= 2'500; ++n) {
    const auto ends = n % 5 == 0;
    x.runs.push_back(make_row(n, ends ? run_state::failed : run_state::queued));
    x.records.push_back(make_record(n, 0));
    if (ends)
      x.records.push_back(ended(n, 1, record_kind::failed));
    else
      open.push_back(n);
  }
  REQUIRE(commit(*it, x) == commit_status::done);
  std::vector<run_number> seen;
  std::size_t records = 0;
  it->each_open_run([&](const run_row& row) {
    seen.push_back(row.number);
    if (row.number % 100 == 1)
      records += it->read(row.number, 0).size();
  });
  CHECK(seen == open);
  CHECK(records == 25);
}

// -- tickets and facts -------------------------------------------------------

ANY_STORE_CASE("a ticket comes back as it was", "[journal][store]") {
  auto x = make_run(1);
  x.tickets = {make_ticket("t1", 1)};
  auto& t = x.tickets[0];
  t.revision = 3;
  t.version = 4;
  SECTION("open") {
    // as it is
  }
  SECTION("without options") {
    t.options.clear();
  }
  SECTION("on terms") {
    t.terms = {.digest = "ab12",
               .needed = 2,
               .roles = {"finance", "lead"},
               .requester = "ann",
               .votes = {{"bob", from_micros(1'700'000'000'000'003), "fine"}},
               .expires = from_micros(1'700'000'000'000'009),
               .ladder = {{"the lead", 30min}, {"the head", 2h}},
               .escalates = from_micros(1'700'000'000'000'007),
               .assignee = "support",
               .used = from_micros(1'700'000'000'000'008),
               .answer_schema = R"({"type":"string"})",
               .undo = R"({"tool":"pay.undo"})"};
  }
  SECTION("decided") {
    t.state = ticket_state::decided;
    t.decided = decision{verb::edit, "ada", from_micros(5), "less", "{}"};
  }
  SECTION("decided without words") {
    t.state = ticket_state::decided;
    t.decided = decision{verb::abort, "", from_micros(0), "", ""};
  }
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->find_ticket("t1")) == text(t));
  CHECK(!it->find_ticket("t2"));
}

ANY_STORE_CASE("tickets are listed oldest first, as the filter says",
               "[journal][store]") {
  auto x = make_run(1);
  auto y = make_run(2);
  x.tickets = {make_ticket("z", 1), make_ticket("y", 1)};
  y.tickets = {make_ticket("x", 2), make_ticket("w")};
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, y) == commit_status::done);
  batch change;
  change.tickets = {make_ticket("z", 1), make_ticket("x", 2)};
  change.tickets[0].state = ticket_state::decided;
  change.tickets[1].state = ticket_state::withdrawn;
  REQUIRE(commit(*it, change) == commit_status::done);
  using s = ticket_state;
  const auto [filter, expected]
    = GENERATE(table<ticket_filter, std::vector<std::string>>({
      {{}, {"z", "y", "x", "w"}},
      {{.limit = 3}, {"z", "y", "x"}},
      {{.limit = 0}, {}},
      {{.states = {s::open}}, {"y", "w"}},
      {{.states = {s::open, s::withdrawn}}, {"y", "x", "w"}},
      {{.run = 1}, {"z", "y"}},
      {{.states = {s::open}, .run = 1}, {"y"}},
      {{.states = {s::decided}, .run = 2}, {}},
      {{.tree = true}, {"w"}},
      {{.states = {s::open}, .tree = true}, {"w"}},
      {{.states = {s::decided}, .tree = true}, {}},
      {{.limit = 2, .after = 1}, {"y", "x"}},
      {{.states = {s::open}, .after = 1}, {"y", "w"}},
      {{.states = {s::open}, .after = 2}, {"w"}},
      {{.run = 1, .after = 1}, {"y"}},
      {{.after = 4}, {}},
    }));
  CHECK(ids(it->list_tickets(filter)) == expected);
}

ANY_STORE_CASE("tickets are listed by what they are about, and by whose",
               "[journal][store]") {
  auto b = batch{};
  const auto add
    = [&b](const char* id, const char* context, const char* whose = "") {
        auto t = make_ticket(id);
        t.context = context;
        t.terms.assignee = whose;
        b.tickets.push_back(std::move(t));
      };
  add("call", R"({"agent":"a","failing_step":{"kind":"call","name":"t"}})");
  add("child", R"({"agent":"a","failing_step":{"kind":"child","name":"t"}})",
      "ann");
  add("tree", R"({"tool":"t"})", "ann");
  add("other", R"({"agent":"it's \u00e4","failing_step":7,"tool":[]})", "bob");
  add("none", "{}");
  REQUIRE(commit(*it, b) == commit_status::done);
  using s = ticket_state;
  const auto [filter, expected]
    = GENERATE(table<ticket_filter, std::vector<std::string>>({
      {{.agent = "a"}, {"call", "child"}},
      {{.agent = "it's \u00e4"}, {"other"}},
      {{.agent = "b"}, {}},
      {{.tool = "t"}, {"call", "tree"}},
      {{.assignee = "ann"}, {"child", "tree"}},
      {{.agent = "a", .assignee = "ann"}, {"child"}},
      {{.agent = "a", .tool = "t", .assignee = "ann"}, {}},
      {{.tool = "t", .after = 1}, {"tree"}},
    }));
  const auto open = GENERATE(false, true);
  auto asked = filter;
  if (open)
    asked.states = {s::open};
  CHECK(ids(it->list_tickets(asked)) == expected);
}

ANY_STORE_CASE("a ticket keeps its number when it changes",
               "[journal][store]") {
  auto b = batch{};
  b.tickets = {make_ticket("x"), make_ticket("y")};
  REQUIRE(commit(*it, b) == commit_status::done);
  auto changed = *it->find_ticket("x");
  CHECK(changed.number == 1);
  changed.terms.assignee = "ann";
  auto change = batch{};
  change.tickets = {changed};
  REQUIRE(commit(*it, change) == commit_status::done);
  CHECK(it->find_ticket("x")->number == 1);
  CHECK(it->find_ticket("y")->number == 2);
}

ANY_STORE_CASE("open tickets are counted by kind, with the age of the oldest",
               "[journal][store]") {
  CHECK(it->count_open_tickets().empty());
  auto b = batch{};
  const auto add = [&b](const char* id, ticket_kind kind, duration at,
                        ticket_state state = ticket_state::open) {
    auto t = make_ticket(id);
    t.kind = kind;
    t.created = instant{at};
    t.state = state;
    if (state == ticket_state::decided)
      t.decided = decision{.by = "ann", .at = instant{at}};
    b.tickets.push_back(std::move(t));
  };
  add("a", ticket_kind::escalation, 50s);
  add("b", ticket_kind::approval, 70s);
  add("c", ticket_kind::approval, 60s);
  add("d", ticket_kind::approval, 10s, ticket_state::withdrawn);
  add("e", ticket_kind::question, 20s, ticket_state::decided);
  REQUIRE(commit(*it, b) == commit_status::done);
  const auto found = it->count_open_tickets();
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == ticket_kind::approval);
  CHECK(found[0].count == 2);
  CHECK(found[0].oldest == instant{60s});
  CHECK(found[1].kind == ticket_kind::escalation);
  CHECK(found[1].count == 1);
  CHECK(found[1].oldest == instant{50s});
}

ANY_STORE_CASE("a fact is replaced, and removed by an empty text",
               "[journal][store]") {
  const auto say = [&](std::string text) {
    batch x;
    x.facts = {{"breaker/mail", std::move(text)}, {"other", "stays"}};
    REQUIRE(commit(*it, x) == commit_status::done);
    return it->find_fact("breaker/mail");
  };
  CHECK(say("open") == "open");
  CHECK(say("closed") == "closed");
  CHECK(say("").empty());
  CHECK(say("").empty());
  CHECK(it->find_fact("other") == "stays");
}

ANY_STORE_CASE("facts are listed by the beginning of their keys",
               "[journal][store]") {
  batch x;
  x.facts = {{"told/b", "2"}, {"told", "no"},         {"told/a", "1"},
             {"tole", "no"},  {"told/\xc3\xa9", "3"}, {"gone/x", "no"}};
  REQUIRE(commit(*it, x) == commit_status::done);
  auto listed = std::string{};
  for (const auto& f : it->list_facts("told/"))
    listed += f.key + "=" + f.text + " ";
  CHECK(listed == "told/a=1 told/b=2 told/\xc3\xa9=3 ");
  CHECK(it->list_facts("nothing/").empty());
  CHECK(it->list_facts("").size() == 6);
}

// -- verify ------------------------------------------------------------------

ANY_STORE_CASE("verify counts what is there", "[journal][store]") {
  auto x = make_run(1, 3);
  x.tickets = {make_ticket("t", 1), make_ticket("u")};
  REQUIRE(commit(*it, x) == commit_status::done);
  const auto report = it->verify();
  CHECK(report.records == 3);
  CHECK(report.runs == 1);
  CHECK(report.tickets == 2);
  CHECK(text(report).empty());
}

ANY_STORE_CASE("verify names the run whose parts do not fit",
               "[journal][store]") {
  auto x = make_run(3, 2);
  std::string expected;
  SECTION("a record is missing") {
    x.records.push_back(make_record(3, 3));
    expected = "record 2 is missing";
  }
  SECTION("the first record is missing") {
    x.records.erase(x.records.begin());
    expected = "record 0 is missing";
  }
  SECTION("records are missing") {
    x.records.push_back(make_record(3, 5));
    expected = "records 2 to 4 are missing";
  }
  SECTION("the first is none to start with") {
    x.records[0].kind = record_kind::crash;
    expected = "the first record is not 'started'";
  }
  SECTION("there is no row") {
    x.runs.clear();
    expected = "the run has records but no row";
  }
  SECTION("there are no records") {
    x.records.clear();
    expected = "the run has no records";
  }
  SECTION("only the row has ended") {
    x.runs[0].state = run_state::completed;
    expected = "the row says 'completed', no record does";
  }
  SECTION("only the records have ended") {
    x.records.push_back(ended(3, 2, record_kind::failed));
    expected = "the row says 'running', the last record 'failed'";
  }
  SECTION("they ended differently, and the first end counts") {
    x.records.push_back(ended(3, 2, record_kind::failed));
    x.records.push_back(ended(3, 3, record_kind::completed));
    x.runs[0].state = run_state::completed;
    expected = "the row says 'completed', the last record 'failed'";
  }
  SECTION("a ticket's run does not exist") {
    x.tickets = {make_ticket("t", 3)};
    x.records.clear();
    x.runs.clear();
    expected = "ticket t belongs to a run that does not exist";
  }
  SECTION("a ticket's run has another id") {
    x.tickets = {make_ticket("t", 3)};
    x.tickets[0].run_id = derived_uuid(0, 0);
    expected = "ticket t and its run disagree about the run's id";
  }
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->verify()) == "3: " + expected + "\n");
}

ANY_STORE_CASE("what comes late after the end does not undo it",
               "[journal][store]") {
  auto x = make_run(1, 1);
  x.records.push_back(ended(1, 1, record_kind::cancelled));
  x.records.push_back(ended(1, 2, record_kind::late));
  x.runs[0].state = run_state::cancelled;
  REQUIRE(commit(*it, x) == commit_status::done);
  CHECK(text(it->verify()).empty());
}

ANY_STORE_CASE("a run that lost a record is not read, others are",
               "[journal][store]") {
  auto x = make_run(1, 2);
  x.records.push_back(make_record(1, 3));
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, make_run(2, 2)) == commit_status::done);
  const auto said = refused([&] { (void)it->read(1, 0); });
  CHECK(said.code == error_code::store_damaged);
  CHECK_THAT(said.text, ContainsSubstring("run 1 has no record 2"));
  CHECK(it->read(1, 3).size() == 1);
  CHECK(it->read(2, 0).size() == 2);
}

ANY_STORE_CASE("one line is remembered until another takes its place",
               "[journal][store]") {
  CHECK(it->remembered().empty());
  it->remember("run 12 step 3.1.4");
  CHECK(it->remembered() == "run 12 step 3.1.4");
  it->remember("run 2");
  CHECK(it->remembered() == "run 2");
  it->remember({});
  CHECK(it->remembered().empty());
}

ANY_STORE_CASE("what was changed is listed, newest first", "[journal][store]") {
  const auto entry = [](const char* subject, const char* by) {
    return audit_entry{.at = from_micros(1'700'000'000'000'000),
                       .by = by,
                       .act = "mode.set",
                       .subject = subject,
                       .reason = "tests",
                       .before = "\"autonomous\"",
                       .after = "\"advisory\""};
  };
  auto x = batch{};
  x.audits = {entry("refund", "ann"), entry("triage", "bob")};
  REQUIRE(commit(*it, x) == commit_status::done);
  x.audits = {entry("refund", "bob")};
  REQUIRE(commit(*it, x) == commit_status::done);
  const auto listed = [this](const audit_filter& f) {
    auto found = std::string{};
    for (const auto& a : it->list_audits(f))
      found += std::to_string(a.number) + a.by + " ";
    return found;
  };
  CHECK(listed({}) == "3bob 2bob 1ann ");
  CHECK(listed({.subject = "refund"}) == "3bob 1ann ");
  CHECK(listed({.by = "ann"}) == "1ann ");
  CHECK(listed({.before = 3, .limit = 1}) == "2bob ");
  const auto first = it->list_audits({.by = "ann"}).at(0);
  CHECK(first.act == "mode.set");
  CHECK(first.reason == "tests");
  CHECK(first.before == "\"autonomous\"");
  CHECK(first.after == "\"advisory\"");
  CHECK(to_micros(first.at) == 1'700'000'000'000'000);
  CHECK(text(it->verify()).empty());
}

// -- pruning ------------------------------------------------------------------

namespace {

/// Run `number` as it has ended, with a ticket in that state.
batch over(run_number number, ticket_state state = ticket_state::decided) {
  auto x = make_run(number, 2);
  x.runs[0].state = run_state::completed;
  x.runs[0].key = "key " + std::to_string(number);
  x.records.push_back(ended(number, 2, record_kind::completed));
  x.tickets = {make_ticket("t" + std::to_string(number), number)};
  x.tickets[0].state = state;
  return x;
}

batch pruned(std::vector<run_number> runs) {
  batch x;
  x.prunes = std::move(runs);
  return x;
}

} // namespace

ANY_STORE_CASE("a pruned run is gone, with its records, tickets and key",
               "[journal][store]") {
  for (const run_number n : {1, 2, 3})
    REQUIRE(commit(*it, over(n)) == commit_status::done);
  REQUIRE(commit(*it, pruned({2})) == commit_status::done);
  CHECK(numbers(it->list_runs({})) == std::vector<run_number>{3, 1});
  CHECK(it->read(2, 0).empty());
  CHECK(!it->find_run(2));
  CHECK(!it->find_run(make_row(2).id));
  CHECK(!it->find_run(make_row(2).agent, "key 2"));
  CHECK(!it->find_ticket("t2"));
  CHECK(ids(it->list_tickets({})) == std::vector<std::string>{"t1", "t3"});
  CHECK(it->read(1, 0).size() == 3);
  CHECK(text(it->verify()).empty());
}

ANY_STORE_CASE("what is open, asked about or newest is never pruned",
               "[journal][store]") {
  REQUIRE(commit(*it, make_run(1, 2)) == commit_status::done);
  REQUIRE(commit(*it, over(2, ticket_state::open)) == commit_status::done);
  REQUIRE(commit(*it, over(3)) == commit_status::done);
  const auto before = contents(*it);
  REQUIRE(commit(*it, pruned({1, 2, 3, 4})) == commit_status::done);
  CHECK(contents(*it) == before);
}

ANY_STORE_CASE("what is pruned once more is gone already", "[journal][store]") {
  for (const run_number n : {1, 2})
    REQUIRE(commit(*it, over(n)) == commit_status::done);
  REQUIRE(commit(*it, pruned({1})) == commit_status::done);
  const auto after = contents(*it);
  REQUIRE(commit(*it, pruned({1, 1})) == commit_status::done);
  CHECK(contents(*it) == after);
  CHECK(text(it->verify()).empty());
}

ANY_STORE_CASE("after a prune records are appended as before",
               "[journal][store]") {
  for (const run_number n : {1, 2, 3})
    REQUIRE(commit(*it, over(n)) == commit_status::done);
  auto x = batch{};
  x.records = {make_record(3, 3)};
  x.prunes = {1, 2};
  REQUIRE(commit(*it, x) == commit_status::done);
  REQUIRE(commit(*it, make_run(4, 2)) == commit_status::done);
  CHECK(it->read(3, 0).size() == 4);
  CHECK(it->last_run() == 4);
  CHECK(text(it->verify()).empty());
}

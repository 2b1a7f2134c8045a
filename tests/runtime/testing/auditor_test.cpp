#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/runtime/testing/detail/auditor.hpp>

#include <nlohmann/json.hpp>

#include <set>
#include <string>

using namespace stanchion;

namespace {

/// A journal and a tool that are written by hand.
class books {
public:
  books()
    : auditor([this](const std::string& k) { return done.contains(k); },
              [](const std::string&) { return 3U; },
              [this](const std::string&) { return asks; }) {
    row.number = 1;
    row.id = derived_uuid(1, 1);
    row.agent = "a";
    row.state = run_state::running;
    key = idempotency_key(row.id, "1", 0);
  }

  void add(record_kind kind, std::string body, const step_path& step = "1") {
    auto b = batch{};
    b.runs.push_back(row);
    b.records.push_back({1, seq++, kind, {}, step, std::move(body)});
    auditor.committed(b, now);
  }
  void begin() {
    add(record_kind::started, bodies::started({.agent = "a"}), {});
  }
  void intent() {
    add(record_kind::intent, R"({"kind":"call","name":"pay","effect":")"
                               + std::string{to_string(e)}
                               + R"(","arguments":{}})");
  }
  void attempt(std::uint32_t n) {
    add(record_kind::attempt, bodies::attempt(n, key));
  }
  void end(std::uint32_t n, side_effect what) {
    add(record_kind::attempt_end,
        bodies::attempt_end(n, failure{.effect = what}));
  }
  void outcome() {
    add(record_kind::outcome, bodies::outcome(value{}, false));
  }
  /// The tool is asked; `acts` says whether it does what it is asked.
  void call(std::uint32_t n, bool acts = true,
            const std::string& arguments = "{}") {
    auditor.attempted({.at = now,
                       .tool = "pay",
                       .effect = e,
                       .key = key,
                       .attempt = n,
                       .arguments = arguments});
    if (acts)
      done.insert(key);
  }
  void word(verb v) {
    auto t = ticket{};
    t.id = "T-" + std::to_string(++tickets);
    t.run = 1;
    t.step = "1";
    t.state = ticket_state::decided;
    t.decided = decision{.verb = v, .by = "ann"};
    auto b = batch{};
    b.tickets.push_back(t);
    auditor.committed(b, now);
  }
  void approved(const std::string& arguments) {
    auto t = ticket{};
    t.id = "A-1";
    t.kind = ticket_kind::approval;
    t.run = 1;
    t.run_id = row.id;
    t.step = "1";
    t.state = ticket_state::decided;
    t.terms.digest = to_string(sha256(arguments));
    t.decided = decision{.verb = verb::approve, .by = "ann"};
    auto b = batch{};
    b.tickets.push_back(t);
    auditor.committed(b, now);
  }
  /// The rules that were broken.
  [[nodiscard]] std::set<std::string> broken() const {
    auto rules = std::set<std::string>{};
    for (const auto& v : auditor.violations())
      rules.insert(v.rule);
    return rules;
  }

  void mode_is(const std::string& name, const std::string& by) {
    auto b = batch{};
    b.facts.push_back(
      {"mode/a", R"({"mode":")" + name + R"(","by":")" + by + R"("})"});
    auditor.committed(b, now);
  }

  effect e = effect::once;
  bool asks = false;
  instant now{1h};
  run_row row;
  std::string key;
  std::set<std::string> done;
  std::uint32_t seq = 0;
  int tickets = 0;
  detail::auditor auditor;
};

using rules = std::set<std::string>;

} // namespace

TEST_CASE_METHOD(books, "a call that goes well breaks nothing",
                 "[runtime][testing]") {
  begin();
  intent();
  attempt(1);
  call(1);
  outcome();
  auditor.acknowledged(row);
  CHECK(broken().empty());
}

TEST_CASE_METHOD(books,
                 "a call that people must approve, and did not, breaks "
                 "I5",
                 "[runtime][testing]") {
  asks = true;
  begin();
  intent();
  attempt(1);
  SECTION("nobody was asked") {
    call(1);
    CHECK(broken() == rules{"I5"});
  }
  SECTION("they approved something else") {
    approved(R"({"n":1})");
    call(1);
    CHECK(broken() == rules{"I5"});
  }
  SECTION("they did") {
    approved("{}");
    call(1);
    CHECK(broken().empty());
  }
}

TEST_CASE_METHOD(books, "a call that nobody recorded breaks I2",
                 "[runtime][testing]") {
  begin();
  intent();
  SECTION("it changes things") {
    call(1);
    CHECK(broken() == rules{"I2"});
  }
  SECTION("it only reads") {
    e = effect::read_only;
    call(1);
    CHECK(broken().empty());
  }
}

TEST_CASE_METHOD(books, "a call whose outcome is on record breaks I3",
                 "[runtime][testing]") {
  e = effect::idempotent;
  begin();
  intent();
  attempt(1);
  call(1);
  outcome();
  attempt(2);
  call(2);
  CHECK(broken() == rules{"I3"});
}

TEST_CASE_METHOD(books, "a second call of which nobody knows breaks I4",
                 "[runtime][testing]") {
  begin();
  intent();
  attempt(1);
  SECTION("it has happened") {
    call(1);
    end(1, side_effect::unknown);
    attempt(2);
    call(2);
    CHECK(broken() == rules{"I4"});
  }
  SECTION("it has not, but who would know") {
    call(1, false);
    end(1, side_effect::unknown);
    attempt(2);
    call(2);
    CHECK(broken() == rules{"I4"});
  }
  SECTION("it provably has not") {
    call(1, false);
    end(1, side_effect::none);
    attempt(2);
    call(2);
    CHECK(broken().empty());
  }
  SECTION("a person said so") {
    call(1, false);
    end(1, side_effect::unknown);
    word(verb::did_not_happen);
    attempt(2);
    call(2);
    CHECK(broken().empty());
  }
  SECTION("a person's word is good for one") {
    call(1, false);
    word(verb::did_not_happen);
    attempt(2);
    call(2);
    attempt(3);
    call(3);
    CHECK(broken() == rules{"I4"});
  }
}

TEST_CASE_METHOD(books, "another set of arguments breaks I5",
                 "[runtime][testing]") {
  e = effect::idempotent;
  begin();
  intent();
  attempt(1);
  call(1, false);
  attempt(2);
  call(2, true, R"({"cents":1})");
  CHECK(broken() == rules{"I5"});
}

TEST_CASE_METHOD(books, "a gap, and a record after the last, break I6",
                 "[runtime][testing]") {
  begin();
  SECTION("a gap") {
    ++seq;
    intent();
  }
  SECTION("after the last") {
    add(record_kind::completed, bodies::completed(value{}), {});
    intent();
  }
  CHECK(broken() == rules{"I6"});
}

TEST_CASE_METHOD(books, "more attempts than allowed break I9",
                 "[runtime][testing]") {
  e = effect::idempotent;
  begin();
  intent();
  for (auto n = 1U; n <= 3; ++n) {
    attempt(n);
    call(n, false);
  }
  CHECK(broken().empty());
  SECTION("one too many") {
    attempt(4);
    call(4);
    CHECK(broken() == rules{"I9"});
  }
  SECTION("one of them was lost in a death") {
    auditor.process_died();
    attempt(4);
    call(4);
    CHECK(broken().empty());
  }
}

TEST_CASE_METHOD(books, "a success that its tool knows nothing of breaks I14",
                 "[runtime][testing]") {
  begin();
  intent();
  attempt(1);
  call(1, false);
  outcome();
  CHECK(broken() == rules{"I14"});
}

TEST_CASE_METHOD(books, "what was acknowledged and is gone breaks I1",
                 "[runtime][testing]") {
  SECTION("it was told too early") {
    auditor.acknowledged(row);
    CHECK(broken() == rules{"I1"});
  }
  SECTION("the next process does not find it") {
    begin();
    auditor.acknowledged(row);
    const auto empty = make_memory_store();
    auditor.started(*empty);
    CHECK(broken() == rules{"I1"});
  }
}

TEST_CASE_METHOD(books, "a run that nothing will move breaks I8",
                 "[runtime][testing]") {
  const auto in = make_memory_store();
  auto b = batch{};
  b.runs.push_back(row);
  b.records.push_back(
    {1, 0, record_kind::started, {}, {}, bodies::started({.agent = "a"})});
  const auto* pointer = &b;
  REQUIRE(in->commit({&pointer, 1}) == commit_status::done);
  auditor.quiet(*in, [](const run_row&) { return true; });
  CHECK(broken().empty());
  auditor.quiet(*in, [](const run_row&) { return false; });
  CHECK(broken() == rules{"I8"});
}

TEST_CASE_METHOD(books, "who may do more, and nobody said so, breaks I10",
                 "[runtime][testing]") {
  begin();
  mode_is("advisory", "ann");
  SECTION("nobody said it") {
    mode_is("autonomous", "ann");
    CHECK(broken() == rules{"I10"});
  }
  SECTION("a person said another mode") {
    auditor.said("a", mode::stopped);
    mode_is("autonomous", "ann");
    CHECK(broken() == rules{"I10"});
  }
  SECTION("a person said it") {
    auditor.said("a", mode::autonomous);
    mode_is("autonomous", "ann");
    CHECK(broken().empty());
  }
  SECTION("it has earned it") {
    mode_is("autonomous", "a rule");
    CHECK(broken().empty());
  }
  SECTION("the run says it itself") {
    add(record_kind::mode, R"({"mode":"stopped","own":"stopped"})", {});
    CHECK(broken().empty());
    add(record_kind::mode, R"({"mode":"advisory","by":"the agent"})", {});
    CHECK(broken() == rules{"I10"});
  }
}

TEST_CASE_METHOD(books, "what a mode forbids breaks I10",
                 "[runtime][testing]") {
  begin();
  intent();
  attempt(1);
  SECTION("an agent that is stopped") {
    e = effect::read_only;
    mode_is("stopped", "ann");
    SECTION("left before it was") {
      call(1);
      CHECK(broken().empty());
    }
    SECTION("left later") {
      now += 1s;
      call(1);
      CHECK(broken() == rules{"I10"});
    }
  }
  SECTION("one that may only propose") {
    mode_is("advisory", "ann");
    now += 1s;
    SECTION("reads") {
      e = effect::read_only;
      call(1);
      CHECK(broken().empty());
    }
    SECTION("acts") {
      call(1);
      CHECK(broken() == rules{"I10"});
    }
    SECTION("does what was approved") {
      approved("{}");
      call(1);
      CHECK(broken().empty());
    }
  }
}

TEST_CASE_METHOD(books, "an actor that is left over breaks I11",
                 "[runtime][testing]") {
  auditor.over(7, 7);
  CHECK(broken().empty());
  auditor.over(8, 7);
  CHECK(broken() == rules{"I11"});
}

TEST_CASE_METHOD(books, "a run that goes on after it was cancelled breaks I16",
                 "[runtime][testing]") {
  begin();
  add(record_kind::cancel, bodies::cancel("enough", "ann"), {});
  SECTION("it begins a step") {
    intent();
    CHECK(broken() == rules{"I16"});
  }
  SECTION("it completes") {
    add(record_kind::completed, bodies::completed(value{}), {});
    CHECK(broken() == rules{"I16"});
  }
  SECTION("it ends") {
    add(record_kind::cancelled, bodies::cancelled("enough"), {});
    CHECK(broken().empty());
  }
}

TEST_CASE_METHOD(books, "a run that ends beside an open attempt breaks I17",
                 "[runtime][testing]") {
  begin();
  intent();
  attempt(1);
  call(1, false);
  auto expected = rules{};
  SECTION("of which nobody knows") {
    expected = {"I17"};
  }
  SECTION("whose end says nothing") {
    end(1, side_effect::unknown);
    expected = {"I17"};
  }
  SECTION("that did nothing") {
    end(1, side_effect::none);
  }
  SECTION("of which people have said what they know") {
    word(verb::abort);
  }
  add(record_kind::cancelled, bodies::cancelled("enough"), {});
  CHECK(broken() == expected);
}

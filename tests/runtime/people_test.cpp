#include "support/catch.hpp"

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/runtime/people.hpp>

#include <map>
#include <string>

using namespace stanchion;

namespace {

constexpr auto t0 = instant{1'000'000s};

/// A store filled by hand: run 1 is looked at, the others are its children.
struct fixture {
  void run(run_number n, run_state state, std::string waiting_for = {}) {
    content.runs.push_back({.number = n,
                            .id = derived_uuid(1, n),
                            .agent = "a",
                            .version = "1",
                            .state = state,
                            .waiting_for = std::move(waiting_for),
                            .created = t0,
                            .parent = n == 1 ? run_number{0} : run_number{1}});
  }
  void parked(run_number n, ticket_state t = ticket_state::open) {
    run(n, run_state::parked);
    content.tickets.push_back({.id = "T-" + std::to_string(n),
                               .run = n,
                               .run_id = derived_uuid(1, n),
                               .state = t});
  }
  void add(run_number n, record_kind kind, const step_path& path,
           std::string body = "{}") {
    content.records.push_back({n, seqs[n]++, kind, t0, path, std::move(body)});
  }
  /// Step `path` of run `n` begins.
  void asks(run_number n, const step_path& path, step_kind kind,
            run_number child = 0) {
    auto s = step{};
    s.kind = kind;
    if (child != 0)
      s.child = derived_uuid(1, child);
    s.child_number = child;
    add(n, record_kind::intent, path, bodies::intent(s));
  }
  void done(run_number n, const step_path& path, bool held = false) {
    add(n, record_kind::outcome, path, bodies::outcome(value{}, held));
  }
  store& commit() {
    const auto* x = &content;
    REQUIRE(in->commit({&x, 1}) == commit_status::done);
    content = {};
    return *in;
  }
  bool waits(people_watch& x) {
    return x.waits_for_people(*in->find_run(1));
  }

  batch content;
  std::map<run_number, std::uint32_t> seqs;
  std::shared_ptr<memory_store> in = make_memory_store();
};

} // namespace

TEST_CASE_METHOD(fixture, "a run waits for people exactly if only they help",
                 "[runtime][people]") {
  auto expected = false;
  SECTION("it runs") {
    run(1, run_state::running);
  }
  SECTION("it has ended") {
    run(1, run_state::cancelled);
  }
  SECTION("parked, with its ticket still to come") {
    run(1, run_state::parked);
  }
  SECTION("parked, with its ticket just decided") {
    parked(1, ticket_state::decided);
  }
  SECTION("parked") {
    parked(1);
    expected = true;
  }
  SECTION("it waits for a version that the program lacks") {
    run(1, run_state::waiting, "version 1 of agent a");
    expected = true;
  }
  SECTION("it waits for a tool") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::call);
  }
  SECTION("it waits for a child that is parked") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::child, 2);
    parked(2);
    expected = true;
  }
  SECTION("it waits for a child that works") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::child, 2);
    run(2, run_state::running);
  }
  SECTION("it waits for two children, of which one works") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::child, 2);
    asks(1, "1.2.1", step_kind::child, 3);
    parked(2);
    run(3, run_state::running);
  }
  SECTION("it waits for one child, and another one works") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::child, 2);
    parked(2);
    run(3, run_state::running);
    expected = true;
  }
  SECTION("it waits for a parked child and for a tool") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::child, 2);
    asks(1, "1.2.1", step_kind::call);
    parked(2);
  }
  SECTION("it waits for a parked child and no longer for a tool") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::call);
    done(1, "1");
    asks(1, "2", step_kind::child, 2);
    parked(2);
    expected = true;
  }
  SECTION("it waits for a parked child, and for what came while it was parked "
          "itself") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::call);
    done(1, "1.1.1", true);
    asks(1, "1.2.1", step_kind::child, 2);
    parked(2);
  }
  SECTION("a person has let a step of it be done again") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::call);
    done(1, "1.1.1");
    add(1, record_kind::reopened, "1.1.1", bodies::reopened(0, {}));
    asks(1, "1.2.1", step_kind::child, 2);
    parked(2);
  }
  SECTION("its child has ended, and it is about to hear of that") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::child, 2);
    asks(1, "1.2.1", step_kind::child, 3);
    run(2, run_state::completed);
    parked(3);
  }
  SECTION("its child has settled, and it is about to hear of that") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::settled, 2);
    parked(2);
  }
  SECTION("it waits for a child to settle that waits for a parked one") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::settled, 2);
    run(2, run_state::waiting);
    asks(2, "1", step_kind::child, 3);
    parked(3);
    expected = true;
  }
  SECTION("its child carries on as a run that works") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::child, 2);
    run(2, run_state::continued);
    add(2, record_kind::continued, {}, bodies::continued(derived_uuid(1, 3)));
    run(3, run_state::running);
  }
  SECTION("its child carries on as a run that is parked") {
    run(1, run_state::waiting);
    asks(1, "1", step_kind::child, 2);
    run(2, run_state::continued);
    add(2, record_kind::continued, {}, bodies::continued(derived_uuid(1, 3)));
    parked(3);
    expected = true;
  }
  SECTION("a race against a tool is decided, and it waits for a parked child") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::timer);
    asks(1, "1.2.1", step_kind::call);
    done(1, "1.1.1");
    add(1, record_kind::abandoned, "1.2.1");
    asks(1, "2", step_kind::child, 2);
    parked(2);
    expected = true;
  }
  SECTION("a race against a child that works is decided") {
    run(1, run_state::waiting);
    asks(1, "1.1.1", step_kind::child, 2);
    asks(1, "1.2.1", step_kind::child, 3);
    run(2, run_state::completed);
    done(1, "1.1.1");
    add(1, record_kind::abandoned, "1.2.1");
    run(3, run_state::running);
    asks(1, "2", step_kind::child, 4);
    parked(4);
    expected = true;
  }
  SECTION("nothing is open: it is about to end") {
    run(1, run_state::waiting);
  }
  commit();
  CHECK(waits_for_people(*in, *in->find_run(1)) == expected);
}

TEST_CASE_METHOD(fixture,
                 "a run that goes on by itself at an instant does not "
                 "wait for people",
                 "[runtime][people]") {
  run(1, run_state::waiting);
  content.runs.back().next_at = t0;
  asks(1, "1.1.1", step_kind::timer);
  asks(1, "1.2.1", step_kind::child, 2);
  parked(2);
  commit();
  CHECK_FALSE(waits_for_people(*in, *in->find_run(1)));
}

TEST_CASE_METHOD(fixture,
                 "whoever drives runs knows better than their rows "
                 "what is driven",
                 "[runtime][people]") {
  run(1, run_state::waiting, "version 1 of agent a");
  commit();
  const auto none = [](const run_row&) { return false; };
  CHECK_FALSE(waits_for_people(*in, *in->find_run(1), none));
}

TEST_CASE_METHOD(fixture, "looking again sees what was added",
                 "[runtime][people]") {
  run(1, run_state::waiting);
  asks(1, "1", step_kind::child, 2);
  parked(2);
  commit();
  auto people = people_watch{*in};
  CHECK(waits(people));
  CHECK(waits(people));

  run(2, run_state::completed);
  commit();
  CHECK_FALSE(waits(people));

  done(1, "1");
  asks(1, "2", step_kind::child, 3);
  parked(3);
  commit();
  CHECK(waits(people));
}

#include "support/catch.hpp"

#include <stanchion/core/random.hpp>
#include <stanchion/supervisors/policy/breaker.hpp>

#include <deque>

using namespace stanchion;

namespace {

constexpr auto t0 = from_micros(1'700'000'000'000'000);
constexpr auto success = breaker_result::success;
constexpr auto failed = breaker_result::failure;
constexpr auto ignored = breaker_result::ignored;

/// A breaker that opens after three failures, with its time and its history.
struct bench {
  breaker x{{.consecutive_failures = 3,
             .failure_rate = 0,
             .open_for = 10s,
             .open_cap = 60s,
             .probes = 2,
             .probe_lease = 30s}};
  instant now = t0;
  breaker_changes history;

  void note(const breaker_changes& changes) {
    history.insert(history.end(), changes.begin(), changes.end());
  }

  /// A permit, or nothing if the call was rejected.
  std::optional<breaker_permit> call() {
    const auto result = x.admit(now);
    note(result.changes);
    const auto* in = std::get_if<admitted>(&result.answer);
    return in != nullptr ? std::optional{in->permit} : std::nullopt;
  }

  std::optional<instant> rejected_until() {
    const auto result = x.admit(now);
    note(result.changes);
    REQUIRE(std::holds_alternative<rejected>(result.answer));
    return std::get<rejected>(result.answer).retry_at;
  }

  void end(std::optional<breaker_permit> permit, breaker_result result,
           std::optional<instant> retry_at = std::nullopt) {
    REQUIRE(permit);
    note(x.record(*permit, result, now, retry_at));
  }

  void call_and(breaker_result result) {
    end(call(), result);
  }

  /// One call a letter: success, failure, ignored; capitals are slow.
  void calls(std::string_view results) {
    for (const auto c : results) {
      const auto permit = call();
      REQUIRE(permit);
      const auto slow = c == 'S' || c == 'F' || c == 'I';
      const auto result = c == 's' || c == 'S'   ? success
                          : c == 'f' || c == 'F' ? failed
                                                 : ignored;
      note(x.record(*permit, result, now, std::nullopt, slow ? 2s : 1s));
    }
  }

  void trip() {
    for (int i = 0; i < 3; ++i)
      call_and(failed);
    REQUIRE(state() == breaker_state::open);
  }

  /// Open, and due for a probe.
  void trip_and_wait() {
    trip();
    now += 10s;
  }

  [[nodiscard]] breaker_state state() const {
    return x.status(now).state;
  }

  [[nodiscard]] breaker_cause last_cause() const {
    REQUIRE(!history.empty());
    return history.back().cause;
  }
};

} // namespace

// -- closed and open ----------------------------------------------------------

TEST_CASE_METHOD(bench, "a breaker opens at the Nth failure in a row",
                 "[supervisors][breaker]") {
  call_and(failed);
  call_and(failed);
  CHECK(state() == breaker_state::closed);
  CHECK(history.empty());
  call_and(failed);
  CHECK(state() == breaker_state::open);
  REQUIRE(history.size() == 1);
  CHECK(history[0].from == breaker_state::closed);
  CHECK(history[0].to == breaker_state::open);
  CHECK(history[0].cause == breaker_cause::failures);
  CHECK(history[0].at == t0);
  CHECK(history[0].failures == 3);
  CHECK(history[0].until == t0 + 10s);
}

TEST_CASE_METHOD(bench, "a success between failures starts the count again",
                 "[supervisors][breaker]") {
  for (int i = 0; i < 10; ++i) {
    call_and(failed);
    call_and(failed);
    call_and(success);
  }
  CHECK(history.empty());
}

TEST_CASE_METHOD(bench, "an ignored result is neither success nor failure",
                 "[supervisors][breaker]") {
  call_and(failed);
  call_and(failed);
  for (int i = 0; i < 10; ++i)
    call_and(ignored);
  CHECK(state() == breaker_state::closed);
  call_and(failed);
  CHECK(state() == breaker_state::open);
}

TEST_CASE_METHOD(bench, "a rejected call learns when to come back",
                 "[supervisors][breaker]") {
  trip();
  now += 4s;
  CHECK(rejected_until() == t0 + 10s);
  now = t0 + 10s - 1us;
  CHECK(rejected_until() == t0 + 10s);
  now = t0 + 10s;
  CHECK(call());
}

// -- the window ---------------------------------------------------------------

namespace {

/// A breaker that opens by what its window holds.
struct window_bench : bench {
  window_bench() {
    x = breaker{{.consecutive_failures = 100,
                 .failure_rate = 0.5,
                 .minimum_calls = 5,
                 .window = 60s,
                 .slow_after = 2s,
                 .slow_rate = 0.8,
                 .open_for = 10s}};
  }
};

} // namespace

TEST_CASE_METHOD(window_bench,
                 "a breaker opens when too many of enough calls fail",
                 "[supervisors][breaker]") {
  auto [results, open] = GENERATE(table<const char*, bool>({
    {"ffff", false}, // too few
    {"fffff", true},
    {"ssfff", true},
    {"sssff", false},   // 40 %
    {"ssssffff", true}, // 50 %
    {"sssssffff", false},
    {"fffss", false}, // it is getting better: a success opens nothing
    {"fffssf", true},
    {"iiiiiiffff", false}, // nothing is known of those
    {"iiiifffff", true},
  }));
  CAPTURE(results);
  calls(results);
  CHECK((state() == breaker_state::open) == open);
  if (open)
    CHECK(last_cause() == breaker_cause::failure_rate);
}

TEST_CASE_METHOD(window_bench, "a breaker opens when too many calls are slow",
                 "[supervisors][breaker]") {
  auto [results, open] = GENERATE(table<const char*, bool>({
    {"SSSS", false}, // too few
    {"SSSSS", true},
    {"sSSSS", true},   // 80 %
    {"ssSSS", false},  // 60 %
    {"SSSSs", false},  // it is getting better
    {"IIIISs", false}, // nothing is known of those
    {"SSSSF", true},   // a failure may be slow as well
  }));
  CAPTURE(results);
  calls(results);
  CHECK((state() == breaker_state::open) == open);
  if (open)
    CHECK(last_cause() == breaker_cause::slow_calls);
}

TEST_CASE_METHOD(window_bench, "a breaker says what it saw when it opened",
                 "[supervisors][breaker]") {
  calls("sSifFf");
  REQUIRE(history.size() == 1);
  CHECK(history[0].recent.calls == 5);
  CHECK(history[0].recent.failed == 3);
  CHECK(history[0].recent.slow == 2);
  CHECK(history[0].failures == 3);
}

TEST_CASE_METHOD(window_bench, "what is older than the window does not count",
                 "[supervisors][breaker]") {
  calls("ffff");
  now += 60s;
  calls("ssssffff");
  CHECK(last_cause() == breaker_cause::failure_rate);
  CHECK(history[0].recent.calls == 8);
}

TEST_CASE_METHOD(window_bench, "slow failures spread over hours open nothing",
                 "[supervisors][breaker]") {
  for (auto i = 0; i < 50; ++i) {
    calls("F");
    now += 20s;
  }
  CHECK(history.empty());
}

TEST_CASE_METHOD(window_bench, "a breaker that closed has an empty window",
                 "[supervisors][breaker]") {
  calls("fffff");
  now += 10s;
  calls("ss");
  REQUIRE(state() == breaker_state::closed);
  calls("ffff");
  CHECK(state() == breaker_state::closed);
  calls("f");
  CHECK(state() == breaker_state::open);
}

TEST_CASE_METHOD(window_bench, "failures in a row are named before a rate",
                 "[supervisors][breaker]") {
  x = breaker{{.consecutive_failures = 5}};
  calls("fffff");
  CHECK(last_cause() == breaker_cause::failures);
}

TEST_CASE_METHOD(window_bench, "a slow probe counts as failed",
                 "[supervisors][breaker]") {
  calls("fffff");
  now += 10s;
  calls("sS");
  CHECK(state() == breaker_state::open);
  CHECK(last_cause() == breaker_cause::slow_calls);
  CHECK(rejected_until() == now + 20s);
}

TEST_CASE_METHOD(window_bench, "a late result does not count in the window",
                 "[supervisors][breaker]") {
  const auto late = std::vector{call(), call(), call(), call(), call()};
  calls("fffff");
  now += 10s;
  calls("ss");
  for (const auto& permit : late)
    end(permit, failed);
  CHECK(state() == breaker_state::closed);
}

TEST_CASE_METHOD(window_bench, "no rate opens what has none",
                 "[supervisors][breaker]") {
  x = breaker{{.consecutive_failures = 100, .failure_rate = 0}};
  for (auto i = 0; i < 99; ++i)
    calls("F");
  CHECK(history.empty());
}

// -- half open ----------------------------------------------------------------

TEST_CASE_METHOD(bench, "exactly as many probes leave as are allowed",
                 "[supervisors][breaker]") {
  trip_and_wait();
  const auto first = call();
  const auto second = call();
  CHECK(first);
  CHECK(second);
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(call());
  CHECK(x.status(now).probes_out == 2);
  SECTION("and a success does not make room for a third") {
    end(first, success);
    CHECK_FALSE(call());
    end(second, success);
    CHECK(state() == breaker_state::closed);
    CHECK(last_cause() == breaker_cause::probes_succeeded);
  }
}

TEST_CASE_METHOD(bench, "one probe that fails opens it again for longer",
                 "[supervisors][breaker]") {
  trip_and_wait();
  const auto first = call();
  const auto second = call();
  end(first, success);
  end(second, failed);
  CHECK(last_cause() == breaker_cause::probe_failed);
  CHECK(history.back().failures == 4);
  CHECK(rejected_until() == now + 20s);
}

TEST_CASE_METHOD(bench, "the open time doubles up to its cap and is forgotten",
                 "[supervisors][breaker]") {
  trip();
  for (const auto expected : {20s, 40s, 60s, 60s}) {
    now = *rejected_until();
    call_and(failed);
    CHECK(rejected_until() == now + expected);
  }
  now = *rejected_until();
  call_and(success);
  call_and(success);
  REQUIRE(state() == breaker_state::closed);
  trip();
  CHECK(rejected_until() == now + 10s);
}

TEST_CASE_METHOD(bench, "a cancelled probe gives its place back",
                 "[supervisors][breaker]") {
  trip_and_wait();
  for (int i = 0; i < 50; ++i) {
    const auto first = call();
    const auto second = call();
    CHECK_FALSE(call());
    end(first, ignored);
    end(second, ignored);
  }
  call_and(success);
  call_and(success);
  CHECK(state() == breaker_state::closed);
}

TEST_CASE_METHOD(bench, "a probe that is recorded twice counts once",
                 "[supervisors][breaker]") {
  trip_and_wait();
  const auto first = call();
  end(first, success);
  end(first, success);
  CHECK(state() == breaker_state::half_open);
  end(first, failed);
  CHECK(state() == breaker_state::half_open);
  CHECK(x.status(now).probes_succeeded == 1);
}

TEST_CASE_METHOD(bench, "a probe that never answers loses its lease",
                 "[supervisors][breaker]") {
  trip_and_wait();
  const auto lost = call();
  now += 5s;
  const auto late = call();
  CHECK(rejected_until() == t0 + 40s);
  now = t0 + 40s - 1us;
  CHECK(state() == breaker_state::half_open);
  now = t0 + 40s;
  CHECK(state() == breaker_state::open);
  CHECK(rejected_until() == t0 + 60s);
  CHECK(last_cause() == breaker_cause::probe_lost);
  SECTION("and its late answer changes nothing") {
    const auto before = history.size();
    end(lost, success);
    end(late, success);
    end(lost, failed);
    CHECK(history.size() == before);
    CHECK(rejected_until() == t0 + 60s);
  }
}

TEST_CASE_METHOD(bench, "half open ends by itself without any call",
                 "[supervisors][breaker]") {
  trip_and_wait();
  const auto probe = call();
  SECTION("open again if the probe was lost") {
    now += 30s;
    note(x.settle(now));
    CHECK(last_cause() == breaker_cause::probe_lost);
    CHECK(state() == breaker_state::open);
  }
  SECTION("closed if a probe had succeeded") {
    end(probe, success);
    now += 30s - 1us;
    CHECK(state() == breaker_state::half_open);
    now += 1us;
    CHECK(x.status(now - 1us).until == now);
    note(x.settle(now));
    CHECK(last_cause() == breaker_cause::quiet);
    CHECK(state() == breaker_state::closed);
    CHECK(x.status(now).failures == 0);
  }
  SECTION("open as long as before if nothing was learned") {
    end(probe, ignored);
    now += 30s;
    note(x.settle(now));
    CHECK(last_cause() == breaker_cause::quiet);
    CHECK(rejected_until() == now + 10s);
  }
}

TEST_CASE_METHOD(bench, "a long silence is caught up with in one call",
                 "[supervisors][breaker]") {
  trip_and_wait();
  REQUIRE(call());
  history.clear();
  now += 24h;
  CHECK(call());
  REQUIRE(history.size() == 2);
  CHECK(history[0].cause == breaker_cause::probe_lost);
  CHECK(history[0].at == t0 + 40s);
  CHECK(history[0].until == t0 + 60s);
  CHECK(history[1].cause == breaker_cause::wait_over);
  CHECK(history[1].at == now);
}

// -- late results -------------------------------------------------------------

TEST_CASE_METHOD(bench, "a result from an earlier stretch changes nothing",
                 "[supervisors][breaker]") {
  const auto before = call();
  trip();
  SECTION("while open") {
    end(before, GENERATE(success, failed, ignored));
    CHECK(state() == breaker_state::open);
    CHECK(rejected_until() == t0 + 10s);
  }
  SECTION("nor may its retry_after prolong the wait") {
    end(before, failed, t0 + 1h);
    CHECK(rejected_until() == t0 + 10s);
  }
  SECTION("while half open") {
    now += 10s;
    const auto probe = call();
    end(before, failed);
    CHECK(state() == breaker_state::half_open);
    end(before, success);
    end(before, success);
    CHECK(state() == breaker_state::half_open);
    CHECK(x.status(now).probes_out == 1);
    end(probe, success);
  }
  SECTION("after it has closed again") {
    now += 10s;
    call_and(success);
    call_and(success);
    for (int i = 0; i < 10; ++i)
      end(before, failed);
    CHECK(state() == breaker_state::closed);
    CHECK(x.status(now).failures == 0);
  }
  SECTION("nor does a probe of an earlier half open count in a later one") {
    now += 10s;
    const auto old = call();
    call_and(failed);
    now += 20s;
    const auto probe = call();
    end(old, failed);
    end(old, success);
    CHECK(state() == breaker_state::half_open);
    CHECK(x.status(now).probes_succeeded == 0);
    end(probe, success);
    CHECK(state() == breaker_state::half_open);
  }
}

// -- Retry-After --------------------------------------------------------------

TEST_CASE_METHOD(bench, "retry_after opens it until that instant",
                 "[supervisors][breaker]") {
  end(call(), failed, now + 5min);
  CHECK(last_cause() == breaker_cause::retry_after);
  CHECK(history.back().failures == 1);
  CHECK(rejected_until() == t0 + 5min);
  now += 5min;
  SECTION("without lengthening the next wait") {
    call_and(failed);
    CHECK(rejected_until() == now + 10s);
  }
  SECTION("also when it comes from a probe") {
    end(call(), failed, now + 1h);
    CHECK(rejected_until() == now + 1h);
  }
}

TEST_CASE_METHOD(bench, "a retry_after that is past is an ordinary failure",
                 "[supervisors][breaker]") {
  end(call(), failed, now - 1s);
  end(call(), failed, now);
  CHECK(state() == breaker_state::closed);
  end(call(), failed, now);
  CHECK(last_cause() == breaker_cause::failures);
}

TEST_CASE_METHOD(bench, "a quota reset only ever lengthens an open time",
                 "[supervisors][breaker]") {
  trip();
  note(x.open_until(now + 5s, now));
  CHECK(rejected_until() == t0 + 10s);
  note(x.open_until(now + 1h, now));
  CHECK(rejected_until() == t0 + 1h);
  note(x.open_until(now - 1h, now));
  CHECK(rejected_until() == t0 + 1h);
  note(x.open_until(instant::max(), now));
  CHECK(rejected_until() > t0 + std::chrono::years{1000});
}

// -- operators ----------------------------------------------------------------

TEST_CASE_METHOD(bench, "isolation lasts until an operator closes it",
                 "[supervisors][breaker]") {
  SECTION("from closed") {
  }
  SECTION("from open") {
    trip();
  }
  SECTION("from half open") {
    trip_and_wait();
    REQUIRE(call());
  }
  note(x.isolate(now));
  CHECK(last_cause() == breaker_cause::by_operator);
  now += 365 * 24h;
  CHECK(rejected_until() == std::nullopt);
  note(x.open_until(now + 1s, now));
  CHECK(x.isolate(now).empty());
  now += 1h;
  CHECK(rejected_until() == std::nullopt);
  CHECK(state() == breaker_state::isolated);
  note(x.close(now));
  CHECK(history.back().from == breaker_state::isolated);
  CHECK(history.back().to == breaker_state::closed);
  call_and(failed);
  call_and(failed);
  CHECK(state() == breaker_state::closed);
}

TEST_CASE_METHOD(bench, "results of calls that isolation overtook are ignored",
                 "[supervisors][breaker]") {
  const auto before = call();
  note(x.isolate(now));
  end(before, success);
  CHECK(state() == breaker_state::isolated);
  note(x.close(now));
  for (int i = 0; i < 5; ++i)
    end(before, failed);
  CHECK(state() == breaker_state::closed);
}

TEST_CASE_METHOD(bench, "closing by hand forgets past failures",
                 "[supervisors][breaker]") {
  SECTION("of an open breaker") {
    trip();
    note(x.close(now));
    CHECK(last_cause() == breaker_cause::by_operator);
  }
  SECTION("of a closed one, which is no change of state") {
    call_and(failed);
    call_and(failed);
    CHECK(x.close(now).empty());
  }
  call_and(failed);
  call_and(failed);
  CHECK(state() == breaker_state::closed);
}

// -- time ---------------------------------------------------------------------

TEST_CASE_METHOD(bench, "a clock that steps back does not prolong a wait",
                 "[supervisors][breaker]") {
  SECTION("while open") {
    trip();
    now += 4s;
    CHECK_FALSE(call());
    now -= 24h;
    CHECK(rejected_until() == now + 6s);
    now += 6s;
    CHECK(call());
  }
  SECTION("while half open") {
    trip_and_wait();
    REQUIRE(call());
    now -= 24h;
    CHECK(state() == breaker_state::half_open);
    now += 30s;
    CHECK(state() == breaker_state::half_open); // settled at no time between
    note(x.settle(now));
    now += 30s;
    CHECK(state() == breaker_state::open);
  }
  SECTION("while half open, with no probe out") {
    trip_and_wait();
    call_and(success);
    now -= 24h;
    note(x.settle(now));
    now += 30s;
    CHECK(state() == breaker_state::closed);
  }
  SECTION("having stepped while closed") {
    trip_and_wait();
    call_and(success);
    call_and(success);
    now -= 24h;
    trip();
    now += 10s - 1us;
    CHECK(rejected_until() == now + 1us);
  }
}

// -- persistence --------------------------------------------------------------

TEST_CASE_METHOD(bench, "a breaker survives a restart of its guard",
                 "[supervisors][breaker]") {
  const auto reload = [this] {
    const auto copy = breaker::from_text(x.to_text(), x.options());
    REQUIRE(copy);
    x = *copy;
  };
  SECTION("closed, with its failures") {
    call_and(failed);
    call_and(failed);
    reload();
    CHECK(state() == breaker_state::closed);
    call_and(failed);
    CHECK(state() == breaker_state::open);
  }
  SECTION("open, with its instant and how often it has opened") {
    trip_and_wait();
    call_and(failed);
    reload();
    CHECK(rejected_until() == now + 20s);
    now += 20s;
    call_and(failed);
    CHECK(rejected_until() == now + 40s);
  }
  SECTION("half open, as open and due") {
    trip_and_wait();
    const auto probe = call();
    reload();
    end(probe, success);
    CHECK(state() == breaker_state::open);
    call_and(success);
    call_and(success);
    CHECK(state() == breaker_state::closed);
  }
  SECTION("isolated") {
    note(x.isolate(now));
    reload();
    now += 24h;
    CHECK(rejected_until() == std::nullopt);
  }
  SECTION("without hearing calls of the time before") {
    const auto before = call();
    reload();
    for (int i = 0; i < 5; ++i)
      end(before, failed);
    CHECK(state() == breaker_state::closed);
  }
  SECTION("even open for ever, or with a clock near its beginning") {
    note(x.open_until(instant::max(), now));
    reload();
    CHECK(state() == breaker_state::open);
    x = breaker{x.options()};
    now = instant{} - 1h;
    trip();
    reload();
    CHECK(rejected_until() == now + 10s);
  }
}

TEST_CASE("text that no breaker wrote is no breaker",
          "[supervisors][breaker]") {
  const auto sound = breaker{}.to_text();
  REQUIRE(breaker::from_text(sound));
  const auto text = GENERATE_REF(values<std::string>({
    "",
    "null",
    "{}",
    "[1]",
    "{\"version\":1}",
    sound.substr(0, sound.size() / 2),
    R"({"failures":0,"generation":1,"opened":0,"seen":0,"state":"ajar","until":0,"version":1})",
    R"({"failures":0,"generation":1,"opened":0,"seen":0,"state":7,"until":0,"version":1})",
    R"({"failures":-1,"generation":1,"opened":0,"seen":0,"state":"open","until":0,"version":1})",
    R"({"failures":4294967296,"generation":1,"opened":0,"seen":0,"state":"open","until":0,"version":1})",
    R"({"failures":0,"generation":1.5,"opened":0,"seen":0,"state":"open","until":0,"version":1})",
    R"({"failures":0,"generation":1,"opened":0,"seen":9223372036854775807,"state":"open","until":0,"version":1})",
    R"({"failures":0,"generation":1,"opened":0,"seen":0,"state":"open","until":0,"version":2})",
    R"({"failures":0,"generation":1,"opened":0,"seen":0,"state":"half_open","until":0,"version":1})",
  }));
  INFO(text);
  CHECK_FALSE(breaker::from_text(text));
}

// -- whatever happens ---------------------------------------------------------

TEST_CASE("no sequence of calls sticks a breaker or lends too many probes",
          "[supervisors][breaker]") {
  const auto seed = GENERATE(range(1, 200));
  const auto chance = seeded_random(static_cast<std::uint64_t>(seed));
  bench b;
  std::deque<breaker_permit> out;
  auto expected = breaker_state::closed;
  for (int i = 0; i < 500; ++i) {
    b.now += std::chrono::milliseconds{chance->next() % 8'000};
    const auto act = chance->next() % 8;
    if (act < 4) {
      if (const auto permit = b.call())
        out.push_back(*permit);
    } else if (act < 7 && !out.empty()) {
      // Some are recorded twice, some never.
      const auto result = chance->next() % 3;
      const auto pick = chance->next() % out.size();
      b.end(out[pick], static_cast<breaker_result>(result + 1));
      if (chance->next() % 4 != 0)
        out.erase(out.begin() + static_cast<std::ptrdiff_t>(pick));
    } else if (chance->next() % 16 == 0) {
      b.note(b.x.open_until(b.now + 20s, b.now));
    }
    const auto status = b.x.status(b.now);
    CHECK(status.probes_out + status.probes_succeeded <= 2);
  }
  for (const auto& change : b.history) {
    CHECK(change.from == expected); // no change is lost or invented
    CHECK(change.from != change.to);
    expected = change.to;
  }
  // Left alone, it always admits a call in the end.
  b.now += 1h;
  CHECK(b.call());
}

TEST_CASE("the problems of breaker options name the field",
          "[supervisors][breaker]") {
  CHECK(validate(breaker_options{}).empty());
  auto [options, field] = GENERATE(table<breaker_options, const char*>({
    {{.consecutive_failures = 0}, "breaker.consecutive_failures: "},
    {{.failure_rate = -0.1}, "breaker.failure_rate: "},
    {{.failure_rate = 50.0}, "breaker.failure_rate: "},
    {{.minimum_calls = 0}, "breaker.minimum_calls: "},
    {{.window = 0s}, "breaker.window: "},
    {{.window = 25h}, "breaker.window: "},
    {{.slow_after = 0s}, "breaker.slow_after: "},
    {{.slow_rate = 0.0}, "breaker.slow_rate: "},
    {{.slow_rate = 1.1}, "breaker.slow_rate: "},
    {{.open_for = 0s}, "breaker.open_for: "},
    {{.open_for = 10min}, "breaker.open_cap: "},
    {{.open_cap = 31 * 24h}, "breaker.open_cap: "},
    {{.probes = 0}, "breaker.probes: "},
    {{.probe_lease = 0s}, "breaker.probe_lease: "},
  }));
  const auto found = validate(options, "breaker");
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], StartsWith(field));
}

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/journal_samples.hpp"
#include "support/post_receiver.hpp"
#include "support/process.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/notifier/courier.hpp>
#include <stanchion/actors/notifier/notifier.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using strings = std::vector<std::string>;

/// A text that nobody may be told.
constexpr auto canary = "c4n4ry-0123456789";

task<json> pays(agent_context& ctx, value input) {
  auto x = co_await ctx.call("pay", input);
  co_return x.get();
}

/// Keeps what it is to carry, and delivers it.
class kept_messages final : public courier {
public:
  void deliver(const std::string&, const stanchion::message& x,
               std::function<void(delivery_result)> then) override {
    headlines.push_back(headline(x));
    for (const auto& body : {generic_body(x, "https://ops.example"),
                             slack_body(x, "https://ops.example"),
                             pagerduty_body(x, "https://ops.example", "key")})
      everything += body;
    pages.push_back(json::parse(pagerduty_body(x, {}, "key")));
    then({.how = delivery_result::status::delivered});
  }

  strings headlines;
  std::vector<json> pages;
  std::string everything;
};

notification_channel pager() {
  return {.name = "pager",
          .to = webhook{.body = notification_template::pagerduty}};
}

/// A store that takes nothing any more once it is told so.
class contrary_store final : public memory_store {
public:
  [[nodiscard]] commit_status
  commit(std::span<const batch* const> xs) override {
    if (contrary)
      throw error{error_code::run_conflict, "no"};
    return memory_store::commit(xs);
  }

  bool contrary = false;
};

/// One life of a program, in virtual time.
struct life {
  explicit life(std::vector<notification_channel> channels
                = {{.name = "ops", .resolved = true}},
                std::shared_ptr<memory_store> s = new_store())
    : store(std::move(s)),
      rt(config{.store = store,
                .notifications
                = {.channels = std::move(channels), .carrier = carrier},
                .virtual_seed = 7}) {
    rt.add(agent{"pays", "1", pays});
  }

  void begin(bool critical = false, std::uint32_t attempts = 1) {
    auto t = tool{
      "pay", effect::idempotent, [this](const value&, tool_context&) -> json {
        if (failures > 0) {
          --failures;
          throw tool_error{failure_kind::http_5xx, side_effect::none, canary};
        }
        return 1;
      }};
    t.input(any()).output(any()).run_inline().retry({.max_attempts = attempts});
    if (critical)
      t.critical();
    rt.add(std::move(t));
    rt.start();
    pass(rt, 1ms);
  }

  void fail(int runs) {
    for (auto i = 0; i < runs; ++i)
      test::submit(rt,
                   {.agent = "pays",
                    .input = args("card", canary, "authorization", canary)},
                   1ms);
  }

  std::shared_ptr<kept_messages> carrier = std::make_shared<kept_messages>();
  std::shared_ptr<memory_store> store;
  int failures = 0;
  runtime rt;
};

constexpr auto wanted
  = "A person is needed: max_retries_exceeded of tool pay, agent pays";

} // namespace

// -- in virtual time ----------------------------------------------------------

TEST_CASE("people hear of a ticket, and of its end, and of nothing secret",
          "[runtime][notify]") {
  auto it = life{};
  it.failures = 1;
  it.begin();
  it.fail(1);
  CHECK(it.carrier->headlines == strings{wanted});
  decide_only(it.rt, verb::retry);
  REQUIRE(it.carrier->headlines.size() == 2);
  CHECK(it.carrier->headlines[1]
        == "Decided (retry by ann): max_retries_exceeded of tool pay, agent "
           "pays");
  CHECK(it.carrier->everything.find(canary) == std::string::npos);
  CHECK_THAT(it.carrier->everything,
             ContainsSubstring("https://ops.example/tickets/T-"));
}

TEST_CASE("runs that fail alike are told together", "[runtime][notify]") {
  auto it = life{};
  it.failures = 100;
  it.begin();
  it.fail(4); // one more would open the breaker
  CHECK(it.carrier->headlines == strings{wanted});
  pass(it.rt, 30s);
  CHECK(it.carrier->headlines == strings{wanted, "3 x " + std::string{wanted}});
}

TEST_CASE("PagerDuty's incident ends with the decision", "[runtime][notify]") {
  auto it = life{{pager()}};
  it.failures = 1;
  it.begin();
  it.fail(1);
  decide_only(it.rt, verb::retry);
  REQUIRE(it.carrier->pages.size() == 2);
  CHECK(it.carrier->pages[0]["event_action"] == "trigger");
  CHECK(it.carrier->pages[1]["event_action"] == "resolve");
  CHECK(it.carrier->pages[0]["dedup_key"] == it.carrier->pages[1]["dedup_key"]);
}

TEST_CASE("a critical tool is told of at its first failure",
          "[runtime][notify]") {
  auto it = life{};
  it.failures = 1;
  it.begin(true, 2); // the second attempt succeeds
  it.fail(1);
  pass(it.rt, 1min);
  CHECK(it.carrier->headlines == strings{"Alert: critical_tool_failed:pay"});
  pass(it.rt, 15min);
  CHECK(it.carrier->headlines.back() == "Over: critical_tool_failed:pay");
}

TEST_CASE("a channel that wants no alerts hears none", "[runtime][notify]") {
  auto it = life{{{.name = "ops", .alerts = false}}};
  it.failures = 1;
  it.begin(true, 2);
  it.fail(1);
  pass(it.rt, 1h);
  CHECK(it.carrier->headlines.empty());
}

TEST_CASE("a ticket that was decided without the program is told to be over",
          "[runtime][notify]") {
  const auto store = new_store();
  {
    auto it = life{{{.name = "ops", .resolved = true}}, store};
    it.failures = 1;
    it.begin();
    it.fail(1);
  }
  auto t = only_ticket(*store);
  t.state = ticket_state::decided;
  t.decided = decision{.verb = verb::abort, .by = "bob"};
  auto b = batch{};
  b.tickets = {t};
  const auto* pointer = &b;
  REQUIRE(store->commit({&pointer, 1}) == commit_status::done);
  auto it = life{{{.name = "ops", .resolved = true}}, store};
  it.begin();
  CHECK(it.carrier->headlines
        == strings{"Decided (abort by bob): max_retries_exceeded of tool pay, "
                   "agent pays"});
}

TEST_CASE("that the runtime gives up is told before it ends",
          "[runtime][notify]") {
  const auto store = std::make_shared<contrary_store>();
  auto it = life{{{.name = "ops"}}, store};
  it.begin();
  store->contrary = true;
  for (auto i = 0; i < 10 && it.rt.running(); ++i) {
    it.rt.note({.by = "ann", .act = "keeps the journal busy"});
    pass(it.rt, 1s);
  }
  CHECK_FALSE(it.rt.running());
  CHECK(it.carrier->headlines
        == strings{"A person is needed: the runtime stopped"});
}

TEST_CASE("channels that cannot work are refused", "[runtime][notify]") {
  const auto says = [](notification_options x, bool in_virtual_time = false) {
    auto c = config{.in_memory = true, .notifications = std::move(x)};
    if (in_virtual_time)
      c.virtual_seed = 1;
    auto rt = runtime{std::move(c)};
    const auto why = refused([&rt] { rt.start(); });
    CHECK(why.code == error_code::invalid_spec);
    return why.text;
  };
  const auto hook = webhook{.url = "https://example.org/"};
  CHECK_THAT(says({.channels = {{.name = "No Name", .to = hook}}}),
             ContainsSubstring("No Name.name"));
  CHECK_THAT(
    says({.channels = {{.name = "a", .to = hook}, {.name = "a", .to = hook}}}),
    ContainsSubstring("another channel"));
  CHECK_THAT(says({.channels = {{.name = "a"}}}), ContainsSubstring("url"));
  CHECK_THAT(says({.channels = {pager()}}), ContainsSubstring("routing_key"));
  CHECK_THAT(says({.channels = {{.name = "a", .to = command_hook{}}}}),
             ContainsSubstring("argv"));
  CHECK_THAT(says({.base_url = "ops.example"}), ContainsSubstring("base_url"));
  CHECK_THAT(says({.give_up_after = 0s}), ContainsSubstring("give_up_after"));
  CHECK_THAT(says({.channels = {{.name = "a", .to = hook}}}, true),
             ContainsSubstring("carrier"));
}

// -- with a real receiver -----------------------------------------------------

namespace {

/// One life of a program over a data directory, whose tool always fails.
struct real_life {
  real_life(const std::filesystem::path& dir, const post_receiver& to)
    : rt(config{.data_dir = dir, .notifications = options(to)}) {
    rt.add(agent{"pays", "1", pays});
    rt.add(agent{"idles", "1",
                 [](agent_context&, value) -> task<json> { co_return 1; }});
    rt.add(tool{
      "pay", effect::idempotent,
      [](const value&, tool_context&) -> json {
        throw tool_error{failure_kind::http_5xx, side_effect::none, canary};
      }}.input(any())
             .output(any())
             .run_inline()
             .retry({.max_attempts = 1}));
    rt.start();
  }

  static notification_options options(const post_receiver& to) {
    auto x = notification_options{};
    x.channels = {{.name = "ops", .to = webhook{.url = to.url()}}};
    x.backoff.first = 1ms;
    x.backoff.cap = 5ms;
    return x;
  }

  runtime rt;
};

} // namespace

TEST_CASE("a receiver that fails gets the same message again",
          "[runtime][notify]") {
  const auto dir = temporary_dir{};
  auto to = post_receiver{};
  to.will_answer({{500}, {503}});
  auto it = real_life{dir.path(), to};
  it.rt.submit({.agent = "pays", .input = args("x", canary)});
  const auto all = to.wait_for(3);
  for (const auto& x : all) {
    CHECK(x.headers.at("webhook-id") == all[0].headers.at("webhook-id"));
    CHECK(x.body == all[0].body);
    CHECK(x.body.find(canary) == std::string::npos);
  }
  CHECK(eventually([&] { return pending_in(it.rt.journal()).empty(); }));
}

TEST_CASE("what a receiver refuses for good is on record",
          "[runtime][notify]") {
  const auto dir = temporary_dir{};
  auto to = post_receiver{};
  to.will_answer({{410}});
  auto it = real_life{dir.path(), to};
  auto dropped = std::atomic<int>{0};
  it.rt.events().subscribe([&dropped](const event&) { ++dropped; },
                           {event_kind::notification_dropped});
  it.rt.submit({.agent = "pays"});
  CHECK(eventually([&] { return dropped == 1; }));
  auto state = channel_state{};
  CHECK(eventually([&] {
    for (const auto& x : channels_in(it.rt.journal()))
      state = x;
    return state.given_up == 1;
  }));
  CHECK(state.why == "HTTP 410");
  CHECK(state.waiting == 0);
}

TEST_CASE("a receiver that hangs holds up nobody, and hears of it later",
          "[runtime][notify]") {
  const auto dir = temporary_dir{};
  auto id = std::string{};
  {
    auto to = post_receiver{};
    to.hang();
    auto it = real_life{dir.path(), to};
    const auto failed = it.rt.submit({.agent = "pays"});
    id = to.wait_for(1).front().headers.at("webhook-id");
    const auto other = it.rt.submit({.agent = "idles"});
    CHECK(it.rt.wait(other.id, 30s).state == run_state::completed);
    const auto open = it.rt.journal().list_tickets({.run = failed.number});
    REQUIRE(open.size() == 1);
    const auto decided
      = it.rt.decide({.ticket = open[0].id, .verb = verb::abort, .by = "ann"});
    CHECK(decided.decided);
    CHECK(it.rt.stop()); // cuts the delivery off
  }
  auto to = post_receiver{};
  auto it = real_life{dir.path(), to};
  CHECK(to.wait_for(1).front().headers.at("webhook-id") == id);
}

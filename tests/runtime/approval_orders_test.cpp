#include "support/catch.hpp"
#include "support/virtual_runs.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <optional>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto open_for = 24h;

task<json> pays(agent_context& ctx, value order) {
  auto paid = co_await ctx.try_call("pay", args("cents", order["cents"]));
  co_return json(paid.ok());
}

/// What may happen while a call waits for two approvals.
enum class act : char {
  ann_approves = 'a',
  bob_approves = 'b',
  bob_edits = 'e',
  ann_rejects = 'r',
  time_passes = 't', ///< more than there is to decide
  cancelled = 'c',
  killed = 'k', ///< and started again
};

constexpr auto all_acts = std::string_view{"aberctk"};

/// A system that is killed and started again on the same journal.
class system_under_test {
public:
  system_under_test() {
    start();
    id_ = submit(*rt_, {.agent = "pays", .input = args("cents", 7000)}, 1ms);
  }

  /// `at_once`: before what came before has had its effect.
  void happens(act x, bool at_once) {
    switch (x) {
    case act::ann_approves:
      decide("ann", verb::approve);
      break;
    case act::bob_approves:
      decide("bob", verb::approve);
      break;
    case act::bob_edits:
      decide("bob", verb::edit, R"({"cents":10})");
      break;
    case act::ann_rejects:
      decide("ann", verb::reject);
      break;
    case act::time_passes:
      pass(*rt_, open_for + 1s);
      break;
    case act::cancelled:
      cancel();
      break;
    case act::killed:
      start();
      break;
    }
    if (!at_once)
      pass(*rt_, 1ms);
  }

  void settle() {
    pass(*rt_, 1min);
  }

  std::vector<std::int64_t> asked;
  std::vector<std::string> told; // decided verbs, by whom
  std::shared_ptr<memory_store> store = new_store();

  [[nodiscard]] std::optional<ticket> the_ticket() const {
    const auto all = store->list_tickets({});
    return all.empty() ? std::nullopt : std::optional{all.front()};
  }
  [[nodiscard]] run_state state() const {
    return store->find_run(id_)->state;
  }

private:
  void start() {
    rt_.reset(); // in virtual time nothing is stopped in order
    rt_ = std::make_unique<runtime>(
      config{.store = store, .virtual_seed = ++lives_});
    rt_->add(tool{"pay", effect::once,
                  [this](const value& x, tool_context&) -> json {
                    asked.push_back(x["cents"].as_int());
                    return true;
                  }}
               .input(any())
               .output(any())
               .always_approve({.expires_in = open_for, .needed = 2})
               .run_inline());
    rt_->add(agent{"pays", "1", pays});
    rt_->start();
    pass(*rt_, 1ms);
  }

  void decide(const std::string& by, verb said, const std::string& what = {}) {
    const auto t = the_ticket();
    if (t)
      rt_->decide({.ticket = t->id, .verb = said, .by = by, .payload = what},
                  [this](const std::variant<ticket, error>& x) {
                    const auto* done = std::get_if<ticket>(&x);
                    if (done != nullptr && done->decided)
                      told.push_back(std::string{to_string(done->decided->verb)}
                                     + " " + done->decided->by);
                  });
  }

  void cancel() {
    if (!is_terminal(state()))
      rt_->cancel(id_, "not wanted", "ann", {});
  }

  std::uint64_t lives_ = 0;
  run_id id_;
  std::unique_ptr<runtime> rt_;
};

/// Whether what is on record allows the call that was made.
void check_permitted(const system_under_test& it) {
  const auto t = it.the_ticket();
  REQUIRE(t);
  REQUIRE(t->decided);
  CHECK(t->state == ticket_state::decided);
  CHECK((t->decided->verb == verb::approve || t->decided->verb == verb::edit));
  CHECK(t->terms.votes.size() == 2);
  CHECK(t->terms.votes[0].by != t->terms.votes[1].by);
  CHECK(t->decided->at < *t->terms.expires);
  const auto bytes = R"({"cents":)" + std::to_string(it.asked.front()) + "}";
  CHECK(t->terms.digest == to_string(sha256(bytes)));
  CHECK(t->terms.used);
}

} // namespace

TEST_CASE("in whatever order people, time, cancels and deaths come, nothing "
          "leaves without a live approval, nothing twice, and one word wins",
          "[runtime][approval]") {
  auto systems = 0;
  auto acted = 0;
  auto order = std::string{};
  const auto try_order = [&](unsigned at_once) {
    CAPTURE(order, at_once);
    auto it = system_under_test{};
    for (auto i = std::size_t{0}; i < order.size(); ++i)
      it.happens(static_cast<act>(order[i]), (at_once >> i & 1U) != 0);
    it.settle();
    ++systems;
    CHECK(it.asked.size() <= 1);
    if (!it.asked.empty()) {
      ++acted;
      check_permitted(it);
    }
    std::sort(it.told.begin(), it.told.end());
    it.told.erase(std::unique(it.told.begin(), it.told.end()), it.told.end());
    CHECK(it.told.size() <= 1);
    if (order == "ab" || order == "ba")
      CHECK(it.asked.size() == 1);
    const auto t = it.the_ticket();
    if (it.asked.empty() && t && t->state == ticket_state::open)
      CHECK(it.state() == run_state::parked);
  };
  const auto extend = [&](const auto& self) -> void {
    for (auto at_once = 0U; at_once < (1U << order.size()); ++at_once)
      try_order(at_once);
    if (order.size() == 3)
      return;
    for (const auto next : all_acts) {
      if (order.find(next) != std::string::npos)
        continue;
      order.push_back(next);
      self(self);
      order.pop_back();
    }
  };
  extend(extend);
  CHECK(systems > 1'500);
  CHECK(acted > 100);
}

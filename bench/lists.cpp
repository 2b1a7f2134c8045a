#include "bench/floor_sqlite.hpp"
#include "bench/http_load.hpp"
#include "bench/rows.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/server.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>
#include <stdexcept>

namespace stanchion::bench {

namespace {

constexpr auto longest_list = 20.0; // ms

// -- what lies in the store ---------------------------------------------------

void write(store& to, const batch& x) {
  const auto* one = &x;
  if (to.commit({&one, 1}) != commit_status::done)
    throw std::runtime_error{to.problem()};
}

std::string ticket_id(std::uint64_t i) {
  return "T-" + std::to_string(1'000'000 + i);
}

/// What an agent would like to do, as a person is shown it.
ticket open_ticket(std::uint64_t i, instant at) {
  auto t = ticket{};
  t.id = ticket_id(i);
  t.kind = i % 2 == 0 ? ticket_kind::approval : ticket_kind::escalation;
  t.reason = i % 3 == 0 ? park_reason::requires_human
                        : park_reason::max_retries_exceeded;
  t.title = "payments.refund is to be called";
  t.group = "requires_human:payments.refund";
  t.options = {verb::approve, verb::reject, verb::abort};
  t.created = at;
  t.terms.assignee = "team-" + std::to_string(i % 20);
  const auto call = json{{"kind", "call"},
                         {"name", "tool-" + std::to_string(i % 70)},
                         {"arguments", {{"cents", i}}}};
  t.context = json{{"agent", "agent-" + std::to_string(i % 50)},
                   {"failing_step", call},
                   {"user_input", std::string(600, 'x')}}
                .dump();
  return t;
}

std::uint64_t tickets(const scale& x) {
  return x.size(std::uint64_t{100'000}, std::uint64_t{2'000});
}

ticket past_ticket(std::uint64_t i, instant at) {
  auto t = open_ticket(i, at);
  t.state = ticket_state::decided;
  t.decided = decision{
    .verb = verb::abort, .by = "ann", .at = at, .comment = {}, .payload = {}};
  return t;
}

using maker = ticket (*)(std::uint64_t, instant);

void fill(const scale& x, maker make, std::uint64_t begin, std::uint64_t end) {
  const auto to = open_sqlite_store(data_dir{x.dir}.database());
  const auto now = system_clock().now();
  constexpr auto group = std::uint64_t{10'000};
  for (auto i = begin; i < end;) {
    auto content = batch{};
    for (const auto last = std::min(i + group, end); i < last; ++i)
      content.tickets.push_back(make(i, now));
    write(*to, content);
  }
}

void fill_tickets(const scale& x) {
  fill(x, open_ticket, 0, tickets(x));
}

/// As many that are decided lie in front of those that are open.
void fill_all_tickets(const scale& x) {
  fill(x, past_ticket, tickets(x), 2 * tickets(x));
  fill_tickets(x);
}

std::uint64_t finished_runs(const scale& x) {
  return x.size(std::uint64_t{1'000'000}, std::uint64_t{5'000});
}

/// A run that has begun and ended.
void add_finished(batch& to, run_number n, instant at, random_source& random) {
  to.runs.push_back({.number = n,
                     .id = make_uuid(at, random),
                     .agent = "agent-" + std::to_string(n % 50),
                     .version = "1",
                     .state = run_state::completed,
                     .created = at,
                     .updated = at});
  to.records.push_back({.run = n,
                        .seq = 0,
                        .kind = record_kind::started,
                        .at = at,
                        .body = R"({"agent":"one","input":{}})"});
  to.records.push_back({.run = n,
                        .seq = 1,
                        .kind = record_kind::completed,
                        .at = at,
                        .body = R"({"result":{}})"});
}

void fill_runs(const scale& x) {
  const auto to = open_sqlite_store(data_dir{x.dir}.database());
  const auto random = seeded_random(1);
  const auto now = system_clock().now();
  constexpr auto group = run_number{20'000};
  for (auto n = run_number{0}; n < finished_runs(x);) {
    auto content = batch{};
    const auto end = std::min<run_number>(n + group, finished_runs(x));
    while (n < end) {
      ++n;
      add_finished(content, n, now, *random);
    }
    write(*to, content);
  }
}

// -- who is asked -------------------------------------------------------------

/// A runtime on what lies in the store, and a server in front of it.
class served {
public:
  explicit served(const scale& x)
    : rt_(settings(x)), work_((rt_.start(), make_owner_operations(rt_))),
      token_(token_file{data_dir{x.dir}.tokens()}.create(
        "bench", role::admin, system_clock().now(), {})),
      server_(work_, data_dir{x.dir}.tokens(), {.listen = "127.0.0.1:0"}) {
    // nop
  }
  served(const served&) = delete;
  served& operator=(const served&) = delete;
  ~served() {
    rt_.stop();
  }

  operations& work() {
    return *work_;
  }

  /// Milliseconds of the slowest of these lists, each by its median.
  double slowest(std::span<const std::string> targets, int times) {
    auto worst = 0.0;
    for (const auto& target : targets) {
      const auto request = request_text("GET " + target, token_);
      auto seconds = std::vector<double>{};
      for (auto i = 0; i < times; ++i) {
        const auto begin = clock::now();
        exchange(server_.port(), request, 200);
        seconds.push_back(seconds_since(begin));
      }
      worst = std::max(worst, quantile(std::move(seconds), 0.5) * 1e3);
    }
    return worst;
  }

private:
  static config settings(const scale& x) {
    auto c = config{};
    c.data_dir = x.dir;
    return c;
  }

  runtime rt_;
  std::shared_ptr<operations> work_;
  std::string token_;
  api_server server_;
};

/// The first page, one far behind, and pages of which many, few and no tickets
/// are.
double product_tickets(const scale& x) {
  auto world = served{x};
  const auto open = std::string{"/v1/tickets?state=open&limit=50"};
  const auto past = std::string{"/v1/tickets?state=decided&limit=50"};
  const auto far
    = world.work().list_tickets({.limit = 1, .after = tickets(x) * 19 / 10});
  const auto targets = std::vector<std::string>{
    open,
    open + "&kind=approval",
    open + "&kind=question",
    open + "&reason=low_confidence",
    open + "&agent=agent-49",
    open + "&tool=tool-69&kind=escalation",
    open + "&tool=tool-of-none",
    open + "&assignee=team-19&agent=agent-18",
    open + "&assignee=nobody",
    past,
    past + "&agent=agent-49",
    past + "&tool=tool-of-none",
    past + "&assignee=nobody",
    "/v1/tickets?state=expired",
    "/v1/tickets?agent=agent-of-none",
  };
  if (far.at("tickets").size() != 1)
    throw std::runtime_error{"the tickets are not there"};
  return world.slowest(targets, x.size(21, 1));
}

double product_runs(const scale& x) {
  auto world = served{x};
  const auto targets
    = std::vector<std::string>{"/v1/runs",
                               "/v1/runs?state=completed",
                               "/v1/runs?state=parked",
                               "/v1/runs?state=failed",
                               "/v1/runs?agent=agent-7",
                               "/v1/runs?agent=agent-of-none",
                               "/v1/runs?agent=agent-7&state=cancelled"};
  return world.slowest(targets, x.size(21, 1));
}

double product_decision(const scale& x) {
  auto world = served{x};
  const auto said = json{{"verb", "approve"}, {"by", "ann"}, {"roles", {"*"}}};
  auto seconds = std::vector<double>{};
  const auto warm = x.size(500, 1);
  const auto times = x.size(500, 5);
  for (auto i = 0; i < warm + times; ++i) {
    const auto id = ticket_id(2 * static_cast<std::uint64_t>(i));
    const auto begin = clock::now();
    static_cast<void>(world.work().decide(id, said));
    if (i >= warm)
      seconds.push_back(seconds_since(begin));
  }
  return quantile(std::move(seconds), 0.5) * 1e3;
}

/// A commit of one record, beside as many tickets.
double floor_commit(const scale& x) {
  auto to = bare::journal{x.dir};
  auto seconds = std::vector<double>{};
  const auto warm = x.size(500, 1);
  const auto times = x.size(500, 5);
  for (auto i = 0; i < warm + times; ++i) {
    auto content = batch{};
    content.records.push_back(
      {.run = static_cast<run_number>(i + 1), .body = std::string(200, 'x')});
    const auto* one = &content;
    const auto begin = clock::now();
    to.commit({&one, 1});
    if (i >= warm)
      seconds.push_back(seconds_since(begin));
  }
  return quantile(std::move(seconds), 0.5) * 1e3;
}

bool fast_enough(const figures& f) {
  return f.product <= longest_list;
}

} // namespace

row listed_tickets() {
  return {.name = "tickets",
          .title = "100,000 open tickets, as many past: slowest list",
          .unit = "ms",
          .product = product_tickets,
          .floor = nullptr,
          .target = "<= 20 ms",
          .met = fast_enough,
          .rounds = 3,
          .prepare = fill_all_tickets};
}

row decided_ticket() {
  return {.name = "decide",
          .title = "100,000 open tickets: a decision, p50",
          .unit = "ms",
          .product = product_decision,
          .floor = floor_commit,
          .target = "<= 2 x one commit",
          .met = [](const figures& f) { return f.ratio() <= 2; },
          .prepare = fill_tickets};
}

row listed_runs() {
  return {.name = "history",
          .title = "1,000,000 finished runs: slowest first page",
          .unit = "ms",
          .product = product_runs,
          .floor = nullptr,
          .target = "<= 20 ms",
          .met = fast_enough,
          .rounds = 1,
          .prepare = fill_runs};
}

} // namespace stanchion::bench

// Refunds over three services that differ in what they promise, on bad days.
//
// Shows:    an idempotent, a reconcilable and a `once` tool; injected faults;
//           the process killed between an effect and its record; a person who
//           decides what nobody can know; undoing; and the services' own books
//           at the end.
// Run:      ./dev example 03_payments
// Expected: expected.txt; README.md explains it

#include "ledger.hpp"

#include <stanchion/stanchion.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

using namespace payments;
using namespace stanchion;

namespace {

constexpr auto order_count = 40;
/// Of whom the address is wrong: what was done for it must be undone.
constexpr auto bad_address = 7;

/// Deaths of the process, in order: at which effect of its life it dies, and
/// whether the effect is in the books then.
struct death {
  int effect = 0;
  bool after = false;
};
const auto deaths = std::vector<death>{{3, true}, {2, false}, {6, true},
                                       {5, true}, {4, false}, {9, true}};

// -- the agent ----------------------------------------------------------------

task<json> refund(agent_context& ctx, value order) {
  auto bought = co_await ctx.call("orders.look_up", args("order", order));
  auto paid = co_await ctx.call("bank.refund",
                                args("order", order, "cents", bought["cents"]));
  co_await ctx.call("books.enter", args("order", order));
  co_await ctx.call("letters.send", args("order", order, "to", bought["to"]));
  co_return args("order", order, "paid", paid["cents"]);
}

// -- the services -------------------------------------------------------------

/// What the tools of one life share.
class services {
public:
  services(ledger books, death end) : books_(std::move(books)), end_(end) {
    // nop
  }

  static json look_up(const value& x, tool_context&) {
    const auto order = x["order"].as_int();
    return args("cents", 100 * order, "to",
                order == bad_address ? "nowhere" : "home");
  }

  /// Honours keys: the same one again is the same refund.
  json pay(const value& x, tool_context& call, const std::string& service) {
    const auto order = static_cast<int>(x["order"].as_int());
    const auto n = begin_effect();
    static_cast<void>(books_.add_once(service, order, call.key));
    end_effect(n);
    return x.get();
  }

  json enter(const value& x, tool_context& call, const std::string& service) {
    const auto n = begin_effect();
    books_.add(service, static_cast<int>(x["order"].as_int()), call.key);
    end_effect(n);
    return nullptr;
  }
  /// Knows no keys when it is told, but can be asked for one.
  [[nodiscard]] outcome was_entered(const std::string& key) const {
    if (books_.has("books.enter", key))
      return value{nullptr};
    return failure{.kind = failure_kind::not_found,
                   .effect = side_effect::none,
                   .message = "no such entry"};
  }

  /// Neither: a letter in the box is a letter in the box.
  json post(const value& x, tool_context& call) {
    if (x["to"] == "nowhere")
      throw tool_error{failure_kind::http_4xx, side_effect::none,
                       "there is no such address"};
    return enter(x, call, "letters.send");
  }

private:
  /// The number of an effect that is about to be made.
  int begin_effect() {
    const auto n = ++effects_;
    if (n == end_.effect && !end_.after)
      die();
    return n;
  }
  /// It is in the books.
  void end_effect(int n) const {
    if (n == end_.effect && end_.after)
      die();
  }
  static void die() {
    ::kill(::getpid(), SIGKILL);
  }

  ledger books_;
  death end_;
  std::atomic<int> effects_ = 0;
};

void add_all(runtime& rt, services& s) {
  const auto soon = backoff_options{.first = 5ms, .cap = 50ms};
  const auto often = retry_options{.max_attempts = 8, .backoff = soon};
  const auto patient
    = breaker_options{.consecutive_failures = 50, .failure_rate = 0};
  const auto add = [&](tool t) {
    rt.add(t.input(any()).output(any()).retry(often).breaker(patient));
  };
  add(tool{"orders.look_up", effect::read_only, services::look_up});
  add(tool{
    "bank.refund", effect::idempotent,
    [&s](const value& x, tool_context& call) {
      return s.pay(x, call, "bank.refund");
    }}.undo([&s](const value& x, tool_context& call) {
    return s.pay(x["arguments"], call, "bank.take_back");
  }));
  add(tool{
    "books.enter", effect::reconcilable,
    [&s](const value& x, tool_context& call) {
      return s.enter(x, call, "books.enter");
    }}.reconcile([&s](const std::string& key) {
        return s.was_entered(key);
      }).undo([&s](const value& x, tool_context& call) {
    return s.pay(x["arguments"], call, "books.strike_out");
  }));
  add(
    tool{"letters.send", effect::once,
         [&s](const value& x, tool_context& call) { return s.post(x, call); }});
  rt.add(agent{"refund", "1", refund}.on_unhandled(on_unhandled::fail));
}

// -- people -------------------------------------------------------------------

/// Looks into the books of the post office: was the letter sent?
void answer_tickets(runtime& rt, const ledger& books) {
  for (const auto& t :
       rt.journal().list_tickets({.states = {ticket_state::open}})) {
    const auto key = idempotency_key(t.run_id, t.step, t.revision);
    const auto sent = books.has("letters.send", key);
    const auto unknown = t.reason == park_reason::ambiguous_state;
    rt.decide({.ticket = t.id,
               .verb = !unknown ? verb::retry
                       : sent   ? verb::happened
                                : verb::did_not_happen,
               .by = "ann",
               .comment = "looked it up",
               .payload = unknown && sent ? "null" : ""});
  }
}

// -- lives --------------------------------------------------------------------

/// One life of the process: submits what is not there yet, and goes on with
/// whatever is open.
void live(const std::filesystem::path& dir, const ledger& books, death end,
          std::uint64_t seed) {
  auto s = services{books, end};
  auto rt
    = runtime{config{.data_dir = dir / "data",
                     .faults = parse_faults("bank.refund:http_5xx:after@0.2,"
                                            "books.enter:http_5xx:after@0.2,"
                                            "letters.send:rate_limited@0.2"),
                     .allow_faults = true,
                     .fault_seed = seed}};
  add_all(rt, s);
  rt.start();
  auto ids = std::vector<run_id>{};
  for (auto order = 1; order <= order_count; ++order)
    ids.push_back(
      rt.submit(
          {.agent = "refund", .input = order, .key = std::to_string(order)})
        .id);
  for (const auto& id : ids)
    for (auto row = rt.wait(id); !is_terminal(row.state); row = rt.wait(id))
      answer_tickets(rt, books);
  rt.stop();
}

/// In a process of its own. True if it came to its end, false if it was killed.
bool live_apart(const std::filesystem::path& dir, const ledger& books,
                death end, std::uint64_t seed) {
  const auto child = ::fork();
  if (child == 0) {
    try {
      live(dir, books, end, seed);
      std::_Exit(0);
    } catch (const std::exception& e) {
      std::cerr << e.what() << '\n';
      std::_Exit(1);
    }
  }
  auto status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    throw std::runtime_error{"no process could be started"};
  if (WIFSIGNALED(status))
    return false;
  if (WEXITSTATUS(status) != 0)
    throw std::runtime_error{"a life ended with an error"};
  return true;
}

// -- the books at the end -----------------------------------------------------

void print(const ledger& books, const std::string& service) {
  const auto orders = books.orders(service);
  auto once = 0;
  auto twice = 0;
  for (const auto& [order, count] : orders)
    ++(count == 1 ? once : twice);
  std::cout << "    " << service << ": " << once << " orders once, " << twice
            << " twice\n";
}

void run(const std::filesystem::path& dir) {
  const auto books = ledger{dir / "ledger"};
  std::cout << order_count << " refunds; order " << bad_address
            << " has a wrong address\n";
  auto seed = std::uint64_t{0};
  auto killed = 0;
  for (const auto& end : deaths)
    killed += live_apart(dir, books, end, ++seed) ? 0 : 1;
  std::cout << "killed " << killed << " times, before and after effects\n";
  if (!live_apart(dir, books, {}, ++seed))
    throw std::runtime_error{"nobody killed it, and yet it died"};
  std::cout << "what the services did:\n";
  for (const auto* service : {"bank.refund", "books.enter", "letters.send",
                              "bank.take_back", "books.strike_out"})
    print(books, service);
}

} // namespace

int main() {
  auto name
    = (std::filesystem::temp_directory_path() / "payments-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::cerr << "no directory could be made in " << name << '\n';
    return 1;
  }
  const auto dir = std::filesystem::path{name};
  auto code = 0;
  try {
    run(dir);
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    code = 1;
  }
  std::filesystem::remove_all(dir);
  return code;
}

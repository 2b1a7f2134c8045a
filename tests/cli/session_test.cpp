// What commands do while the owner of a data directory stops.

#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/cli/command_line.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/cli/unix_socket.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <optional>
#include <sstream>
#include <thread>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// An owner that takes one request, hangs up, and lets go of its directory.
class stopping_owner {
public:
  /// `before` it hangs up it may have done what it was asked for.
  stopping_owner(const data_dir& dir, std::function<void()> before = {})
    : lock_(std::in_place, dir, lock_purpose::drive),
      socket_(std::in_place, dir.socket()),
      thread_([this, before = std::move(before)] { serve(before); }) {
    // nop
  }
  stopping_owner(const stopping_owner&) = delete;
  stopping_owner& operator=(const stopping_owner&) = delete;
  ~stopping_owner() {
    thread_.join();
  }

private:
  void serve(const std::function<void()>& before) {
    // The first connection only looks whether somebody listens.
    static_cast<void>(socket_->accept());
    if (const auto asked = socket_->accept(); asked && before)
      before();
    socket_.reset();
    lock_.reset();
  }

  std::optional<data_dir_lock> lock_;
  std::optional<listening_socket> socket_;
  std::thread thread_;
};

/// A directory with a parked run and its ticket.
struct fixture {
  fixture() {
    where.create();
    auto x = batch{};
    x.runs.push_back({.number = 1,
                      .id = derived_uuid(1, 1),
                      .agent = "a",
                      .version = "1",
                      .state = run_state::parked});
    x.records.push_back({1,
                         0,
                         record_kind::started,
                         {},
                         {},
                         R"({"agent":"a","version":"1","input":null})"});
    x.tickets.push_back({.id = "T-1",
                         .run = 1,
                         .run_id = derived_uuid(1, 1),
                         .title = "?",
                         .context = "{}",
                         .options = {verb::retry, verb::abort}});
    commit(x);
  }
  void commit(const batch& x) const {
    const auto store = open_sqlite_store(where.database());
    const auto* p = &x;
    if (store->commit({&p, 1}) != commit_status::done)
      throw std::runtime_error{"not committed"};
  }
  exit_code run(std::vector<std::string> words) {
    words.insert(words.end(), {"--data-dir", where.root().string()});
    auto in = std::istringstream{};
    auto o = std::ostringstream{};
    auto e = std::ostringstream{};
    auto abandoned = false;
    const auto code = run_command(
      "prog", words, terminal{in, o, e, false}, [](runtime&) {}, abandoned);
    out = o.str() + e.str();
    return code;
  }
  [[nodiscard]] ticket stored() const {
    return *open_sqlite_store(where.database(), {.read_only = true})
              ->find_ticket("T-1");
  }

  temporary_dir dir;
  data_dir where{dir.path() / "d"};
  std::string id = to_string(derived_uuid(1, 1));
  std::string out;
};

} // namespace

TEST_CASE_METHOD(fixture,
                 "a command that meets an owner that stops is done "
                 "without it",
                 "[cli][session]") {
  const auto [words, says]
    = GENERATE(table<std::vector<std::string>, std::string>({
      {{"run", "list"}, "parked"},
      {{"run", "show", "RUN"}, "parked"},
      {{"run", "cancel", "RUN"}, "the cancellation is recorded"},
      {{"ticket", "list"}, "T-1"},
      {{"ticket", "show", "T-1"}, "open"},
      {{"ticket", "decide", "T-1", "retry"}, "decided: retry"},
      {{"run", "retry", "RUN", "--no-wait"}, "decided: retry"},
    }));
  auto said = words;
  for (auto& word : said)
    if (word == "RUN")
      word = id;
  const auto owner = stopping_owner{where};
  CHECK(run(said) == exit_code::ok);
  CHECK_THAT(out, ContainsSubstring(says));
}

TEST_CASE_METHOD(fixture,
                 "what an owner did that could not say so any more is "
                 "not refused the second time",
                 "[cli][session]") {
  SECTION("a cancel") {
    const auto owner = stopping_owner{
      where, [this] {
        auto x = batch{};
        x.runs.push_back({.number = 1,
                          .id = derived_uuid(1, 1),
                          .agent = "a",
                          .version = "1",
                          .state = run_state::cancelled});
        x.records.push_back(
          {1, 1, record_kind::cancelled, {}, {}, R"({"reason":"enough"})"});
        commit(x);
      }};
    CHECK(run({"run", "cancel", id}) == exit_code::ok);
    CHECK_THAT(out, ContainsSubstring("cancelled"));
  }
  SECTION("a decision") {
    const auto owner
      = stopping_owner{where, [this] {
                         auto x = batch{};
                         x.tickets.push_back(stored());
                         x.tickets[0].state = ticket_state::decided;
                         x.tickets[0].decided
                           = decision{.verb = verb::retry, .by = "ann"};
                         commit(x);
                       }};
    CHECK(run({"ticket", "decide", "T-1", "retry", "--by", "ann"})
          == exit_code::ok);
    CHECK(stored().decided->by == "ann");
  }
}

TEST_CASE_METHOD(fixture,
                 "what needs an owner is refused at once when there "
                 "is none",
                 "[cli][session]") {
  CHECK(run({"tree"}) == exit_code::failed);
  CHECK_THAT(out, ContainsSubstring("E-RUNTIME-002"));
}

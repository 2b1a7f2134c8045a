#include <stanchion/actors/desk/consequences.hpp>
#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/store_operations.hpp>
#include <stanchion/runtime/detail/stop_file.hpp>
#include <stanchion/supervisors/modes/modes.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <variant>

namespace stanchion {

namespace {

[[noreturn]] void needs_owner(const std::string& what, const data_dir& dir) {
  throw error{error_code::no_server, "no process drives the runs of "
                                       + dir.root().string() + ", and " + what
                                       + " needs one; `run resume` starts one"};
}

class offline_operations final : public store_operations {
public:
  explicit offline_operations(data_dir dir)
    : store_operations(dir.tokens()), dir_(std::move(dir)) {
    // nop
  }

  json start_run(const json&) override {
    needs_owner("starting a run", dir_);
  }

  json resume_run(const std::string&, const json&) override {
    needs_owner("resuming a run", dir_);
  }

  json signal_run(const std::string&, const json&) override {
    needs_owner("sending a signal", dir_);
  }

  /// Processes to come find it so.
  json set_mode(const std::string& agent, const json& request) override {
    const auto to = read_mode(request);
    write([&](store& in) {
      const auto before = in.find_fact(mode_fact(agent));
      auto x = batch{};
      x.facts.push_back(fact{mode_fact(agent), stanchion::to_text(to)});
      auto entry = audit_of(request, "mode.set", agent);
      entry.before
        = json(before.empty() ? to_string(mode::autonomous)
                              : to_string(parse_mode_setting(before).mode))
            .dump();
      entry.after = json(to_string(to.mode)).dump();
      x.audits.push_back(std::move(entry));
      return x;
    });
    return {{"name", agent}, {"mode", mode_document(to)}};
  }

  json stop_all(const json& request) override {
    const auto lift = request.find("lift");
    const auto lifts = lift != request.end() && *lift == true;
    const auto to = mode_setting{lifts ? mode::autonomous : mode::stopped,
                                 text_member(request, "by", "somebody"),
                                 required_reason(request)};
    if (lifts && !detail::read_stop(dir_.stop()))
      throw error{error_code::run_conflict, "nothing was stopped"};
    if (lifts)
      detail::remove_stop(dir_.stop());
    else
      detail::write_stop(dir_.stop(), to);
    write([&](store&) {
      auto x = batch{};
      auto entry
        = audit_of(request, lifts ? "stop.lift" : "stop.all", "everything");
      entry.after = json(to_string(to.mode)).dump();
      x.audits.push_back(std::move(entry));
      return x;
    });
    return mode_document(to);
  }

  [[nodiscard]] json list_agents() override {
    needs_owner("showing its agents", dir_);
  }

  [[nodiscard]] json list_tools() override {
    needs_owner("showing its tools", dir_);
  }

  [[nodiscard]] json find_tool(const std::string&) override {
    needs_owner("showing its tools", dir_);
  }

  json set_breaker(const std::string&, const json&) override {
    needs_owner("changing a breaker", dir_);
  }

  [[nodiscard]] json readiness() override {
    return {{"ready", false}, {"why", "no process drives the runs"}};
  }

  [[nodiscard]] json tree() override {
    needs_owner("showing its tree", dir_);
  }

  json cancel_run(const std::string& id, const json& request) override {
    const auto by = text_member(request, "by", "somebody");
    const auto reason = text_member(request, "reason", "cancelled by " + by);
    write([&](store& to) {
      auto row = resolve_run(to, id);
      if (is_terminal(row.state))
        throw error{error_code::run_conflict,
                    "run " + to_string(row.id) + " has ended already: it is "
                      + std::string{to_string(row.state)}};
      const auto now = system_clock().now();
      const auto seq = to.read(row.number, 0).size();
      auto x = batch{};
      x.records.push_back({.run = row.number,
                           .seq = static_cast<std::uint32_t>(seq),
                           .kind = record_kind::cancel,
                           .at = now,
                           .body = bodies::cancel(reason, by)});
      auto entry = audit_of(request, "run.cancel", to_string(row.id));
      entry.reason = reason;
      entry.before = gist_of(json(row));
      x.audits.push_back(std::move(entry));
      row.next_at.reset(); // there is something to do at once
      row.updated = now;
      x.runs.push_back(std::move(row));
      return x;
    });
    return find_run(id);
  }

  json decide(const std::string& id, const json& request) override {
    const auto words = read_decision(request);
    write([&](store& to) {
      const auto before = require_ticket(to, id);
      auto verdict = stanchion::decide(before,
                                       {.version = words.version,
                                        .verb = words.verb,
                                        .by = words.by,
                                        .comment = words.comment,
                                        .payload = words.payload,
                                        .roles = words.roles},
                                       system_clock().now());
      auto x = batch{};
      if (auto* fresh = std::get_if<ticket>(&verdict)) {
        auto entry = audit_of(request, "ticket.decide", id);
        entry.before = gist_of(before);
        entry.after = gist_of(*fresh);
        x.audits.push_back(std::move(entry));
        consequences{to, [](const ticket&) { return false; }}.add(*fresh, x);
        if (words.verb == verb::fork)
          add_fork(to, *fresh, x);
        x.tickets.push_back(std::move(*fresh));
      }
      return x;
    });
    return find_ticket(id);
  }

protected:
  [[nodiscard]] store& reads() override {
    if (store_ == nullptr)
      store_ = open_sqlite_store(dir_.database(), {.read_only = true});
    return *store_;
  }

  void pause() override {
    constexpr auto nap = std::chrono::milliseconds{100};
    std::this_thread::sleep_for(nap);
  }

  void change(
    const std::function<void(store&, const commit_function&)>& work) override {
    static_cast<void>(reads()); // refuses a directory without a journal
    const auto lock = data_dir_lock{dir_, lock_purpose::edit};
    const auto to = open_sqlite_store(dir_.database());
    work(*to, [&to](const batch& x) { commit(*to, x); });
  }

  forking begin_fork(const run_row& origin, const fork_wish& wish) override {
    auto made = forking{};
    write([&](store& to) {
      auto last = to.last_run();
      made = prepare_fork(to, *to.find_run(origin.number), wish,
                          system_clock().now(), *entropy_random(),
                          [&last] { return ++last; });
      return made.content;
    });
    return made;
  }

  void note(const std::function<audit_entry()>& change) override {
    if (!std::filesystem::exists(dir_.database())) {
      // Tokens may be made before anything runs.
      dir_.create();
      const auto lock = data_dir_lock{dir_, lock_purpose::edit};
      static_cast<void>(open_sqlite_store(dir_.database()));
    }
    write([&change](store&) {
      auto x = batch{};
      x.audits.push_back(change());
      return x;
    });
  }

private:
  /// Commits what `make` makes of the store, while nobody else can write.
  void write(const std::function<batch(store&)>& make) {
    change([&make](store& to, const commit_function& commit) {
      const auto x = make(to);
      if (x.weight() != 0)
        commit(x);
    });
  }

  /// The fork that a decision asks for, in the same commit.
  static void add_fork(store& to, const ticket& decided, batch& x) {
    auto last = to.last_run();
    auto made = prepare_fork(to, to.find_run(decided.run).value(),
                             {.key = decided.id,
                              .by = decided.decided->by,
                              .reason = decided.decided->comment},
                             system_clock().now(), *entropy_random(),
                             [&last] { return ++last; });
    auto& fork = made.content;
    std::ranges::move(fork.records, std::back_inserter(x.records));
    std::ranges::move(fork.runs, std::back_inserter(x.runs));
    std::ranges::move(fork.audits, std::back_inserter(x.audits));
  }

  static void commit(store& to, const batch& x) {
    const auto* only = &x;
    const auto status = to.commit({&only, 1});
    if (status == commit_status::done)
      return;
    throw error{status == commit_status::full ? error_code::store_full
                                              : error_code::store_io,
                "it could not be written down, for the journal refused: "
                  + to.problem()};
  }

  data_dir dir_;
  std::unique_ptr<store> store_;
};

} // namespace

std::unique_ptr<operations> make_offline_operations(const data_dir& dir) {
  return std::make_unique<offline_operations>(dir);
}

} // namespace stanchion

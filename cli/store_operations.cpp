#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/cli/reports.hpp>
#include <stanchion/cli/store_operations.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <thread>
#include <utility>
#include <variant>

namespace stanchion {

// -- what only reads ----------------------------------------------------------

json store_operations::list_runs(const run_filter& f) {
  return run_list(reads(), f);
}

json store_operations::find_run(const std::string& id) {
  const auto row = resolve_run(reads(), id);
  return run_document(reads(), row, system_clock().now(), left_alone());
}

json store_operations::list_steps(const std::string& id) {
  return step_list(reads().read(resolve_run(reads(), id).number, 0));
}

json store_operations::follow(const std::string& id, const follower& f) {
  return follow_run(
    reads(), resolve_run(reads(), id), f, [this] { pause(); }, left_alone());
}

json store_operations::list_tickets(const ticket_query& q) {
  return ticket_list(reads(), q);
}

json store_operations::retry_run(const std::string& id, const json& request) {
  const auto t = retry_ticket(reads(), resolve_run(reads(), id));
  auto said = request;
  said["verb"] = "retry";
  said["version"] = t.version;
  return decide(t.id, said);
}

json store_operations::find_ticket(const std::string& id) {
  return json(require_ticket(reads(), id));
}

// -- requests -----------------------------------------------------------------

std::string text_member(const json& from, const char* key,
                        const std::string& otherwise) {
  if (!from.is_object())
    throw error{error_code::invalid_json, "a JSON object is needed"};
  const auto found = from.find(key);
  if (found == from.end())
    return otherwise;
  if (found->is_string())
    return found->get<std::string>();
  throw error{error_code::invalid_json,
              "member \"" + std::string{key} + "\" must be a string"};
}

decision_words read_decision(const json& request) {
  auto words = decision_words{};
  const auto said = text_member(request, "verb");
  const auto known = parse_verb(said);
  if (!known)
    throw error{error_code::bad_decision,
                "\"" + said
                  + "\" is no verb; `ticket show` lists those that answer a "
                    "ticket"};
  words.verb = *known;
  words.by = text_member(request, "by");
  words.comment = text_member(request, "comment");
  if (const auto payload = request.find("payload"); payload != request.end())
    words.payload = canonical(*payload);
  if (const auto version = request.find("version"); version != request.end()) {
    if (!version->is_number_unsigned())
      throw error{error_code::invalid_json,
                  "member \"version\" must be a positive integer"};
    words.version = version->get<std::uint32_t>();
  }
  return words;
}

// -- without an owner ---------------------------------------------------------

namespace {

[[noreturn]] void needs_owner(const std::string& what, const data_dir& dir) {
  throw error{error_code::no_server, "no process drives the runs of "
                                       + dir.root().string() + ", and " + what
                                       + " needs one; `run resume` starts one"};
}

class offline_operations final : public store_operations {
public:
  explicit offline_operations(data_dir dir) : dir_(std::move(dir)) {
    // nop
  }

  json start_run(const json&) override {
    needs_owner("starting a run", dir_);
  }

  json resume_run(const std::string&) override {
    needs_owner("resuming a run", dir_);
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
      auto verdict = stanchion::decide(require_ticket(to, id),
                                       {.version = words.version,
                                        .verb = words.verb,
                                        .by = words.by,
                                        .comment = words.comment,
                                        .payload = words.payload},
                                       system_clock().now());
      auto x = batch{};
      if (auto* fresh = std::get_if<ticket>(&verdict))
        x.tickets.push_back(std::move(*fresh));
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

private:
  /// Commits what `make` makes of the store, while nobody else can write.
  void write(const std::function<batch(store&)>& make) {
    static_cast<void>(reads()); // refuses a directory without a journal
    const auto lock = data_dir_lock{dir_, lock_purpose::edit};
    const auto to = open_sqlite_store(dir_.database());
    const auto x = make(*to);
    if (x.weight() == 0)
      return;
    const auto* only = &x;
    const auto status = to->commit({&only, 1});
    if (status == commit_status::done)
      return;
    throw error{status == commit_status::full ? error_code::store_full
                                              : error_code::store_io,
                "nothing was decided, since the journal could not be written: "
                  + to->problem()};
  }

  data_dir dir_;
  std::unique_ptr<store> store_;
};

} // namespace

std::unique_ptr<operations> make_offline_operations(const data_dir& dir) {
  return std::make_unique<offline_operations>(dir);
}

} // namespace stanchion

#include <stanchion/actors/desk/consequences.hpp>
#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/actors/run/bodies.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <nlohmann/json.hpp>

#include <functional>
#include <thread>
#include <utility>
#include <variant>

namespace stanchion {

// -- what only reads ----------------------------------------------------------

namespace {

/// When a token that is asked for expires; nothing for never.
std::optional<instant> expiry_of(const json& request, instant now) {
  const auto found = request.find("expires_in_s");
  if (found == request.end() || found->is_null())
    return std::nullopt;
  constexpr auto longest = std::int64_t{100} * 366 * 24 * 60 * 60;
  const auto span
    = found->is_number_integer() ? found->get<std::int64_t>() : std::int64_t{0};
  if (span <= 0 || span > longest)
    throw error{error_code::usage,
                "\"expires_in_s\" must be a number of seconds, at least 1"};
  return now + std::chrono::seconds{span};
}

} // namespace

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

// -- tokens and the audit -----------------------------------------------------

store_operations::store_operations(const std::filesystem::path& tokens)
  : tokens_(tokens) {
  // nop
}

json store_operations::list_audit(const audit_filter& f) {
  return audit_list(reads(), f);
}

json store_operations::list_tokens() {
  auto all = json::array();
  for (const auto& x : tokens_.list())
    all.push_back(x);
  return {{"tokens", std::move(all)}};
}

json store_operations::create_token(const json& request) {
  const auto as = parse_role(text_member(request, "role"));
  if (!as)
    throw error{error_code::usage, "\"" + text_member(request, "role")
                                     + "\" is no role; there are viewer, "
                                       "operator, approver and admin"};
  const auto now = system_clock().now();
  const auto expires = expiry_of(request, now);
  auto made = json{};
  note([&] {
    const auto name = text_member(request, "name");
    auto secret = tokens_.create(name, *as, now, expires);
    made = api_token{.name = name,
                     .as = *as,
                     .hash = {},
                     .created = now,
                     .expires = expires,
                     .revoked = {}};
    auto entry = audit_of(request, "token.create", name);
    entry.after = gist_of(made);
    made["secret"] = std::move(secret);
    return entry;
  });
  return made;
}

json store_operations::revoke_token(const std::string& name,
                                    const json& request) {
  auto revoked = json{};
  note([&] {
    revoked = tokens_.revoke(name, system_clock().now());
    auto entry = audit_of(request, "token.revoke", name);
    entry.after = gist_of(revoked);
    return entry;
  });
  return revoked;
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

audit_entry audit_of(const json& request, std::string act,
                     std::string subject) {
  return {.at = system_clock().now(),
          .by = text_member(request, "by", "somebody"),
          .act = std::move(act),
          .subject = std::move(subject),
          .reason
          = text_member(request, "reason", text_member(request, "comment"))};
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
  for (const auto& each : request.value("roles", json::array()))
    words.roles.push_back(each.get<std::string>());
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

  json set_mode(const std::string&, const json&) override {
    needs_owner("changing a mode", dir_);
  }

  json stop_all(const json&) override {
    needs_owner("stopping everything", dir_);
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
        entry.before = gist_of(json(before));
        entry.after = gist_of(json(*fresh));
        x.audits.push_back(std::move(entry));
        consequences{to, [](const ticket&) { return false; }}.add(*fresh, x);
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
                "it could not be written down, for the journal refused: "
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

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/ticket_document.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/run_export.hpp>
#include <stanchion/runtime/api/store_operations.hpp>
#include <stanchion/runtime/prune.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <sstream>
#include <utility>

namespace stanchion {

// -- what only reads ----------------------------------------------------------

namespace {

/// A member that is an array of strings, if it is there.
std::vector<std::string> names_member(const json& from, const char* key) {
  auto names = std::vector<std::string>{};
  const auto found = from.find(key);
  if (found == from.end())
    return names;
  const auto are_strings
    = found->is_array()
      && std::all_of(found->begin(), found->end(),
                     [](const json& x) { return x.is_string(); });
  if (!are_strings)
    throw error{error_code::invalid_json, "member \"" + std::string{key}
                                            + "\" must be an array of strings"};
  for (const auto& each : *found)
    names.push_back(each.get<std::string>());
  return names;
}

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

/// What to prune. Errors: `usage`.
prune_wish read_prune(const json& request, instant now) {
  constexpr auto longest = std::int64_t{100} * 366 * 24 * 60 * 60;
  const auto found = request.find("older_than_s");
  const auto span = found != request.end() && found->is_number_integer()
                      ? found->get<std::int64_t>()
                      : std::int64_t{0};
  if (span <= 0 || span > longest)
    throw error{error_code::usage,
                "\"older_than_s\" must be a number of seconds, at least 1"};
  auto wish = prune_wish{.before = now - std::chrono::seconds{span}};
  if (const auto below = request.find("below"); below != request.end())
    wish.below = below->get<run_number>();
  auto names = std::istringstream{text_member(request, "state")};
  for (auto name = std::string{}; std::getline(names, name, ',');) {
    const auto state = parse_run_state(name);
    if (!state || !is_terminal(*state))
      throw error{error_code::usage,
                  "\"" + name
                    + "\" is no state of a run that has ended; there are "
                      "completed, failed, cancelled and continued"};
    wish.states.push_back(*state);
  }
  return wish;
}

bool flag_member(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end())
    return false;
  if (found->is_boolean())
    return found->get<bool>();
  throw error{error_code::invalid_json,
              "member \"" + std::string{key} + "\" must be true or false"};
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

json store_operations::export_run(const std::string& id) {
  return run_export(reads(), resolve_run(reads(), id), system_clock().now());
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

// -- what changes more than one line
// -------------------------------------------

json store_operations::fork_run(const std::string& id, const json& request) {
  const auto origin = resolve_run(reads(), id);
  auto wish = fork_wish{.version = text_member(request, "agent_version"),
                        .key = text_member(request, "key"),
                        .by = text_member(request, "by", "somebody"),
                        .reason = text_member(request, "reason")};
  if (const auto at = text_member(request, "at"); !at.empty())
    wish.at = at;
  const auto dry = flag_member(request, "dry_run");
  auto x = dry ? forking{.plan = look_at_fork(reads(), origin, wish.at,
                                              system_clock().now())}
               : begin_fork(origin, wish);
  auto to = json{{"from", {{"run", to_string(origin.id)}}},
                 {"effects", x.plan.origin.acts},
                 {"undone_before", x.plan.undone_before}};
  if (!x.plan.origin.at.empty())
    to["from"]["at"] = x.plan.origin.at;
  if (!dry)
    to["run"] = find_run(to_string(x.row.id));
  return to;
}

json store_operations::prune_journal(const json& request) {
  // So short that who drives runs is not held up.
  constexpr auto at_a_time = std::size_t{100};
  const auto wish = read_prune(request, system_clock().now());
  auto plan = prune_plan{};
  auto to = json{{"payloads", 0}};
  const auto work = [&](store& in, const commit_function& commit) {
    plan = plan_prune(in, wish, system_clock().now());
    for (auto i = std::size_t{0}; i < plan.runs.size(); i += at_a_time) {
      const auto end = std::min(i + at_a_time, plan.runs.size());
      auto x = batch{};
      for (auto j = i; j < end; ++j)
        x.prunes.push_back(plan.runs[j]);
      x.audits.push_back(audit_of(request, "journal.prune", "journal"));
      x.audits.back().after
        = json{{"runs", end - i}, {"before", to_rfc3339(wish.before)}}.dump();
      commit(x);
    }
    if (plan.next == 0)
      to["payloads"] = sweep(in, commit);
  };
  if (flag_member(request, "dry_run"))
    plan = plan_prune(reads(), wish, system_clock().now());
  else
    change(work);
  to["runs"] = plan.runs.size();
  to["records"] = plan.records;
  to["tickets"] = plan.tickets;
  to["kept"] = plan.kept;
  if (plan.next != 0)
    to["next"] = plan.next;
  return to;
}

std::size_t store_operations::sweep(store& in, const commit_function& commit) {
  constexpr auto looked_for = std::size_t{10'000};
  constexpr auto at_a_time = std::size_t{100};
  auto swept = std::size_t{0};
  for (;;) {
    auto found = in.find_leftovers(looked_for);
    const auto count = found.names.size();
    for (auto i = std::size_t{0}; i < count; i += at_a_time) {
      auto x = batch{};
      x.swept.as_of = found.as_of;
      for (auto j = i; j < std::min(i + at_a_time, count); ++j)
        x.swept.names.push_back(std::move(found.names[j]));
      commit(x);
    }
    swept += count;
    if (count < looked_for)
      return swept;
  }
}

json store_operations::find_ticket(const std::string& id) {
  return document_of(require_ticket(reads(), id));
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
  const auto decides_as = names_member(request, "decides_as");
  auto made = json{};
  note([&] {
    const auto name = text_member(request, "name");
    auto secret = tokens_.create(name, *as, now, expires, decides_as);
    made = api_token{.name = name,
                     .as = *as,
                     .hash = {},
                     .created = now,
                     .expires = expires,
                     .revoked = {},
                     .decides_as = decides_as};
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

std::string required_reason(const json& request) {
  auto reason = text_member(request, "reason");
  if (reason.empty())
    throw error{error_code::usage, "a reason is needed, for others to read"};
  return reason;
}

mode_setting read_mode(const json& request) {
  const auto word = text_member(request, "mode");
  const auto to = parse_mode(word);
  if (!to)
    throw error{error_code::usage,
                "\"" + word
                  + "\" is no mode; there are autonomous, advisory and "
                    "stopped"};
  return {.mode = *to,
          .by = text_member(request, "by", "somebody"),
          .reason = required_reason(request)};
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
  words.roles = names_member(request, "roles");
  if (const auto version = request.find("version"); version != request.end()) {
    if (!version->is_number_unsigned())
      throw error{error_code::invalid_json,
                  "member \"version\" must be a positive integer"};
    words.version = version->get<std::uint32_t>();
  }
  return words;
}

} // namespace stanchion

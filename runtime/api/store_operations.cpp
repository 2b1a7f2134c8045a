#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/run_export.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
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

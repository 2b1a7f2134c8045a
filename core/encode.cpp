#include <stanchion/core/canonical.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <limits>
#include <utility>

namespace stanchion {

namespace {

// -- writing ------------------------------------------------------------------

void put_instant(json& to, const char* key, instant at) {
  to[key] = to_rfc3339_micros(at);
}

void put_run(json& to, const char* key, const run_id& id) {
  if (!id.nil())
    to[key] = to_string(id);
}

template <class Number>
void put_number(json& to, const char* key, Number x) {
  if (x != 0)
    to[key] = x;
}

/// Embeds JSON text as what it says.
void put_json(json& to, const char* key, std::string_view text) {
  if (text.empty())
    return;
  try {
    to[key] = parse_json(text, wrapping_limits).get();
  } catch (const error&) {
    to[key] = detail::to_valid_utf8(text);
  }
}

void put_failure(json& to, const failure& from, std::size_t causes) {
  to = json::object();
  to["kind"] = to_string(from.kind);
  to["side_effect"] = to_string(from.effect);
  put_text(to, "message", from.message);
  if (from.retry_after)
    to["retry_after_us"] = from.retry_after->count();
  put_number(to, "status", from.status);
  put_text(to, "code", from.code);
  put_text(to, "rule", from.rule);
  put_number(to, "attempts", from.attempts);
  if (from.cause && causes > 0)
    put_failure(to["cause"], *from.cause, causes - 1);
}

// -- reading ------------------------------------------------------------------

/// The members of one object, which `what` names in errors.
class reader {
public:
  reader(const json& from, std::string_view what) : from_(from), what_(what) {
    if (!from.is_object())
      refuse("is no object");
  }

  /// Null when there is none.
  [[nodiscard]] const json* find(const char* key) const {
    const auto at = from_.find(key);
    return at == from_.end() ? nullptr : &*at;
  }

  /// Empty when there is none.
  [[nodiscard]] std::string text(const char* key) const {
    const auto* x = find(key);
    if (x == nullptr)
      return {};
    if (const auto* chars = x->get_ptr<const std::string*>())
      return *chars;
    refuse(key, "is no string");
  }

  /// `otherwise` when there is none.
  template <class Int>
  [[nodiscard]] Int number(const char* key, Int otherwise) const {
    const auto* x = find(key);
    if (x == nullptr)
      return otherwise;
    if (const auto* n = x->get_ptr<const json::number_unsigned_t*>();
        n != nullptr && std::in_range<Int>(*n))
      return static_cast<Int>(*n);
    if (const auto* n = x->get_ptr<const json::number_integer_t*>();
        n != nullptr && !x->is_number_unsigned() && std::in_range<Int>(*n))
      return static_cast<Int>(*n);
    refuse(key, "is no integer in range");
  }

  /// What `parse` makes of a mandatory text.
  template <class Parse>
  [[nodiscard]] auto parsed(const char* key, Parse parse) const {
    if (find(key) == nullptr)
      refuse(key, "is missing");
    const auto word = text(key);
    const auto x = parse(word);
    if (!x)
      refuse(key, "is unknown: " + detail::clip(word, 60));
    return *x;
  }

  /// Embedded JSON as canonical text; empty when there is none.
  [[nodiscard]] std::string json_text(const char* key) const {
    const auto* x = find(key);
    return x == nullptr ? std::string{} : canonical(*x, wrapping_limits);
  }

  [[nodiscard]] std::optional<instant> optional_instant(const char* key) const {
    return find(key) == nullptr ? std::nullopt
                                : std::optional{parsed(key, parse_rfc3339)};
  }

  /// Calls `f` for each element of an array; not at all when there is none.
  template <class F>
  void each(const char* key, F f) const {
    const auto* xs = find(key);
    if (xs == nullptr)
      return;
    if (!xs->is_array())
      refuse(key, "is no array");
    for (const auto& x : *xs)
      f(x);
  }

  [[noreturn]] void refuse(const std::string& complaint) const {
    throw error{error_code::invalid_json,
                std::string{what_} + " " + complaint
                  + "; it must have the form that this version writes"};
  }

  [[noreturn]] void refuse(const char* key,
                           const std::string& complaint) const {
    refuse("member \"" + std::string{key} + "\" " + complaint);
  }

private:
  const json& from_;
  std::string_view what_;
};

std::vector<verb> read_options(const reader& from) {
  std::vector<verb> result;
  from.each("options", [&](const json& word) {
    const auto x = word.is_string()
                     ? parse_verb(word.get_ref<const std::string&>())
                     : std::nullopt;
    if (!x)
      from.refuse("options", "holds what is no verb");
    result.push_back(*x);
  });
  return result;
}

} // namespace

// -- failure ------------------------------------------------------------------

void to_json(json& to, const failure& from) {
  put_failure(to, from, encoded_causes);
}

failure failure_from_json(const json& from) {
  const reader in{from, "failure"};
  failure x;
  x.kind = in.parsed("kind", parse_failure_kind);
  x.effect = in.parsed("side_effect", parse_side_effect);
  x.message = in.text("message");
  if (in.find("retry_after_us") != nullptr)
    x.retry_after = duration{in.number<std::int64_t>("retry_after_us", 0)};
  x.status = in.number<std::uint16_t>("status", 0);
  x.code = in.text("code");
  x.rule = in.text("rule");
  x.attempts = in.number<std::uint32_t>("attempts", 0);
  if (const auto* cause = in.find("cause"))
    x.cause = std::make_shared<const failure>(failure_from_json(*cause));
  return x;
}

// -- decision -----------------------------------------------------------------

void to_json(json& to, const decision& from) {
  to = json::object();
  to["verb"] = to_string(from.verb);
  put_text(to, "by", from.by);
  put_instant(to, "at", from.at);
  put_text(to, "comment", from.comment);
  put_json(to, "payload", from.payload);
}

decision decision_from_json(const json& from) {
  const reader in{from, "decision"};
  decision x;
  x.verb = in.parsed("verb", parse_verb);
  x.by = in.text("by");
  x.at = in.parsed("at", parse_rfc3339);
  x.comment = in.text("comment");
  x.payload = in.json_text("payload");
  return x;
}

// -- the terms of a ticket ----------------------------------------------------

void to_json(json& to, const ticket_terms& from) {
  to = json::object();
  put_text(to, "digest", from.digest);
  if (from.needed != 1)
    to["needed"] = from.needed;
  if (!from.roles.empty())
    to["roles"] = from.roles;
  put_text(to, "requester", from.requester);
  for (const auto& x : from.votes) {
    auto said = json{{"by", detail::to_valid_utf8(x.by)}};
    put_instant(said, "at", x.at);
    put_text(said, "comment", x.comment);
    to["votes"].push_back(std::move(said));
  }
  put_json(to, "edited", from.edited);
  if (from.expires)
    put_instant(to, "expires", *from.expires);
  for (const auto& x : from.ladder)
    to["ladder"].push_back({{"target", detail::to_valid_utf8(x.target)},
                            {"after_us", x.after.count()}});
  if (from.escalates)
    put_instant(to, "escalates", *from.escalates);
  put_text(to, "assignee", from.assignee);
  if (from.used)
    put_instant(to, "used", *from.used);
  put_json(to, "answer_schema", from.answer_schema);
  put_json(to, "undo", from.undo);
}

ticket_terms ticket_terms_from_json(const json& from) {
  const reader in{from, "terms"};
  ticket_terms x;
  x.digest = in.text("digest");
  x.needed = in.number<std::uint32_t>("needed", 1);
  in.each("roles", [&](const json& role) {
    if (!role.is_string())
      in.refuse("roles", "holds what is no string");
    x.roles.push_back(role.get<std::string>());
  });
  x.requester = in.text("requester");
  in.each("votes", [&](const json& said) {
    const reader one{said, "vote"};
    x.votes.push_back(
      {one.text("by"), one.parsed("at", parse_rfc3339), one.text("comment")});
  });
  x.edited = in.json_text("edited");
  x.expires = in.optional_instant("expires");
  in.each("ladder", [&](const json& rung) {
    const reader one{rung, "rung"};
    x.ladder.push_back(
      {one.text("target"), duration{one.number<std::int64_t>("after_us", 0)}});
  });
  x.escalates = in.optional_instant("escalates");
  x.assignee = in.text("assignee");
  x.used = in.optional_instant("used");
  x.answer_schema = in.json_text("answer_schema");
  x.undo = in.json_text("undo");
  return x;
}

// -- ticket -------------------------------------------------------------------

void to_json(json& to, const ticket& from) {
  to = json::object();
  to["id"] = from.id;
  to["kind"] = to_string(from.kind);
  to["reason"] = to_string(from.reason);
  put_run(to, "run", from.run_id);
  put_number(to, "run_number", from.run);
  put_text(to, "step", from.step);
  put_number(to, "revision", from.revision);
  to["version"] = from.version;
  to["state"] = to_string(from.state);
  put_text(to, "title", from.title);
  put_text(to, "group", from.group);
  put_json(to, "context", from.context);
  if (!from.options.empty()) {
    auto& words = to["options"];
    for (const auto x : from.options)
      words.push_back(to_string(x));
  }
  put_instant(to, "created", from.created);
  if (from.terms != ticket_terms{})
    to["terms"] = from.terms;
  if (from.decided)
    to["decided"] = *from.decided;
}

ticket ticket_from_json(const json& from) {
  const reader in{from, "ticket"};
  ticket x;
  x.id = in.text("id");
  if (x.id.empty())
    in.refuse("id", "is missing");
  x.kind = in.parsed("kind", parse_ticket_kind);
  x.reason = in.parsed("reason", parse_park_reason);
  if (in.find("run") != nullptr)
    x.run_id = in.parsed("run", parse_uuid);
  x.run = in.number<run_number>("run_number", 0);
  x.step = in.text("step");
  x.revision = in.number<std::uint32_t>("revision", 0);
  x.version = in.number<std::uint32_t>("version", 1);
  x.state = in.parsed("state", parse_ticket_state);
  x.title = in.text("title");
  x.group = in.text("group");
  x.context = in.json_text("context");
  x.options = read_options(in);
  x.created = in.parsed("created", parse_rfc3339);
  if (const auto* terms = in.find("terms"))
    x.terms = ticket_terms_from_json(*terms);
  if (const auto* decided = in.find("decided"))
    x.decided = decision_from_json(*decided);
  return x;
}

// -- what is only shown -------------------------------------------------------

void to_json(json& to, const run_row& from) {
  to = json::object();
  to["number"] = from.number;
  put_run(to, "id", from.id);
  put_text(to, "agent", from.agent);
  put_text(to, "version", from.version);
  to["state"] = to_string(from.state);
  put_text(to, "waiting_for", from.waiting_for);
  if (from.next_at)
    put_instant(to, "next_at", *from.next_at);
  put_instant(to, "created", from.created);
  put_instant(to, "updated", from.updated);
  put_number(to, "parent_number", from.parent);
  put_text(to, "parent_step", from.parent_step);
  put_text(to, "submitter", from.submitter);
  put_text(to, "key", from.key);
}

void to_json(json& to, const record& from) {
  to = json::object();
  to["run_number"] = from.run;
  to["seq"] = from.seq;
  to["kind"] = to_string(from.kind);
  put_instant(to, "at", from.at);
  put_text(to, "step", from.step);
  put_json(to, "body", from.body);
}

void to_json(json& to, const audit_entry& from) {
  to = json::object();
  to["number"] = from.number;
  put_instant(to, "at", from.at);
  put_text(to, "by", from.by);
  put_text(to, "act", from.act);
  put_text(to, "subject", from.subject);
  put_text(to, "reason", from.reason);
  put_json(to, "before", from.before);
  put_json(to, "after", from.after);
}

void to_json(json& to, const event& from) {
  to = json::object();
  to["event"] = to_string(from.kind);
  to["severity"] = to_string(from.severity);
  put_instant(to, "at", from.at);
  put_run(to, "run", from.run);
  put_text(to, "step", from.step);
  put_text(to, "subject", from.subject);
  put_json(to, "fields", from.fields);
}

} // namespace stanchion

#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <optional>

namespace stanchion {

namespace {

[[noreturn]] void conflict(const std::string& text) {
  throw error{error_code::ticket_conflict, text};
}

[[noreturn]] void refuse(const std::string& text) {
  throw error{error_code::bad_decision, text};
}

std::string in_quotes(std::string_view text) {
  return "\"" + std::string{text} + "\"";
}

/// Empty when the text is no JSON.
std::optional<std::string> try_canonical(std::string_view text) {
  if (text.empty())
    return std::string{};
  try {
    return canonical(parse_json(text));
  } catch (const error&) {
    return std::nullopt;
  }
}

std::string options_text(const ticket& x) {
  if (x.options.empty())
    return "no verb answers it";
  auto text = std::string{"it takes"};
  for (const auto option : x.options)
    text.append(option == x.options.front() ? " " : ", ")
      .append(to_string(option));
  return text;
}

[[noreturn]] void lost_to(const ticket& x) {
  const auto& won = *x.decided;
  auto text = "ticket " + x.id + " was decided already: " + won.by + " said "
              + std::string{to_string(won.verb)} + " at " + to_rfc3339(won.at);
  if (!won.comment.empty())
    text += " (" + in_quotes(won.comment) + ")";
  conflict(text
           + ". The first decision stands; look at the ticket, and at its "
             "run, before doing anything else");
}

void require_open(const ticket& x) {
  if (x.state == ticket_state::open)
    return;
  conflict("ticket " + x.id + " is " + std::string{to_string(x.state)}
           + (x.state == ticket_state::withdrawn
                ? ": its run ended without it, so that there is nothing left "
                  "to decide"
                : ": its time has passed"));
}

void require_version(const ticket& x, std::uint32_t seen) {
  if (seen == 0 || seen == x.version)
    return;
  conflict("ticket " + x.id + " is at version " + std::to_string(x.version)
           + ", and the decision is about version " + std::to_string(seen)
           + ": what is to be decided has changed and reads now "
           + in_quotes(x.title)
           + ". Look at the ticket again, then decide about version "
           + std::to_string(x.version));
}

void require_option(const ticket& x, verb said) {
  for (const auto option : x.options)
    if (option == said)
      return;
  refuse(in_quotes(to_string(said)) + " does not answer ticket " + x.id + " ("
         + std::string{to_string(x.reason)} + "): " + options_text(x));
}

std::string checked_payload(const decision_wish& wish) {
  const auto said = std::string{to_string(wish.verb)};
  const auto wants = payload_of(wish.verb);
  if (wants == payload_kind::none) {
    if (!wish.payload.empty())
      refuse(in_quotes(said) + " takes no payload; leave it out");
    return {};
  }
  const auto what = wants == payload_kind::object
                      ? "the new arguments, a JSON object"
                      : "the result, a JSON value";
  if (wish.payload.empty() && wants == payload_kind::extension)
    return {};
  if (wish.payload.empty())
    refuse(in_quotes(said) + " needs a payload: " + what);
  try {
    const auto payload = parse_json(wish.payload);
    if (wants == payload_kind::extension)
      static_cast<void>(extension_from_json(payload.get()));
    if (wants == payload_kind::object && !payload.is_object())
      refuse("the payload of " + in_quotes(said) + " must be " + what);
    return canonical(payload);
  } catch (const error& e) {
    if (e.code() == error_code::bad_decision)
      throw;
    refuse("the payload of " + in_quotes(said) + " must be " + what + "; "
           + e.what());
  }
}

} // namespace

payload_kind payload_of(verb x) {
  switch (x) {
  case verb::happened:
  case verb::skip:
  case verb::answer:
    return payload_kind::any;
  case verb::edit:
    return payload_kind::object;
  case verb::extend:
    return payload_kind::extension;
  default:
    return payload_kind::none;
  }
}

std::variant<ticket, stored_decision>
decide(const ticket& x, const decision_wish& wish, instant now) {
  if (x.decided) {
    const auto same_version = wish.version == 0 || wish.version == x.version;
    if (same_version && x.decided->verb == wish.verb
        && try_canonical(wish.payload) == x.decided->payload)
      return stored_decision{x};
    lost_to(x);
  }
  require_open(x);
  require_version(x, wish.version);
  require_option(x, wish.verb);
  if (wish.by.empty())
    refuse("a decision needs the name of who decides");
  auto decided = x;
  decided.state = ticket_state::decided;
  decided.decided = decision{.verb = wish.verb,
                             .by = wish.by,
                             .at = now,
                             .comment = wish.comment,
                             .payload = checked_payload(wish)};
  return decided;
}

} // namespace stanchion

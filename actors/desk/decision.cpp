#include <stanchion/actors/desk/decision.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>

#include <algorithm>
#include <optional>
#include <utility>

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

void require_in_time(const ticket& x, instant now) {
  if (x.terms.expires && now >= *x.terms.expires)
    conflict("ticket " + x.id + " could be decided until "
             + to_rfc3339(*x.terms.expires)
             + ", and nobody did; its default holds");
}

/// Whether it is for `wish.by` to decide.
void require_entitled(const ticket& x, const decision_wish& wish) {
  if (wish.by.empty())
    refuse("a decision needs the name of who decides");
  const auto& asked = x.terms.roles;
  const auto has = [&wish](const std::string& role) {
    return std::ranges::find(wish.roles, role) != wish.roles.end();
  };
  if (!asked.empty() && !has("*") && std::ranges::none_of(asked, has)) {
    auto text = std::string{};
    for (const auto& role : asked)
      text += (text.empty() ? "" : " or ") + role;
    refuse("ticket " + x.id + " is for " + text + " to decide, and " + wish.by
           + " is not known as such");
  }
  const auto approves = wish.verb == verb::approve || wish.verb == verb::edit;
  if (approves && !x.terms.requester.empty() && x.terms.requester == wish.by)
    refuse("ticket " + x.id + " is about what " + wish.by
           + " has asked for: somebody else must approve it");
}

void require_option(const ticket& x, verb said) {
  if (said == verb::reassign && !x.options.empty())
    return;
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
  const auto* what = "the result, a JSON value";
  if (wants == payload_kind::object)
    what = "the new arguments, a JSON object";
  if (wants == payload_kind::person)
    what = "a name, a JSON string";
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
    if (wants == payload_kind::person && !payload.is_string())
      refuse("the payload of " + in_quotes(said) + " must be " + what);
    return canonical(payload);
  } catch (const error& e) {
    if (e.code() == error_code::bad_decision)
      throw;
    refuse("the payload of " + in_quotes(said) + " must be " + what + "; "
           + e.what());
  }
}

void check_answer(const ticket& x, const std::string& payload) {
  if (x.terms.answer_schema.empty())
    return;
  const auto form = schema{parse_json(x.terms.answer_schema).get()};
  if (const auto problem = form.check(parse_json(payload).get()))
    refuse("the answer to ticket " + x.id + " does not fit: " + *problem);
}

ticket closed(const ticket& x, decision said) {
  auto result = x;
  result.state = ticket_state::decided;
  result.decided = std::move(said);
  return result;
}

/// All who approved, the last one last.
std::string names_of(const std::vector<vote>& votes) {
  auto text = std::string{};
  for (const auto& x : votes)
    text += (text.empty() ? "" : ", ") + x.by;
  return text;
}

bool has_voted(const ticket& x, const std::string& who) {
  return std::ranges::find(x.terms.votes, who, &vote::by)
         != x.terms.votes.end();
}

/// Whether the wish repeats one of the votes that decided `x`.
bool has_approved(const ticket& x, const decision_wish& wish) {
  return x.state == ticket_state::decided && wish.verb == verb::approve
         && has_voted(x, wish.by);
}

/// One more approval: the last one that is needed decides.
ticket voted(const ticket& x, const decision& said) {
  auto result = x;
  auto& terms = result.terms;
  terms.votes.push_back({said.by, said.at, said.comment});
  if (terms.votes.size() < terms.needed)
    return result;
  auto all = said;
  all.by = names_of(terms.votes);
  if (!terms.edited.empty()) {
    all.verb = verb::edit;
    all.payload = terms.edited;
  }
  return closed(result, std::move(all));
}

/// What others have approved before was something else.
ticket edited(const ticket& x, const decision& said) {
  auto result = x;
  auto& terms = result.terms;
  terms.votes.clear();
  terms.digest = to_string(sha256(said.payload));
  if (terms.needed > 1) {
    terms.edited = said.payload;
    ++result.version;
  }
  return voted(result, said);
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
  case verb::reassign:
    return payload_kind::person;
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
    const auto same_words
      = x.decided->verb == wish.verb
        && try_canonical(wish.payload) == x.decided->payload;
    if (same_version && (same_words || has_approved(x, wish)))
      return stored_decision{x};
    lost_to(x);
  }
  require_open(x);
  require_version(x, wish.version);
  require_option(x, wish.verb);
  require_in_time(x, now);
  require_entitled(x, wish);
  auto said = decision{.verb = wish.verb,
                       .by = wish.by,
                       .at = now,
                       .comment = wish.comment,
                       .payload = checked_payload(wish)};
  if (wish.verb == verb::reassign) {
    auto result = x;
    result.terms.assignee = parse_json(said.payload).as_string();
    return result;
  }
  if (wish.verb == verb::answer)
    check_answer(x, said.payload);
  if (x.kind == ticket_kind::approval && wish.verb == verb::edit)
    return edited(x, said);
  if (wish.verb != verb::approve)
    return closed(x, std::move(said));
  if (has_voted(x, wish.by))
    return stored_decision{x};
  return voted(x, said);
}

// -- time ---------------------------------------------------------------------

std::optional<instant> due(const ticket& x) {
  if (x.state != ticket_state::open)
    return std::nullopt;
  const auto& terms = x.terms;
  if (terms.escalates && (!terms.expires || *terms.escalates < *terms.expires))
    return terms.escalates;
  return terms.expires;
}

ticket pass_on(const ticket& x, instant now) {
  auto result = x;
  auto& terms = result.terms;
  if (terms.expires && now >= *terms.expires) {
    const auto said
      = x.kind == ticket_kind::review ? verb::accept : verb::reject;
    result.state = ticket_state::expired;
    result.decided = decision{.verb = said,
                              .by = "nobody",
                              .at = now,
                              .comment = "nobody decided within "
                                         + to_text(*terms.expires - x.created),
                              .payload = {}};
    return result;
  }
  while (terms.escalates && *terms.escalates <= now && !terms.ladder.empty()) {
    terms.assignee = terms.ladder.front().target;
    terms.ladder.erase(terms.ladder.begin());
    const auto since = *std::exchange(terms.escalates, std::nullopt);
    if (!terms.ladder.empty())
      terms.escalates = since + terms.ladder.front().after;
  }
  return result;
}

// -- the use of an approval ---------------------------------------------------

std::string refusal(const ticket& x, const claim_grant& claim) {
  const auto approved
    = x.kind == ticket_kind::approval && x.decided
      && x.state == ticket_state::decided
      && (x.decided->verb == verb::approve || x.decided->verb == verb::edit);
  if (!approved)
    return "ticket " + x.id + " approves nothing";
  if (x.run != claim.run || x.step != claim.step)
    return "ticket " + x.id + " approves another call";
  if (x.terms.digest != claim.digest)
    return "ticket " + x.id + " approves other arguments";
  return {};
}

} // namespace stanchion

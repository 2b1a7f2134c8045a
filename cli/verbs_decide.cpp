#include <stanchion/cli/decisions.hpp>
#include <stanchion/cli/each.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/suggest.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace stanchion {

std::string decision_text(const json& ticket) {
  const auto found = ticket.find("decided");
  if (found == ticket.end())
    return {};
  auto text = text_of(*found, "verb") + " by " + text_of(*found, "by") + " at "
              + text_of(*found, "at");
  if (found->contains("payload"))
    text += ", with " + text_of(*found, "payload");
  if (found->contains("comment"))
    text += " (" + text_of(*found, "comment") + ")";
  return one_line(text);
}

namespace verbs {

namespace {

std::string known_verb(const std::string& word) {
  if (parse_verb(word))
    return word;
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(verb::fork); ++i)
    names.emplace_back(to_string(static_cast<verb>(i)));
  auto text = "\"" + word + "\" is no verb";
  if (const auto meant = nearest(word, names))
    text += "; did you mean " + *meant + "?";
  else
    text += "; `ticket show` lists those that answer a ticket";
  throw error{error_code::usage, text};
}

json request_of(const command_context& x, const std::string& said) {
  // Whoever may write to the directory may decide in any role.
  auto request = json{{"verb", said}, {"by", who(x.words)}, {"roles", {"*"}}};
  if (!x.words.comment.empty())
    request["comment"] = x.words.comment;
  if (x.words.version != 0)
    request["version"] = x.words.version;
  if (x.words.payload)
    request["payload"] = read_json(*x.words.payload, x.io);
  return request;
}

/// What one word may decide about only if it is about the same: calls that
/// happen, happened, or may have.
std::string subject_of(const json& ticket) {
  const auto kind = text_of(ticket, "kind");
  if (kind == "approval")
    return kind + " "
           + text_of(ticket.value("terms", json::object()), "digest");
  if (kind == "review" || text_of(ticket, "reason") == "ambiguous_state")
    return kind + " " + text_of(ticket, "id");
  return {};
}

/// Looks at all of them first: of several that differ none is decided.
std::vector<json> look_at(session& s, const std::vector<std::string>& ids) {
  auto tickets = std::vector<json>{};
  auto subjects = std::set<std::string>{};
  for (const auto& id : ids) {
    tickets.push_back(
      s.ask([&id](operations& by) { return by.find_ticket(id); }));
    subjects.insert(subject_of(tickets.back()));
  }
  if (subjects.size() > 1)
    throw error{error_code::usage,
                "these tickets are about different calls, which one word does "
                "not decide; look at each, and decide each"};
  return tickets;
}

/// Says the same about each; what goes wrong with one is said, and the others
/// go on.
exit_code decide_all(command_context& x, const std::string& said) {
  const auto request = request_of(x, said);
  const auto ids = read_ids(x);
  auto s = session{x, false};
  const auto several = ids.size() > 1 || x.words.dry_run;
  const auto tickets = several ? look_at(s, ids) : std::vector<json>{};
  if (x.words.dry_run) {
    for (const auto& t : tickets)
      x.io.out << text_of(t, "id") << " would be decided: " << said << " ("
               << shown_title(t) << ")\n";
    return exit_code::ok;
  }
  return each(x, ids, [&](const std::string& id) {
    // Said twice, the desk answers with the decision that stands.
    const auto t
      = s.ask([&](operations& by) { return by.decide(id, request); });
    const auto open = text_of(t, "state") == "open";
    if (!print_document(x, t))
      x.io.out << text_of(t, "id")
               << (open ? " stays open: " + said + " is on record"
                        : " decided: " + decision_text(t))
               << '\n';
    if (!open && !s.reaches_owner() && t.contains("run"))
      x.io.err << "nothing drives its run now; it goes on with: "
               << hint(x.words, "run resume " + text_of(t, "run")) << '\n';
  });
}

} // namespace

exit_code ticket_decide(command_context& x) {
  return decide_all(x, known_verb(x.words.verb));
}

exit_code ticket_approve(command_context& x) {
  return decide_all(x, "approve");
}

exit_code ticket_reject(command_context& x) {
  return decide_all(x, "reject");
}

exit_code ticket_edit(command_context& x) {
  return decide_all(x, "edit");
}

exit_code ticket_answer(command_context& x) {
  return decide_all(x, "answer");
}

} // namespace verbs

} // namespace stanchion

#include <stanchion/cli/decisions.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <ostream>
#include <set>
#include <string>

namespace stanchion::verbs {

namespace {

std::string options_of(const json& ticket) {
  auto text = std::string{};
  for (const auto& option : ticket.value("options", json::array()))
    text += (text.empty() ? "" : ", ") + option.get<std::string>();
  return text;
}

/// Who approved so far, of how many that are needed.
std::string votes_of(const json& terms) {
  const auto needed = terms.value("needed", 1);
  if (needed == 1)
    return {};
  auto text = std::string{};
  for (const auto& vote : terms.value("votes", json::array()))
    text += (text.empty() ? "" : ", ") + text_of(vote, "by");
  return (text.empty() ? "none" : one_line(text)) + " of "
         + std::to_string(needed);
}

/// The context package, a paragraph each.
void print_context(const terminal& io, const json& context) {
  if (!context.is_object())
    return;
  for (const auto& [name, content] : context.items()) {
    if (content.is_null() || content.empty() || content == "")
      continue;
    io.out << '\n' << one_line(name) << ":\n";
    if (content.is_array())
      for (const auto& x : content)
        io.out << "  "
               << one_line(x.is_string() ? x.get<std::string>() : compact(x))
               << '\n';
    else
      io.out << "  "
             << plain_text(content.is_string() ? content.get<std::string>()
                                               : compact(content))
             << '\n';
  }
}

void print_ticket(const command_context& x, const json& t) {
  const auto line = [&x](const char* name, const std::string& text) {
    if (!text.empty())
      x.io.out << name << std::string(11 - std::string{name}.size(), ' ')
               << text << '\n';
  };
  line("ticket", text_of(t, "id"));
  line("title", one_line(text_of(t, "title")));
  line("state", text_of(t, "state"));
  line("reason", text_of(t, "reason"));
  line("run", text_of(t, "run"));
  line("step", one_line(text_of(t, "step")));
  line("version", text_of(t, "version"));
  line("created", text_of(t, "created"));
  const auto terms = t.value("terms", json::object());
  line("until", text_of(terms, "expires"));
  line("whose", one_line(text_of(terms, "assignee")));
  line("roles", terms.contains("roles") ? compact(terms.at("roles")) : "");
  line("edited",
       terms.contains("edited") ? one_line(compact(terms.at("edited"))) : "");
  line("votes", votes_of(terms));
  line("digest", text_of(terms, "digest"));
  line("decided", decision_text(t));
  if (text_of(t, "state") == "open")
    line("verbs", options_of(t));
  print_context(x.io, t.value("context", json::object()));
}

/// Escalations of equal errors are one line; what is about different arguments
/// never is.
text_table ticket_table(const json& tickets) {
  auto many = std::map<std::string, std::size_t>{};
  const auto group_of = [](const json& t) {
    const auto open = text_of(t, "state") == "open";
    return open && text_of(t, "kind") == "escalation" ? text_of(t, "group")
                                                      : std::string{};
  };
  for (const auto& t : tickets)
    ++many[group_of(t)];
  const auto now = system_clock().now();
  auto table = text_table{.heads = {"TICKET", "STATE", "REASON", "CREATED",
                                    "UNTIL", "WHOSE", "VERBS", "TITLE"}};
  auto shown = std::set<std::string>{};
  for (const auto& t : tickets) {
    const auto group = group_of(t);
    if (!group.empty() && !shown.insert(group).second)
      continue;
    const auto others = group.empty() ? 0 : many[group] - 1;
    const auto terms = t.value("terms", json::object());
    table.rows.push_back(
      {text_of(t, "id"), text_of(t, "state"), text_of(t, "reason"),
       short_time(t, "created", now), short_time(terms, "expires", now),
       one_line(text_of(terms, "assignee")), options_of(t),
       one_line(text_of(t, "title"))
         + (others == 0
              ? ""
              : " (and " + std::to_string(others) + " more like it)")});
  }
  return table;
}

} // namespace

exit_code ticket_list(command_context& x) {
  auto query = ticket_query{.run = x.words.run, .limit = x.words.limit};
  if (!x.words.all)
    query.states = {ticket_state::open};
  if (!x.words.kind.empty())
    query.kind = parse_ticket_kind(x.words.kind);
  if (!x.words.reason.empty())
    query.reason = parse_park_reason(x.words.reason);
  auto s = session{x, false};
  const auto page
    = s.ask([&query](operations& by) { return by.list_tickets(query); });
  if (print_list(x, page, "tickets"))
    return exit_code::ok;
  print(x.io.out, ticket_table(page.at("tickets")));
  if (page.at("tickets").size() == x.words.limit)
    x.io.err << "there may be more; --limit shows them\n";
  return exit_code::ok;
}

exit_code ticket_show(command_context& x) {
  auto s = session{x, false};
  const auto& id = x.words.ids.front();
  const auto t = s.ask([&id](operations& by) { return by.find_ticket(id); });
  if (!print_document(x, t))
    print_ticket(x, t);
  return exit_code::ok;
}

} // namespace stanchion::verbs

#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/ticket_text.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

text_table ticket_table(const json& tickets) {
  const auto now = system_clock().now();
  auto table = text_table{.heads = {"TICKET", "STATE", "REASON", "CREATED",
                                    "UNTIL", "WHOSE", "VERBS", "TITLE"}};
  for (const auto& line : fold_tickets(tickets)) {
    const auto& t = *line.ticket;
    const auto terms = t.value("terms", json::object());
    table.rows.push_back(
      {text_of(t, "id"), text_of(t, "state"), text_of(t, "reason"),
       short_time(t, "created", now), short_time(terms, "expires", now),
       one_line(text_of(terms, "assignee")), options_text(t), line.title});
  }
  return table;
}

} // namespace

exit_code ticket_list(command_context& x) {
  auto query = ticket_query{.run = x.words.run,
                            .limit = x.words.limit,
                            .agent = x.words.agent,
                            .tool = x.words.tool,
                            .assignee = x.words.assignee};
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
  if (page.contains("next"))
    x.io.err << "there are more; --limit shows them\n";
  return exit_code::ok;
}

exit_code ticket_show(command_context& x) {
  auto s = session{x, false};
  const auto& id = x.words.ids.front();
  const auto t = s.ask([&id](operations& by) { return by.find_ticket(id); });
  if (!print_document(x, t))
    x.io.out << ticket_text(t);
  return exit_code::ok;
}

} // namespace stanchion::verbs

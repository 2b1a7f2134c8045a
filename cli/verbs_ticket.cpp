#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/suggest.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>

namespace stanchion::verbs {

namespace {

std::string options_of(const json& ticket) {
  auto text = std::string{};
  for (const auto& option : ticket.value("options", json::array()))
    text += (text.empty() ? "" : ", ") + option.get<std::string>();
  return text;
}

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
  line("decided", decision_text(t));
  if (text_of(t, "state") == "open")
    line("verbs", options_of(t));
  print_context(x.io, t.value("context", json::object()));
}

std::string known_verb(const std::string& word) {
  if (parse_verb(word))
    return word;
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(verb::restart); ++i)
    names.emplace_back(to_string(static_cast<verb>(i)));
  auto text = "\"" + word + "\" is no verb";
  if (const auto meant = nearest(word, names))
    text += "; did you mean " + *meant + "?";
  else
    text += "; `ticket show` lists those that answer a ticket";
  throw error{error_code::usage, text};
}

} // namespace

exit_code ticket_list(command_context& x) {
  auto query = ticket_query{.run = x.words.run, .limit = x.words.limit};
  if (!x.words.all)
    query.states = {ticket_state::open};
  auto s = session{x, false};
  const auto page
    = s.ask([&query](operations& by) { return by.list_tickets(query); });
  if (print_list(x, page, "tickets"))
    return exit_code::ok;
  const auto now = system_clock().now();
  auto table = text_table{
    .heads = {"TICKET", "STATE", "REASON", "CREATED", "VERBS", "TITLE"}};
  for (const auto& t : page.at("tickets"))
    table.rows.push_back({text_of(t, "id"), text_of(t, "state"),
                          text_of(t, "reason"), short_time(t, "created", now),
                          options_of(t), one_line(text_of(t, "title"))});
  print(x.io.out, table);
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

exit_code ticket_decide(command_context& x) {
  // Whoever may write to the directory may decide in any role.
  auto request = json{
    {"verb", known_verb(x.words.verb)}, {"by", who(x.words)}, {"roles", {"*"}}};
  if (!x.words.comment.empty())
    request["comment"] = x.words.comment;
  if (x.words.version != 0)
    request["version"] = x.words.version;
  if (x.words.payload)
    request["payload"] = read_json(*x.words.payload, x.io);
  auto s = session{x, false};
  // Said twice, the desk answers with the decision that stands.
  const auto t = s.ask(
    [&](operations& by) { return by.decide(x.words.ids.front(), request); });
  if (!print_document(x, t))
    x.io.out << text_of(t, "id") << " decided: " << decision_text(t) << '\n';
  if (!s.reaches_owner() && t.contains("run"))
    x.io.err << "nothing drives its run now; it goes on with: "
             << hint(x.words, "run resume " + text_of(t, "run")) << '\n';
  return exit_code::ok;
}

} // namespace stanchion::verbs

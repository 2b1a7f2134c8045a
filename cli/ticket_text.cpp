#include <stanchion/cli/decisions.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/ticket_text.hpp>

#include <nlohmann/json.hpp>

#include <map>

namespace stanchion {

namespace {

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

std::string as_text(const json& x) {
  return x.is_string() ? x.get<std::string>() : compact(x);
}

/// The context package, a paragraph each.
std::string context_text(const json& context) {
  auto to = std::string{};
  if (!context.is_object())
    return to;
  for (const auto& [name, content] : context.items()) {
    if (content.is_null() || content.empty() || content == "")
      continue;
    to += '\n' + one_line(name) + ":\n";
    if (!content.is_array()) {
      to += "  " + plain_text(as_text(content)) + '\n';
      continue;
    }
    for (const auto& x : content)
      to += "  " + one_line(as_text(x)) + '\n';
  }
  return to;
}

/// The step that a ticket is about.
json step_of(const json& ticket) {
  return ticket.value("context", json::object())
    .value("failing_step", json::object());
}

/// Equal errors have one, escalations alone.
std::string group_of(const json& ticket) {
  const auto open = text_of(ticket, "state") == "open";
  return open && text_of(ticket, "kind") == "escalation"
           ? text_of(ticket, "group")
           : std::string{};
}

} // namespace

std::vector<ticket_line> fold_tickets(const json& tickets) {
  auto lines = std::vector<ticket_line>{};
  auto first = std::map<std::string, std::size_t>{};
  for (const auto& t : tickets) {
    const auto group = group_of(t);
    if (const auto found = first.find(group); found != first.end()) {
      ++lines[found->second].others;
      continue;
    }
    if (!group.empty())
      first[group] = lines.size();
    lines.push_back({.ticket = &t, .title = one_line(text_of(t, "title"))});
  }
  for (auto& x : lines)
    if (x.others != 0)
      x.title += " (and " + std::to_string(x.others) + " more like it)";
  return lines;
}

std::string options_text(const json& ticket) {
  auto text = std::string{};
  for (const auto& option : ticket.value("options", json::array()))
    text += (text.empty() ? "" : ", ") + option.get<std::string>();
  return text;
}

json arguments_of(const json& ticket) {
  const auto terms = ticket.value("terms", json::object());
  return terms.contains("edited") ? terms.at("edited")
                                  : step_of(ticket).value("arguments", json{});
}

std::string ticket_text(const json& t) {
  auto to = std::string{};
  const auto line = [&to](const std::string& name, const std::string& text) {
    if (!text.empty())
      to += name + std::string(11 - name.size(), ' ') + text + '\n';
  };
  line("ticket", text_of(t, "id"));
  line("title", one_line(text_of(t, "title")));
  line("state", text_of(t, "state"));
  line("reason", text_of(t, "reason"));
  line("run", text_of(t, "run"));
  line("step", one_line(text_of(t, "step")));
  line("call", one_line(text_of(step_of(t), "name")));
  const auto arguments = arguments_of(t);
  line("with", arguments.is_null() ? "" : one_line(compact(arguments)));
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
    line("verbs", options_text(t));
  return to + context_text(t.value("context", json::object()));
}

} // namespace stanchion

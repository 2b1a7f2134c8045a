#include <stanchion/cli/decisions.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/quoting.hpp>
#include <stanchion/cli/ticket_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>

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

std::string counted(const json& n, const char* what) {
  return compact(n) + " " + what + (n == 1 ? "" : "s");
}

/// What a step is, in a line, as the journal has it.
std::string step_line(const json& s) {
  auto text
    = text_of(s, "step") + "  " + text_of(s, "kind") + " " + text_of(s, "name");
  if (s.contains("effect"))
    text += " (" + text_of(s, "effect") + ")";
  for (const auto* member : {"ended", "source"})
    if (s.contains(member))
      text += ", " + text_of(s, member);
  if (s.contains("attempts"))
    text += ", " + counted(s.at("attempts"), "attempt");
  return text;
}

/// The ticket's context, with a gutter before all that is not Stanchion's own.
class context_printer {
public:
  context_printer(std::ostream& to, const json& ticket)
    : to_(to), ticket_(ticket) {
    // nop
  }

  void print() {
    const auto context = ticket_.value("context", json{});
    if (!context.is_object())
      return;
    constexpr auto order
      = std::array{"user_input",       "steps_executed", "done",
                   "failing_step",     "error",          "evidence",
                   "suggested_answer", "withdrawn",      "suggested_next_step",
                   "suggested_actions"};
    for (const auto* member : order)
      section(context, member);
    for (const auto& [name, content] : context.items())
      if (std::ranges::find(order, name) == order.end())
        section(context, name);
  }

private:
  void section(const json& context, const std::string& name) {
    const auto found = context.find(name);
    if (found == context.end() || found->is_null() || found->empty()
        || *found == "")
      return;
    to_ << '\n';
    part(heading(name), "/context/" + name, *found, 0);
  }

  static std::string heading(std::string name) {
    std::ranges::replace(name, '_', ' ');
    return one_line(name);
  }

  void part(const std::string& name, const std::string& at, const json& content,
            std::size_t depth) {
    const auto blanks = std::string(depth, ' ');
    const auto speaker = speaker_at(ticket_, at);
    const auto text
      = content.is_string() ? content.get<std::string>() : pretty(content);
    if (!speaker.empty()) {
      to_ << blanks << name << ", " << speaker_text(speaker) << ":\n";
      quote(to_, text);
    } else if (content.is_structured()) {
      to_ << blanks << name << ":\n";
      members(at, content, depth + 2);
    } else {
      const auto head = blanks + name + ": ";
      to_ << head << wrapped(text, head.size()) << '\n';
    }
  }

  void members(const std::string& at, const json& content, std::size_t depth) {
    const auto blanks = std::string(depth, ' ');
    const auto step = content.is_object() && content.contains("step")
                      && content.contains("name");
    if (step)
      to_ << blanks << wrapped(step_line(content), depth) << '\n';
    auto n = std::size_t{0};
    for (const auto& [name, each] : content.items()) {
      const auto below = at + "/" + name;
      const auto said = !speaker_at(ticket_, below).empty();
      if (content.is_array() && each.is_structured())
        members(at + "/" + std::to_string(n), each, depth);
      else if (content.is_array())
        to_ << blanks
            << wrapped(each.is_string() ? each.get<std::string>()
                                        : compact(each),
                       depth)
            << '\n';
      else if (!step || said)
        part(heading(name), below, each, depth);
      ++n;
    }
  }

  std::ostream& to_;
  const json& ticket_;
};

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
    lines.push_back({.ticket = &t, .title = shown_title(t)});
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
  auto to = std::ostringstream{};
  const auto line = [&to](const std::string& name, const std::string& text) {
    constexpr auto width = std::size_t{11};
    if (!text.empty())
      to << name << std::string(width - name.size(), ' ')
         << wrapped(text, width) << '\n';
  };
  const auto asks = speaker_at(t, "/title");
  line("ticket", text_of(t, "id"));
  line("summary", text_of(t, "summary"));
  if (asks.empty())
    line("title", text_of(t, "title"));
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
  if (!asks.empty()) {
    to << '\n' << speaker_text(asks) << ":\n";
    quote(to, text_of(t, "title"));
  }
  context_printer{to, t}.print();
  return std::move(to).str();
}

} // namespace stanchion

#include <stanchion/cli/completion.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/core/version.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <string_view>

namespace stanchion {

namespace {

/// As `man` shows it, letter by letter.
std::string roff(std::string_view text) {
  auto to = std::string{};
  for (const auto c : text) {
    if ((c == '.' || c == '\'') && (to.empty() || to.back() == '\n'))
      to += "\\&"; // else a request
    if (c == '\\')
      to += "\\e";
    else if (c == '-')
      to += "\\-";
    else if (c == '\'')
      to += "\\(aq";
    else
      to += c;
  }
  return to;
}

std::string bold(std::string_view text) {
  return "\\fB" + roff(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + roff(text) + "\\fR";
}

std::string heading(std::string_view text) {
  return ".SH " + std::string{text} + "\n";
}

std::string item(const std::string& what, const std::string& about) {
  return ".TP\n" + what + "\n" + about + "\n";
}

std::string among(const std::vector<std::string>& choices) {
  auto text = std::string{};
  for (const auto& x : choices)
    text += (text.empty() ? "One of " : ", ") + bold(x);
  return text.empty() ? text : text + ".";
}

/// A sentence.
std::string sentence(std::string text) {
  return text.empty() || text.back() == '.' ? text : text + ".";
}

std::string option_item(const command_option& x) {
  auto head = std::string{};
  for (const auto& name : x.names)
    head += (head.empty() ? "" : ", ") + bold(name);
  if (!x.value.empty())
    head += " " + italic(x.value);
  auto about = roff(sentence(x.about));
  if (!x.choices.empty())
    about += "\n" + among(x.choices);
  if (x.required)
    about += "\nIt is needed.";
  if (!x.variable.empty())
    about += "\nElse " + bold(x.variable) + ".";
  return item(head, about);
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) {
    return static_cast<char>(std::toupper(c));
  });
  return text;
}

/// Whether all commands take it: it is told of once.
bool is_common(const command_option& x) {
  return std::ranges::any_of(x.names, [](const std::string& name) {
    return name == "--help" || name == "--output" || name == "--data-dir";
  });
}

/// An example stands as it is typed.
std::string footer(const std::string& text) {
  constexpr auto mark = std::string_view{"Example:\n"};
  if (!text.starts_with(mark))
    return {};
  return ".PP\n.RS\n.nf\n" + roff(text.substr(mark.size() + 2))
         + "\n.fi\n.RE\n";
}

std::string command_section(const command_entry& x, const std::string& path) {
  auto text = ".SS \"" + roff(path);
  for (const auto& a : x.arguments)
    text += (a.required ? " " : " [") + roff(upper(a.name))
            + (a.many ? " ..." : "") + (a.required ? "" : "]");
  text += "\"\n" + roff(sentence(x.about)) + "\n";
  for (const auto& a : x.arguments)
    text += item(italic(upper(a.name)),
                 roff(sentence(a.about))
                   + (a.choices.empty() ? "" : "\n" + among(a.choices)));
  for (const auto& option : x.options)
    if (!is_common(option))
      text += option_item(option);
  return text + footer(x.footer);
}

/// Nouns are headings of nothing: what they hold is told of.
void add_commands(std::string& to, const command_entry& x,
                  const std::string& path) {
  if (x.commands.empty())
    to += command_section(x, path);
  for (const auto& each : x.commands)
    add_commands(to, each, path + " " + each.name);
}

void each_option(const command_entry& x,
                 const std::function<void(const command_option&)>& f) {
  for (const auto& option : x.options)
    f(option);
  for (const auto& each : x.commands)
    each_option(each, f);
}

std::string common_options(const command_entry& x) {
  auto found = std::map<std::string, std::string>{};
  each_option(x, [&found](const command_option& option) {
    if (is_common(option))
      found.emplace(option.names.back(), option_item(option));
  });
  auto text = std::string{};
  for (const auto& [name, lines] : found)
    text += lines;
  return text;
}

std::string environment(const command_entry& x) {
  auto found = std::map<std::string, std::string>{};
  each_option(x, [&found](const command_option& option) {
    if (!option.variable.empty())
      found[option.variable] = option.names.back();
  });
  auto text = item(bold("NO_COLOR"), "If set, nothing is coloured.")
              + item(bold("STANCHION_TOKEN"),
                     "What proves to a server who asks; never an option, "
                     "which others could see.");
  for (const auto& [name, option] : found)
    text += item(bold(name), "As " + bold(option) + ".");
  return text;
}

constexpr auto exit_codes = std::string_view{R"(.TP
\fB0\fR
Done.
.TP
\fB1\fR
It failed, or the run did.
.TP
\fB2\fR
The words make no command.
.TP
\fB3\fR
Whoever asks may not.
.TP
\fB4\fR
What is named is not there.
.TP
\fB5\fR
It contradicts what is so already, such as a decision.
.TP
\fB6\fR
Of several some failed.
.TP
\fB7\fR
A run waits for a person.
.TP
\fB124\fR
The time was up.
.TP
\fB130\fR
Interrupted.
)"};

constexpr auto description
  = std::string_view{R"(An agent is a program that calls tools and waits for
people. Each of its steps is kept in a journal, in a data directory; a run that
was cut short goes on from there.
.PP
One process drives the runs of a data directory, and answers the commands of
others. Without one, commands that look read the journal, and commands that
decide write down what is to be done. With
.B \-\-url
a server is asked.
.PP
Results go to standard output, all else to standard error. A
.B \-
in the place of ids reads them from standard input.
)"};

constexpr auto files = std::string_view{R"(.TP
\fIstanchion\-data/\fR
The data directory, unless another one is named: the journal
.I stanchion.db
with what belongs to it,
.I tokens.json
and
.IR lock .
)"};

} // namespace

std::string manual_page(const command_entry& of) {
  const auto program = program_name(of.name);
  auto text = std::string{".\\\" Made by `"}.append(program).append(
    " man` of what --help is made of.\n");
  text += ".TH " + upper(program) + " 1 \"\" \"" + program + " "
          + std::string{version()} + "\" \"User Commands\"\n";
  text += heading("NAME") + roff(program)
          + " \\- runs durable agents, and looks after them\n";
  text += heading("SYNOPSIS") + bold(program)
          + " \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...] [\\fIOPTION\\fR ...]\n";
  text += heading("DESCRIPTION") + std::string{description};
  text += heading("OPTIONS") + "All that touch a data directory take these.\n"
          + common_options(of);
  text += heading("COMMANDS");
  add_commands(text, of, program);
  text += heading("\"EXIT STATUS\"") + std::string{exit_codes};
  text += heading("ENVIRONMENT") + environment(of);
  text += heading("FILES") + std::string{files};
  return text;
}

} // namespace stanchion

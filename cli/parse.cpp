#include <stanchion/cli/command_tree.hpp>
#include <stanchion/cli/parse.hpp>
#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/core/suggest.hpp>
#include <stanchion/core/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

namespace stanchion {

namespace {

// -- what --help tells, as data -----------------------------------------------

/// CLI11 says which values there are behind the name of their type:
/// `STATE:{completed,failed}`.
std::vector<std::string> choices_of(const std::string& type) {
  const auto open = type.find('{');
  const auto close = type.rfind('}');
  auto choices = std::vector<std::string>{};
  if (open == std::string::npos || close == std::string::npos)
    return choices;
  auto list = std::istringstream{type.substr(open + 1, close - open - 1)};
  for (auto each = std::string{}; std::getline(list, each, ',');)
    choices.push_back(each);
  return choices;
}

command_argument argument_of(const CLI::Option& from) {
  return {.name = from.get_single_name(),
          .choices = choices_of(from.get_type_name()),
          .about = from.get_description(),
          .required = from.get_required(),
          .many = from.get_items_expected_max() > 1};
}

command_option option_of(const CLI::Option& from) {
  auto x = command_option{.choices = choices_of(from.get_type_name()),
                          .about = from.get_description(),
                          .variable = from.get_envname(),
                          .required = from.get_required()};
  for (const auto& name : from.get_snames())
    x.names.push_back("-" + name);
  for (const auto& name : from.get_lnames())
    x.names.push_back("--" + name);
  const auto type = from.get_type_name();
  if (from.get_items_expected_max() > 0) // a flag takes nothing
    x.value = type.substr(0, type.find(':'));
  return x;
}

command_entry entry_of(const CLI::App& from) {
  auto x = command_entry{.name = from.get_name(),
                         .about = from.get_description(),
                         .footer = from.get_footer()};
  for (const auto* option : from.get_options())
    if (option->get_positional())
      x.arguments.push_back(argument_of(*option));
    else
      x.options.push_back(option_of(*option));
  for (const auto* sub : from.get_subcommands(nullptr))
    if (!sub->get_group().empty())
      x.commands.push_back(entry_of(*sub));
  return x;
}

// -- what was meant -----------------------------------------------------------

std::vector<std::string> names_of_options(CLI::App& of) {
  auto names = std::vector<std::string>{};
  for (const auto* option : of.get_options()) {
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
    for (const auto& name : option->get_snames())
      names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> names_of_commands(CLI::App& of) {
  auto names = std::vector<std::string>{};
  for (const auto* sub : of.get_subcommands(nullptr))
    names.push_back(sub->get_name());
  return names;
}

bool knows(const std::vector<std::string>& names, const std::string& word) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::string complaint(const std::string& what, const std::string& word,
                      const std::vector<std::string>& names) {
  auto text = "there is no " + what + " \"" + word + "\"";
  if (const auto meant = nearest(word, names))
    return text + "; did you mean " + *meant + "?";
  return text;
}

/// Finds the word that is misspelt, and what was meant. Empty when none is.
std::string misspelt(CLI::App& top, const std::vector<std::string>& words) {
  auto* at = &top;
  for (const auto& word : words) {
    const auto options = names_of_options(*at);
    if (word == "--")
      return {};
    if (word.size() > 1 && word[0] == '-') {
      const auto name = word.substr(0, word.find('='));
      const auto cluster = word[1] != '-' && knows(options, word.substr(0, 2));
      if (!knows(options, name) && !cluster)
        return complaint("option", name, options);
      continue;
    }
    const auto commands = names_of_commands(*at);
    if (commands.empty())
      continue; // a positional, or an option's value
    if (!knows(commands, word))
      return complaint("command", word, commands);
    at = at->get_subcommand(word);
  }
  return {};
}

output_format format_in(const std::vector<std::string>& words) {
  for (auto i = std::size_t{0}; i < words.size(); ++i)
    for (const auto& [name, format] : parse::output_formats())
      if (words[i] == "-o" + name || words[i] == "--output=" + name
          || (i > 0 && words[i] == name
              && (words[i - 1] == "-o" || words[i - 1] == "--output")))
        return format;
  return output_format::table;
}

/// The command that the words lead to, for a pointer to its help.
std::string path_of(CLI::App& top, const std::vector<std::string>& words) {
  auto* at = &top;
  auto path = top.get_name();
  for (const auto& word : words) {
    if (!knows(names_of_commands(*at), word))
      break;
    at = at->get_subcommand(word);
    path += " " + word;
  }
  return path;
}

} // namespace

std::variant<command, help_text, misuse>
parse_words(const std::string& program, const std::vector<std::string>& words) {
  const auto g = std::make_unique<parse::grammar>(program);
  auto& app = g->app();
  try {
    app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
    return std::move(g->chosen);
  } catch (const CLI::CallForVersion&) {
    return help_text{"stanchion " + std::string{version()} + "\n"};
  } catch (const CLI::Success&) {
    return help_text{app.help()};
  } catch (const CLI::ParseError& e) {
    auto text = misspelt(app, words);
    if (text.empty())
      text = e.what();
    return misuse{text + "; see " + path_of(app, words) + " --help",
                  format_in(words)};
  }
}

command_entry command_tree(const std::string& program) {
  const auto g = std::make_unique<parse::grammar>(program);
  return entry_of(g->app());
}

} // namespace stanchion

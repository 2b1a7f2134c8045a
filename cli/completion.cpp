#include <stanchion/cli/completion.hpp>
#include <stanchion/cli/printing.hpp>

#include <algorithm>
#include <cctype>
#include <functional>
#include <vector>

namespace stanchion {

namespace {

/// What stands for a value of which the shell knows more than we.
constexpr auto any_file = "@file";
constexpr auto any_folder = "@folder";

/// A word that may come next, and what it is for.
struct hint {
  std::string word;
  std::string about;
};

/// One place on the command line, and what may stand there.
struct place {
  std::string at; ///< `run list`, `run list --state`, `mode set 2`
  std::vector<hint> hints;
};

/// All of a program's, by what they are.
struct places {
  std::vector<place> commands;
  std::vector<place> options;
  std::vector<place> values;
  std::vector<place> arguments;
};

std::vector<hint> plain(const std::vector<std::string>& words) {
  auto hints = std::vector<hint>{};
  for (const auto& word : words)
    hints.push_back({word, {}});
  return hints;
}

std::vector<hint> values_of(const command_option& x) {
  if (x.value == "FILE")
    return plain({any_file});
  if (x.value == "DIR")
    return plain({any_folder});
  return plain(x.choices);
}

void collect(places& to, const command_entry& from, const std::string& at) {
  const auto below = at.empty() ? at : at + " ";
  auto names = place{at, {}};
  for (const auto& x : from.commands)
    names.hints.push_back({x.name, x.about});
  if (!names.hints.empty())
    to.commands.push_back(std::move(names));
  auto options = place{at, {}};
  for (const auto& x : from.options)
    for (const auto& name : x.names) {
      options.hints.push_back({name, x.about});
      if (!x.value.empty())
        to.values.push_back({at + " " + name, values_of(x)});
    }
  to.options.push_back(std::move(options));
  for (auto i = std::size_t{0}; i < from.arguments.size(); ++i)
    if (!from.arguments[i].choices.empty())
      to.arguments.push_back(
        {at + " " + std::to_string(i + 1), plain(from.arguments[i].choices)});
  for (const auto& x : from.commands)
    collect(to, x, below + x.name);
}

/// A name of functions that no other program has.
std::string function_name(const std::string& program) {
  auto name = "_" + program;
  std::ranges::replace_if(
    name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

void replace_all(std::string& in, const std::string& what,
                 const std::string& with) {
  for (auto i = in.find(what); i != std::string::npos;
       i = in.find(what, i + with.size()))
    in.replace(i, what.size(), with);
}

/// A function that prints what may stand at a place, a word a line; false where
/// it knows of none.
std::string posix_function(const std::string& name,
                           const std::vector<place>& xs) {
  auto text = name + "() {\n  case \"$1\" in\n";
  for (const auto& x : xs) {
    text += "    '" + x.at + "')";
    if (!x.hints.empty())
      text += " printf '%s\\n'";
    for (const auto& hint : x.hints)
      text += " '" + hint.word + "'";
    text += " ;;\n";
  }
  return text + "    *) return 1 ;;\n  esac\n}\n";
}

std::string posix_functions(const places& all) {
  return posix_function("@NAME@_commands", all.commands)
         + posix_function("@NAME@_options", all.options)
         + posix_function("@NAME@_values", all.values)
         + posix_function("@NAME@_arguments", all.arguments);
}

constexpr auto bash_driver = R"(@NAME@() {
  local cur=${COMP_WORDS[COMP_CWORD]} at='' open='' word i n=1 hints=''
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' ]]; then
      continue
    elif [[ -n $open ]]; then
      open=''
    elif [[ $word == -* ]]; then
      @NAME@_values "$at $word" >/dev/null && open=$word
    elif @NAME@_commands "$at" | command grep -qxF -e "$word"; then
      at=${at:+$at }$word
    else
      n=$((n + 1))
    fi
  done
  [[ $cur == '=' ]] && cur=''
  if [[ -n $open ]]; then
    hints=$(@NAME@_values "$at $open")
  elif [[ $cur == -* ]]; then
    hints=$(@NAME@_options "$at")
  else
    hints=$(@NAME@_commands "$at" || @NAME@_arguments "$at $n")
  fi
  case $hints in
    @file) mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    @folder) mapfile -t COMPREPLY < <(compgen -d -- "$cur") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$hints" -- "$cur") ;;
  esac
}
complete -F @NAME@ @PROGRAM@
)";

constexpr auto zsh_driver = R"(@NAME@() {
  local at='' open='' word cur=${words[CURRENT]} hints=''
  local -i i n=1
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n $open ]]; then
      open=''
    elif [[ $word == -* ]]; then
      @NAME@_values "$at $word" >/dev/null && open=$word
    elif @NAME@_commands "$at" | command grep -qxF -e "$word"; then
      at=${at:+$at }$word
    else
      n=$((n + 1))
    fi
  done
  if [[ -z $open && $cur == --*=* ]]; then
    open=${cur%%=*}
    compset -P '*='
  fi
  if [[ -n $open ]]; then
    hints=$(@NAME@_values "$at $open")
  elif [[ $cur == -* ]]; then
    hints=$(@NAME@_options "$at")
  else
    hints=$(@NAME@_commands "$at" || @NAME@_arguments "$at $n")
  fi
  case $hints in
    @file) _files ;;
    @folder) _files -/ ;;
    '') ;;
    *) compadd -- ${(f)hints} ;;
  esac
}
if [[ $funcstack[1] == @NAME@ ]]; then
  @NAME@ "$@"
else
  compdef @NAME@ @PROGRAM@
fi
)";

constexpr auto fish_driver = R"(function @NAME@_all
  set -l at ''
  set -l open ''
  set -l n 1
  set -l words (commandline -opc)
  for word in $words[2..-1]
    if test -n "$open"
      set open ''
    else if string match -q -- '-*' $word
      if @NAME@_values "$at $word" >/dev/null
        set open $word
      end
    else if contains -- $word (@NAME@_commands "$at" | string replace -r '\t.*' '')
      set at (string trim -- "$at $word")
    else
      set n (math $n + 1)
    end
  end
  set -l cur (commandline -ct)
  set -l hints
  if test -n "$open"
    set hints (@NAME@_values "$at $open")
  else if string match -q -- '-*' $cur
    set hints (@NAME@_options "$at")
  else
    set hints (@NAME@_commands "$at"; or @NAME@_arguments "$at $n")
  end
  switch "$hints"
    case '@file'
      __fish_complete_path $cur
    case '@folder'
      __fish_complete_directories $cur
    case '*'
      printf '%s\n' $hints
  end
end
complete -c @PROGRAM@ -f -a '(@NAME@_all)'
)";

/// Safe between single quotes of fish.
std::string fish_text(std::string text) {
  replace_all(text, "\\", "\\\\");
  replace_all(text, "'", "\\'");
  return text;
}

std::string fish_function(const std::string& name,
                          const std::vector<place>& xs) {
  auto text = "function " + name + "\n  switch \"$argv[1]\"\n";
  for (const auto& x : xs) {
    text += "    case '" + x.at + "'\n";
    for (const auto& hint : x.hints)
      text += "      printf '%s\\t%s\\n' '" + hint.word + "' '"
              + fish_text(hint.about) + "'\n";
    text += "      return 0\n";
  }
  return text + "  end\n  return 1\nend\n";
}

std::string fish_functions(const places& all) {
  auto files = all.values; // these are words of ours, not hints
  auto text = fish_function("@NAME@_commands", all.commands)
              + fish_function("@NAME@_options", all.options)
              + fish_function("@NAME@_values", files)
              + fish_function("@NAME@_arguments", all.arguments);
  for (const auto* word : {any_file, any_folder})
    replace_all(text, "printf '%s\\t%s\\n' '" + std::string{word} + "' ''",
                "echo '" + std::string{word} + "'");
  return text;
}

} // namespace

std::string completion_script(const command_entry& of,
                              const std::string& shell) {
  const auto program = program_name(of.name);
  auto all = places{};
  collect(all, of, {});
  auto text = shell == "zsh" ? "#compdef @PROGRAM@\n" : std::string{};
  text += "# What " + shell + " completes of @PROGRAM@; made by `@PROGRAM@ "
          + "completion " + shell + "`.\n";
  if (shell == "fish")
    text += fish_functions(all) + fish_driver;
  else
    text += posix_functions(all) + (shell == "zsh" ? zsh_driver : bash_driver);
  replace_all(text, "@NAME@", function_name(program));
  replace_all(text, "@PROGRAM@", program);
  return text;
}

} // namespace stanchion

#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/cli/completion.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/core/version.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using strings = std::vector<std::string>;

/// What a command of the system prints, and how it ends.
std::pair<std::string, int> shell(const std::string& command) {
  auto* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  auto text = std::string{};
  for (auto c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
    text += static_cast<char>(c);
  return {text, ::pclose(pipe)};
}

bool has_program(const std::string& name) {
  return shell("command -v " + name).second == 0;
}

void write(const std::filesystem::path& to, const std::string& text) {
  std::ofstream{to} << text;
}

/// What bash offers behind these words; the last one is not finished.
strings completed(const temporary_dir& dir, const strings& words) {
  const auto script = dir.path() / "completion";
  write(script, completion_script(command_tree("stanchion"), "bash"));
  auto text = "cd " + dir.path().string() + "; source " + script.string()
              + " || exit 9; COMP_WORDS=(stanchion";
  for (const auto& word : words)
    text += " '" + word + "'";
  text += "); COMP_CWORD=" + std::to_string(words.size())
          + "; _stanchion; printf '%s\\n' \"${COMPREPLY[@]}\"";
  const auto run = dir.path() / "run.sh";
  write(run, text);
  const auto [out, code] = shell("bash --norc " + run.string());
  REQUIRE(code == 0);
  auto found = strings{};
  auto lines = std::istringstream{out};
  for (auto each = std::string{}; std::getline(lines, each);)
    if (!each.empty())
      found.push_back(each);
  return found;
}

std::string said(const strings& words) {
  auto in = std::istringstream{};
  auto out = std::ostringstream{};
  auto err = std::ostringstream{};
  auto abandoned = false;
  REQUIRE(run_command("/opt/bin/stanchion", words, terminal{in, out, err}, {},
                      abandoned)
          == exit_code::ok);
  return out.str();
}

/// Every command that there is, as its words.
void leaves(strings& to, const command_entry& x, const std::string& at) {
  if (x.commands.empty())
    to.push_back(at);
  for (const auto& each : x.commands)
    leaves(to, each, at.empty() ? each.name : at + " " + each.name);
}

} // namespace

TEST_CASE("bash completes nouns, verbs, options and their values",
          "[cli][completion]") {
  const auto [words, offers] = GENERATE(table<strings, strings>({
    {{"ru"}, {"run"}},
    {{"run", "fo"}, {"fork"}},
    {{"run", "list", "--st"}, {"--state", "--stuck"}},
    {{"run", "list", "--state", "pa"}, {"parked"}},
    {{"run", "list", "--state", "=", "pa"}, {"parked"}},
    {{"run", "list", "--state", "="},
     {"queued", "running", "waiting", "parked", "compensating", "completed",
      "failed", "cancelled", "continued"}},
    {{"run", "list", "--agent", "run", "-o", "json"}, {"json", "jsonl"}},
    {{"run", "list", "--agent", "r"}, {}},
    {{"mode", "set", "a", "ad"}, {"advisory"}},
    {{"mode", "set", "--by", "ann", "a", "ad"}, {"advisory"}},
    {{"mode", "set", "ad"}, {}},
    {{"journal", "prune", "--state", "f"}, {"failed"}},
    {{"completion", ""}, {"bash", "zsh", "fish"}},
    {{"run", "list", "--data-dir", "so"}, {"some"}},
    {{"serve", "--tls-cert", "so"}, {"some", "some.pem"}},
    {{"nonsense", "--x", "y"}, {}},
  }));
  const temporary_dir dir;
  std::filesystem::create_directory(dir.path() / "some");
  write(dir.path() / "some.pem", "");
  CAPTURE(words);
  auto found = completed(dir, words);
  auto wanted = offers;
  std::ranges::sort(found);
  std::ranges::sort(wanted);
  CHECK(found == wanted);
}

TEST_CASE("every command is completed", "[cli][completion]") {
  const auto tree = command_tree("stanchion");
  auto all = strings{};
  leaves(all, tree, {});
  REQUIRE(all.size() >= 40);
  const auto script = completion_script(tree, "bash");
  for (const auto& each : all)
    CHECK_THAT(script, ContainsSubstring("'" + each + "')"));
}

TEST_CASE("a script is for the program by its own name", "[cli][completion]") {
  const auto script
    = completion_script(command_tree("/usr/bin/my-agents"), "bash");
  CHECK_THAT(script, ContainsSubstring("complete -F _my_agents my-agents"));
  CHECK_THAT(script,
             !ContainsSubstring("@NAME@") && !ContainsSubstring("/usr/bin"));
}

TEST_CASE("scripts of other shells can be read by them", "[cli][completion]") {
  const std::string name = GENERATE("zsh", "fish");
  const auto script = said({"completion", name});
  CHECK_THAT(script, ContainsSubstring("'run list --state'"));
  if (!has_program(name)) {
    WARN(name << " is not installed: it was not asked");
    return;
  }
  const temporary_dir dir;
  write(dir.path() / "script", script);
  const auto [out, code]
    = shell(name + " -n " + (dir.path() / "script").string());
  INFO(out);
  CHECK(code == 0);
}

TEST_CASE("the command prints the script that installing brings",
          "[cli][completion]") {
  CHECK(said({"completion", "bash"})
        == completion_script(command_tree("stanchion"), "bash"));
}

TEST_CASE("the manual page tells of every command and option",
          "[cli][manual]") {
  const auto page = said({"man"});
  CHECK_THAT(page, ContainsSubstring(std::string{version()}));
  auto all = strings{};
  leaves(all, command_tree("stanchion"), "stanchion");
  for (auto each : all) {
    for (auto i = each.find('-'); i != std::string::npos;
         i = each.find('-', i + 2))
      each.replace(i, 1, "\\-");
    CHECK_THAT(page, ContainsSubstring(".SS \"" + each));
  }
  CHECK_THAT(page, ContainsSubstring("\\fB\\-\\-older\\-than\\fR")
                     && ContainsSubstring("\\fBSTANCHION_URL\\fR"));
}

TEST_CASE("the manual page is set without a complaint", "[cli][manual]") {
  const temporary_dir dir;
  const auto file = (dir.path() / "stanchion.1").string();
  write(file, said({"man"}));
  if (has_program("mandoc"))
    CHECK(shell("mandoc -T lint -W warning " + file).first.empty());
  else if (has_program("groff"))
    CHECK(shell("groff -man -ww -z " + file).first.empty());
  else
    WARN("neither mandoc nor groff is installed: neither was asked");
}

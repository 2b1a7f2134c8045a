// An inventory of the licences below /usr/share/doc, made by supervised agents.
//
// Shows:    a coordinator run and a child run per document, tools that fail and
//           heal, a kill -9 in the middle, people who decide what is doubtful.
// Run:      ./dev demo
// Expected: see README.md

#include "demo.hpp"
#include "pipeline.hpp"

#include <stanchion/cli/command_line.hpp>

#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

using namespace license_inventory;

namespace {

int run_own_word(const std::string& program, const std::string& word,
                 const std::vector<std::string>& words) {
  auto parsed = parse_demo_words(words);
  if (words == std::vector<std::string>{"--help"}) {
    std::cout << demo_usage(program);
    return 0;
  }
  if (const auto* wrong = std::get_if<std::string>(&parsed)) {
    std::cerr << "error: " << *wrong << "\n\n" << demo_usage(program);
    return 2;
  }
  auto& options = std::get<demo_options>(parsed);
  options.program = program;
  const auto io = demo_terminal{.out = std::cout,
                                .err = std::cerr,
                                .shows_progress = ::isatty(STDERR_FILENO) == 1};
  return word == "demo" ? run_demo(options, io) : print_report(options, io);
}

} // namespace

int main(int argc, char** argv) {
  const auto word = std::string{argc > 1 ? argv[1] : ""};
  if (word == "demo" || word == "report")
    return run_own_word(argv[0], word, {argv + 2, argv + argc});
  return stanchion::command_line(argc, argv, equip);
}

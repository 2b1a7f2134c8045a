#include <stanchion/cli/command_line.hpp>
#include <stanchion/cli/parse.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/configuration/configuration.hpp>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

namespace {

exit_code run_verb(const command& chosen, const terminal& io,
                   const std::function<void(runtime&)>& setup,
                   bool& abandoned) {
  const auto& words = chosen.words;
  auto from = std::optional<configuration>{};
  const auto adds = std::function<void(runtime&)>{[&](runtime& rt) {
    if (setup)
      setup(rt);
    if (from)
      from->apply(rt);
  }};
  auto context = command_context{words, io, adds};
  auto code = exit_code::failed;
  try {
    if (!words.config.empty())
      context.configured = &from.emplace(load_configuration(words.config));
    code = chosen.verb(context);
  } catch (const error& e) {
    print_error(io, words.format, words.program, e.code(), detail_of(e));
    code = exit_code_of(e.code());
  } catch (const std::exception& e) {
    io.err << program_name(words.program) << ": " << plain_text(e.what())
           << '\n';
  }
  abandoned = context.abandoned;
  return code;
}

bool wants_colors() {
  const auto* no = std::getenv("NO_COLOR"); // NOLINT(concurrency-mt-unsafe)
  return (no == nullptr || *no == '\0') && ::isatty(STDOUT_FILENO) == 1;
}

/// Whether people look at this and press keys.
bool is_interactive() {
  const auto* kind = std::getenv("TERM"); // NOLINT(concurrency-mt-unsafe)
  const auto known = kind != nullptr && *kind != '\0';
  return known && std::string_view{kind} != "dumb"
         && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

} // namespace

exit_code run_command(const std::string& program,
                      const std::vector<std::string>& words, const terminal& io,
                      const std::function<void(runtime&)>& setup,
                      bool& abandoned) {
  const auto parsed = parse_words(program, words);
  if (const auto* help = std::get_if<help_text>(&parsed)) {
    io.out << help->text;
    return exit_code::ok;
  }
  if (const auto* wrong = std::get_if<misuse>(&parsed)) {
    print_error(io, wrong->format, program, error_code::usage, wrong->text);
    return exit_code::usage;
  }
  return run_verb(std::get<command>(parsed), io, setup, abandoned);
}

int command_line(int argc, char** argv,
                 const std::function<void(runtime&)>& setup) {
  const auto words
    = std::vector<std::string>(argv + std::min(argc, 1), argv + argc);
  const auto program = std::string{argc > 0 ? argv[0] : "stanchion"};
  // A reader that goes away must not kill a process that drives runs.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const auto io = terminal{.in = std::cin,
                           .out = std::cout,
                           .err = std::cerr,
                           .shows_progress = ::isatty(STDERR_FILENO) == 1,
                           .colors = wants_colors(),
                           .interactive = is_interactive()};
  auto abandoned = false;
  const auto code
    = static_cast<int>(run_command(program, words, io, setup, abandoned));
  std::cout.flush();
  std::cerr.flush();
  if (abandoned)
    std::_Exit(code);
  std::signal(SIGPIPE, before);
  return code;
}

} // namespace stanchion

#include "support/shell.hpp"

#include "support/catch.hpp"

#include <stanchion/cli/invocation.hpp>

#include <nlohmann/json.hpp>

#include <sstream>
#include <utility>

namespace stanchion::test {

shell::shell(std::function<void(runtime&)> setup) : setup_(std::move(setup)) {
  // nop
}

exit_code shell::run(std::vector<std::string> words, const std::string& input) {
  words.insert(words.end(), {"--data-dir", (dir.path() / "d").string()});
  return run_alone(words, input);
}

exit_code shell::run_alone(const std::vector<std::string>& words,
                           const std::string& input) {
  auto in = std::istringstream{input};
  auto o = std::ostringstream{};
  auto e = std::ostringstream{};
  const auto io = terminal{in, o, e, progress};
  auto abandoned = false;
  const auto code = run_command("prog", words, io, setup_, abandoned);
  CHECK_FALSE(abandoned);
  out = o.str();
  err = e.str();
  return code;
}

std::string shell::first(std::vector<std::string> words) {
  words.insert(words.end(), {"-o", "ids"});
  CHECK(run(std::move(words)) == exit_code::ok);
  return out.substr(0, out.find('\n'));
}

nlohmann::json shell::document(std::vector<std::string> words) {
  words.insert(words.end(), {"-o", "json"});
  CHECK(run(std::move(words)) == exit_code::ok);
  return nlohmann::json::parse(out);
}

} // namespace stanchion::test

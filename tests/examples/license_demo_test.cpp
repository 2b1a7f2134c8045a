#include "01_license_inventory/demo.hpp"
#include "01_license_inventory/inventory.hpp"
#include "01_license_inventory/pipeline.hpp"
#include "examples/license_scratch.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace license_inventory;
using license_inventory::test::scratch_folder;
using stanchion::test::child_process;

namespace {

constexpr auto dep5
  = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/"
    "1.0/\n\nFiles: *\nCopyright: 2001 Ann Author\nLicense: ";

constexpr auto expected_report
  = R"(documents 5: 4 machine-readable, 1 free-form; 1 in doubt, 0 decided by people

licence                                         packages  for example
MIT                                                    2  b, c
GPL-1.0-or-later                                       1  e
GPL-2.0-or-later                                       1  a
Zlib                                                   1  d

documents in doubt
  e (50%): GPL-1.0-or-later
    - GPL-1.0-or-later: named without its version ("under the gpl")
)";

constexpr auto expected_audit
  = "  documents                                          5\n"
    "  written exactly once                               4\n"
    "  written more than once                             0\n"
    "  waiting for a person                               1\n"
    "  lost                                               0\n";

void fill(const scratch_folder& folder) {
  folder.write("doc/a/copyright", std::string{dep5} + "GPL-2+\n");
  folder.write("doc/b/copyright", std::string{dep5} + "Expat\n");
  folder.write("doc/c/copyright", std::string{dep5} + "Expat\n");
  folder.write("doc/d/copyright", std::string{dep5} + "Zlib\n");
  folder.write("doc/e/copyright", "It is under the GPL, or so they say.\n");
}

demo_options options_for(const scratch_folder& folder) {
  return {.dir = folder.path() / "doc", .data_dir = folder.path() / "data"};
}

struct printed {
  int code = -1;
  std::string out;
};

/// A process of its own: this one must not get threads, for it forks.
printed run(const scratch_folder& folder, const demo_options& options) {
  const auto file = folder.path() / "out.txt";
  auto process = child_process{[&] {
    auto out = std::ofstream{file};
    auto err = std::ostringstream{};
    return run_demo(options, {.out = out, .err = err});
  }};
  const auto code = process.wait(std::chrono::minutes{1});
  auto in = std::ifstream{file};
  return {code.value_or(-1), {std::istreambuf_iterator<char>{in}, {}}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the demo survives its own death and prints every document once",
          "[license_inventory][demo]") {
  const scratch_folder folder;
  fill(folder);
  const auto x = run(folder, options_for(folder));
  INFO(x.out);
  CHECK(x.code == 0);
  CHECK(contains(x.out, "The process killed itself (SIGKILL) with 3"));
  CHECK(contains(x.out, expected_audit));
  CHECK(contains(x.out, std::string{"\n"} + expected_report));
  CHECK(contains(x.out, " ticket decide T-"));
}

TEST_CASE("the demo can go on later and decide what is open",
          "[license_inventory][demo]") {
  const scratch_folder folder;
  fill(folder);
  auto options = options_for(folder);
  REQUIRE(run(folder, options).code == 0);
  options.keep = true;
  options.decide_all = true;
  CHECK(run(folder, options).code == 0);
  const auto records = inventory{inventory_path(options.data_dir)}.all();
  REQUIRE(records.size() == 5);
  CHECK(records[4].package == "e");
  CHECK(records[4].decided_by.starts_with("person:T-"));
}

TEST_CASE("a folder that cannot be read ends the demo with its exit code",
          "[license_inventory][demo]") {
  const scratch_folder folder;
  folder.write("file", "");
  folder.write("empty/readme", "");
  auto [dir, code] = GENERATE(table<std::string, int>({
    {"missing", 4},
    {"file", 2},
    {"empty", 4},
  }));
  auto out = std::ostringstream{};
  auto err = std::ostringstream{};
  const auto options = demo_options{.dir = folder.path() / dir,
                                    .data_dir = folder.path() / "data"};
  CHECK(run_demo(options, {.out = out, .err = err}) == code);
  CHECK(contains(err.str(), dir));
  CHECK(out.str().empty());
}

TEST_CASE("the demo removes no other program's runs",
          "[license_inventory][demo]") {
  const scratch_folder folder;
  fill(folder);
  const auto kept = folder.write("data/stanchion.db", "precious");
  auto out = std::ostringstream{};
  auto err = std::ostringstream{};
  CHECK(run_demo(options_for(folder), {.out = out, .err = err}) == 2);
  CHECK(std::filesystem::file_size(kept) == 8);
}

TEST_CASE("misspelt words of the demo are named", "[license_inventory][demo]") {
  auto [words, named] = GENERATE(table<std::vector<std::string>, std::string>({
    {{"--wat"}, "--wat"},
    {{"--dir"}, "--dir"},
    {{"--keep", "extra"}, "extra"},
  }));
  const auto x = parse_demo_words(words);
  REQUIRE(std::holds_alternative<std::string>(x));
  CHECK(contains(std::get<std::string>(x), named));
}

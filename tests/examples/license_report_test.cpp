#include "01_license_inventory/report.hpp"
#include "01_license_inventory/text.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace license_inventory;

namespace {

record sample(std::string package, std::vector<std::string> licences,
              double confidence = 1) {
  return {.package = package,
          .source = "/usr/share/doc/" + package + "/copyright",
          .format = document_format::dep5,
          .licences = std::move(licences),
          .holders = {},
          .texts = {},
          .confidence = confidence,
          .doubts = {},
          .decided_by = {}};
}

} // namespace

TEST_CASE("the report lists licences, most common first, then the doubts",
          "[license_inventory][report]") {
  auto doubtful = sample("wget", {"GPL-3.0-only"}, 0.75);
  doubtful.doubts = {"no word on later versions"};
  CHECK(
    report({sample("zlib", {"Zlib"}), sample("apt", {"MIT", "Zlib"}), doubtful})
    == R"(documents 3: 3 machine-readable, 0 free-form; 1 in doubt, 0 decided by people

licence                                         packages  for example
Zlib                                                   2  apt, zlib
GPL-3.0-only                                           1  wget
MIT                                                    1  apt

documents in doubt
  wget (75%): GPL-3.0-only
    - no word on later versions
)");
}

TEST_CASE("no documents make a short report", "[license_inventory][report]") {
  CHECK(
    report({})
    == "documents 0: 0 machine-readable, 0 free-form; 0 in doubt, 0 decided "
       "by people\n\n"
       "licence                                         packages  for "
       "example\n\n"
       "no document in doubt\n");
}

TEST_CASE("what a person decided is no longer in doubt",
          "[license_inventory][report]") {
  auto r = sample("wget", {"GPL-3.0-only"}, 0.75);
  r.decided_by = "eve";
  const auto text = report({r});
  CHECK_THAT(text, ContainsSubstring("0 in doubt, 1 decided by people"));
  CHECK_THAT(text, ContainsSubstring("no document in doubt"));
}

TEST_CASE("rare licences and further reasons are only counted",
          "[license_inventory][report]") {
  auto r = sample("a", {"A", "B", "C"}, 0);
  r.doubts = {"1", "2", "3"};
  const auto text = report({r}, {.max_licences = 2, .max_reasons = 1});
  CHECK_THAT(text,
             ContainsSubstring("and 1 more, each in 1 packages or fewer"));
  CHECK_THAT(text, ContainsSubstring("and 2 more reasons"));
}

TEST_CASE("the report does not depend on the order of the records",
          "[license_inventory][report]") {
  std::vector<record> records{sample("a", {"MIT"}), sample("b", {"ISC"}, 0.1),
                              sample("c", {"ISC"}, 0.2)};
  const auto expected = report(records);
  std::reverse(records.begin(), records.end());
  CHECK(report(records) == expected);
}

TEST_CASE("no line is wider than asked and none ends in blanks",
          "[license_inventory][report]") {
  const auto columns
    = GENERATE(std::size_t{40}, std::size_t{72}, std::size_t{100});
  std::string umlauts;
  for (int i = 0; i < 200; ++i)
    umlauts += "\xC3\xBC";
  auto r = sample(umlauts, {umlauts, std::string(300, 'x')}, 0.3);
  r.doubts = {std::string(500, 'y'), umlauts + " " + umlauts,
              "tabs\tand\nlines\x1B[31m"};
  const auto text = report({r}, {.width = columns});
  CHECK(is_valid_utf8(text));
  CHECK(text.find('\x1B') == std::string::npos);
  for (const auto line : lines(text)) {
    INFO(line);
    CHECK(width(line) <= columns);
    CHECK_FALSE(line.ends_with(' '));
  }
}

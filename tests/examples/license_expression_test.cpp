#include "01_license_inventory/expression.hpp"
#include "01_license_inventory/spdx_names.hpp"
#include "support/catch.hpp"

#include <string>

using namespace license_inventory;

namespace {

/// The expression with all brackets written: shows how it was understood.
std::string shape(const license_expression& e) {
  if (e.what == license_expression::kind::name)
    return debian_name(e);
  std::string result = "(";
  for (const auto& operand : e.operands) {
    if (result.size() > 1)
      result += e.what == license_expression::kind::all_of ? " & " : " | ";
    result += shape(operand);
  }
  return result + ")";
}

} // namespace

TEST_CASE("and binds more tightly than or, a comma less than both",
          "[license_inventory][expression]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"GPL-2+", "GPL-2+"},
    {"A or B", "(A | B)"},
    {"A and B and C", "(A & B & C)"},
    {"A or B and C", "(A | (B & C))"},
    {"A or B, and C", "((A | B) & C)"},
    {"A and B, or C", "((A & B) | C)"},
    {"A, B or C", "(A | B | C)"},
    {"A, B, and C", "(A & B & C)"},
    {"A, B, or C", "(A | B | C)"},
    {"A, B", "(A & B)"},
    {"(A or B) and C", "((A | B) & C)"},
    {"A OR B", "(A | B)"},
    {"A and/or B", "(A | B)"},
    {"A | B", "(A | B)"},
  }));
  const auto parsed = parse_expression(text);
  CHECK(shape(parsed.expression) == expected);
  CHECK(parsed.problems.empty());
}

TEST_CASE("an exception belongs to the name before it",
          "[license_inventory][expression]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"GPL-2+ with OpenSSL exception", "GPL-2+ with OpenSSL exception"},
    {"GPL-3+ with Bison-2.2 exception and Expat",
     "(GPL-3+ with Bison-2.2 exception & Expat)"},
    {"A or GPL-3 with two words exception or B",
     "(A | GPL-3 with two words exception | B)"},
    {"GPL-2+ with OpenSSL", "GPL-2+ with OpenSSL exception"},
  }));
  CHECK(shape(parse_expression(text).expression) == expected);
}

TEST_CASE("a bad expression yields what it has and says what is wrong",
          "[license_inventory][expression]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"", ""},
    {"and", ""},
    {"A or", "A"},
    {"or B", "B"},
    {"(A or B", "(A | B)"},
    {"A) or B", "(A & B)"},
    {"MIT/X Consortium License", "MIT/X Consortium License"},
  }));
  const auto parsed = parse_expression(text);
  CHECK(shape(parsed.expression) == expected);
  CHECK_FALSE(parsed.problems.empty());
}

TEST_CASE("no expression is too long or too deep to be refused in peace",
          "[license_inventory][expression]") {
  const std::string deep(8000, '(');
  CHECK_FALSE(parse_expression(deep).problems.empty());
  CHECK_FALSE(parse_expression(deep + "A").expression.empty());
  const std::string line(1 << 20, 'x');
  CHECK(parse_expression(line).expression.empty());
  std::string many = "A";
  while (many.size() < 16000)
    many += ",A";
  CHECK(leaves(parse_expression(many).expression).size() == 8001);
}

TEST_CASE("Debian's names become SPDX identifiers",
          "[license_inventory][spdx_names]") {
  const auto [name, expected] = GENERATE(table<std::string, std::string>({
    {"GPL-2+", "GPL-2.0-or-later"},
    {"GPL-2", "GPL-2.0-only"},
    {"GPL3+", "GPL-3.0-or-later"},
    {"GPL-2.0+", "GPL-2.0-or-later"},
    {"GPL-3.0-only", "GPL-3.0-only"},
    {"GPL-1+", "GPL-1.0-or-later"},
    {"GPL", "GPL-1.0-or-later"},
    {"LGPL-2.1+", "LGPL-2.1-or-later"},
    {"LGPL-3", "LGPL-3.0-only"},
    {"AGPL-3+", "AGPL-3.0-or-later"},
    {"GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"},
    {"GFDL-1.3+-no-invariant", "GFDL-1.3-no-invariants-or-later"},
    {"Expat", "MIT"},
    {"expat", "MIT"},
    {"BSD-3-clause", "BSD-3-Clause"},
    {"Apache-2", "Apache-2.0"},
    {"Boost-1.0", "BSL-1.0"},
    {"ZLIB", "Zlib"},
    {"OpenLDAP-2.8", "OLDAP-2.8"},
    {"GPL-2+ with Autoconf exception",
     "GPL-2.0-or-later WITH Autoconf-exception-2.0"},
    {"GPL-3+-with-bison-exception",
     "GPL-3.0-or-later WITH Bison-exception-2.2"},
    {"Apache-2.0 with LLVM exception", "Apache-2.0 WITH LLVM-exception"},
    {"GPL-2+ with Strange exception",
     "LicenseRef-GPL-2plus-with-Strange-exception"},
    {"GPL-4", "LicenseRef-GPL-4"},
    {"public-domain", "LicenseRef-public-domain"},
    {"BSD-3-Viag\xC3\xA9nie", "LicenseRef-BSD-3-Viag-nie"},
    {"~~~", "LicenseRef-unnamed"},
  }));
  const auto leaf = parse_expression(name).expression;
  const auto spdx = spdx_for(leaf);
  CHECK(spdx.id == expected);
  CHECK(spdx.listed != expected.starts_with("LicenseRef-"));
}

TEST_CASE("an SPDX expression keeps the meaning and says nothing twice",
          "[license_inventory][spdx_names]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"GPL-2+ or Artistic, and Expat",
     "(GPL-2.0-or-later OR Artistic-1.0-Perl) AND MIT"},
    {"Expat and MIT", "MIT"},
    {"ISC or Expat and MIT", "ISC OR MIT"},
    {"", ""},
  }));
  const auto spdx
    = spdx_expression(parse_expression(text).expression,
                      [](const auto& leaf) { return spdx_for(leaf).id; });
  CHECK(spdx == expected);
}

TEST_CASE("an SPDX expression is taken apart again",
          "[license_inventory][spdx_names]") {
  using names = std::vector<std::string>;
  const std::string text = "A AND (B OR C WITH E) AND LicenseRef-D";
  CHECK(licences_in(text) == names{"A", "B", "C", "LicenseRef-D"});
  CHECK(conjuncts_of(text) == names{"A", "B OR C WITH E", "LicenseRef-D"});
  CHECK(conjuncts_of("A OR B AND C") == names{"A OR B AND C"});
  CHECK(with_licence(text, "B", "B-2")
        == "A AND (B-2 OR C WITH E) AND LicenseRef-D");
}

#include "01_license_inventory/dep5.hpp"
#include "01_license_inventory/holders.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace license_inventory;

namespace {

using names = std::vector<std::string>;

constexpr auto sample
  = R"(Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: sample
# a comment

Files: *
Copyright: 2001-2004, Ann Author <ann@example.org>
           2006 Ben Builder
License: GPL-2+

Files: src/a.c
  src/b.c
Copyright: (c) 2010 Cy Coder
License: Expat or BSD-3-clause
 You may do as you like.
 .
 Second part.

License: GPL-2+
 See the common licences.
)";

bool has_problem(const dep5_document& d, std::string_view part) {
  return std::any_of(d.problems.begin(), d.problems.end(), [&](const auto& p) {
    return p.what.find(part) != std::string::npos;
  });
}

std::string with_header(const std::string& body) {
  return "Format: https://www.debian.org/doc/packaging-manuals/"
         "copyright-format/1.0/\n\n"
         + body;
}

} // namespace

TEST_CASE("a well-formed document is read whole and without complaint",
          "[license_inventory][dep5]") {
  REQUIRE(looks_like_dep5(sample));
  const auto d = parse_dep5(sample);
  CHECK(d.problems.empty());
  CHECK(d.upstream_name == "sample");
  REQUIRE(d.files.size() == 2);
  CHECK(d.files[0].files == names{"*"});
  CHECK(d.files[0].holders
        == names{"Ann Author <ann@example.org>", "Ben Builder"});
  CHECK(d.files[0].licence.name == "GPL-2+");
  CHECK(d.files[0].line == 5);
  CHECK(d.files[1].files == names{"src/a.c", "src/b.c"});
  CHECK(leaves(d.files[1].licence).size() == 2);
  CHECK(d.files[1].licence_text == "You may do as you like.\n\nSecond part.");
  CHECK(d.text_of("gpl-2+") == "See the common licences.");
  CHECK(d.text_of("Expat").empty());
}

TEST_CASE("the format is told by its field or by its paragraphs",
          "[license_inventory][dep5]") {
  CHECK(looks_like_dep5("Format: http://dep.debian.net/deps/dep5\n"));
  CHECK(looks_like_dep5(
    "Format-Specification: http://svn.debian.org/x/dep5.mdwn?rev=174\n"));
  CHECK(looks_like_dep5("Files: *\nCopyright: Ann\nLicense: Expat\n"));
  CHECK_FALSE(looks_like_dep5("Files: m4/x.m4\nLicense: other\n"));
  CHECK_FALSE(looks_like_dep5("Format: A4\nLicense: GPL\n"));
  CHECK_FALSE(looks_like_dep5(""));
}

TEST_CASE("mistakes people make are repaired and reported",
          "[license_inventory][dep5]") {
  SECTION("a misspelt field") {
    const auto d = parse_dep5(with_header("files: *\nLicence : ISC\n"));
    REQUIRE(d.files.size() == 1);
    CHECK(d.files[0].licence.name == "ISC");
    CHECK(has_problem(d, "read as license"));
    CHECK(has_problem(d, "no Copyright field"));
  }
  SECTION("no blank line between paragraphs") {
    const auto d = parse_dep5(
      with_header("Files: a\nLicense: ISC\nFiles: b\nLicense: Expat\n"));
    REQUIRE(d.files.size() == 2);
    CHECK(d.files[1].licence.name == "Expat");
    CHECK(has_problem(d, "no blank line"));
  }
  SECTION("a blank line inside a text") {
    const auto d
      = parse_dep5(with_header("License: X\n first part\n\n second part\n"));
    REQUIRE(d.licences.size() == 1);
    CHECK(d.licences[0].text == "first part\nsecond part");
    CHECK(has_problem(d, "a blank line inside"));
  }
  SECTION("a blank line before the licence") {
    const auto d = parse_dep5(
      with_header("Files: *\nCopyright: Ann\n\nLicense: GPL-3+\n text\n"));
    REQUIRE(d.files.size() == 1);
    CHECK(d.files[0].licence.name == "GPL-3+");
    CHECK(d.files[0].adopted);
  }
  SECTION("terms in the Copyright field are kept and name nobody") {
    const auto d = parse_dep5(with_header(
      "Files: *\nCopyright: 2001 Ann\n Permission is granted\n to Ben\n"));
    REQUIRE(d.files.size() == 1);
    CHECK(d.files[0].holders == names{"Ann"});
    CHECK_THAT(d.files[0].licence_text, ContainsSubstring("Permission is"));
    CHECK(has_problem(d, "no License field"));
  }
  SECTION("an expression over two lines") {
    const auto d
      = parse_dep5(with_header("Files: *\nLicense: GPL-2+ or\n Expat\n"));
    CHECK(leaves(d.files.at(0).licence).size() == 2);
    CHECK(d.files[0].licence_text.empty());
  }
  SECTION("prose around the paragraphs") {
    const auto d = parse_dep5(
      with_header("Files: *\nLicense: ISC\n\nThis was put together by me.\n"));
    CHECK(d.files.size() == 1);
    CHECK(has_problem(d, "neither a field nor a continuation"));
  }
  SECTION("only a header") {
    const auto d = parse_dep5("Format: dep5\nLicense: ISC\nCopyright: Ann\n");
    REQUIRE(d.files.size() == 1);
    CHECK(d.files[0].licence.name == "ISC");
    CHECK(has_problem(d, "no Files paragraph"));
  }
  SECTION("carriage returns and tabs") {
    const auto d = parse_dep5(
      with_header("Files: *\r\nCopyright:\r\n\t2001 Ann\r\nLicense:\tISC\r\n"));
    CHECK(d.files.at(0).holders == names{"Ann"});
    CHECK(d.files[0].licence.name == "ISC");
  }
}

TEST_CASE("missing Files paragraphs lose information, bad form does not",
          "[license_inventory][dep5]") {
  const auto empty = parse_dep5(with_header("Comment: nothing here\n"));
  CHECK(std::any_of(empty.problems.begin(), empty.problems.end(),
                    [](const auto& p) { return p.loses_information; }));
  const auto formless = parse_dep5("Files: *\nLicence: ISC\n");
  CHECK(std::none_of(formless.problems.begin(), formless.problems.end(),
                     [](const auto& p) { return p.loses_information; }));
}

TEST_CASE("garbage is read to the end", "[license_inventory][dep5]") {
  std::string noise;
  for (int i = 0; i < 200'000; ++i)
    noise += static_cast<char>((i * 7919) >> 3);
  const auto text
    = GENERATE_REF(std::string{}, std::string{":"}, std::string{" \n\t\n .\n"},
                   noise, "Files: *\nLicense: " + std::string(1 << 20, 'x'),
                   with_header("Files: *\nCopyright: 2001 J\xC3"),
                   "License:" + std::string(100'000, ','));
  const auto d = parse_dep5(text);
  CHECK(d.problems.size() <= 1100);
}

TEST_CASE("a hundred thousand paragraphs take no longer than they are long",
          "[license_inventory][dep5]") {
  std::string text = with_header("");
  for (int i = 0; i < 100'000; ++i)
    text += "Files: a\nLicense: ISC\n\n";
  CHECK(parse_dep5(text).files.size() == 100'000);
}

TEST_CASE("a holder is named without years and signs",
          "[license_inventory][holders]") {
  const auto [statement, expected] = GENERATE(table<std::string, std::string>({
    {"2001-2004, Ann Author <ann@example.org>", "Ann Author <ann@example.org>"},
    {"Copyright (C) 1999 by Ann Author", "Ann Author"},
    {"\xC2\xA9 2005 J\xC3\xB6rg", "J\xC3\xB6rg"},
    {"\xC2\xA9"
     "2005 Ann",
     "Ann"},
    {"(c)1998 Ann", "Ann"},
    {"1998, 2001-present Ann, all rights reserved.", "Ann"},
    {"2003 Free Software Foundation, Inc.", "Free Software Foundation, Inc."},
    {"2001 - 2004", ""},
    {"", ""},
  }));
  CHECK(holder_in(statement) == expected);
}

TEST_CASE("holders are listed once, also over folded lines",
          "[license_inventory][holders]") {
  CHECK(holders_in("2001 Free Software Foundation,\n Inc.\n2002 Ann\n2003 Ann")
        == names{"Free Software Foundation, Inc.", "Ann"});
}

TEST_CASE("prose names a holder only in a copyright statement",
          "[license_inventory][holders]") {
  const auto text = "It was written by Ben.\n"
                    " * Copyright (C) 2004 Ann Author\n"
                    "Portions Copyright 1999 Cy\n"
                    "the copyright holders disclaim everything\n"
                    "(C) 2009 Dee\n"
                    "Copyright: 2011 Eve\n";
  CHECK(holders_in_text(text) == names{"Ann Author", "Cy", "Dee", "Eve"});
}

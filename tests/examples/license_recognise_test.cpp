#include "01_license_inventory/normal_text.hpp"
#include "01_license_inventory/phrase_index.hpp"
#include "01_license_inventory/recognise.hpp"
#include "support/catch.hpp"

#include <chrono>
#include <string>
#include <vector>

using namespace license_inventory;

namespace {

std::vector<std::string> licences_of(const recognition& r) {
  std::vector<std::string> result;
  for (const auto& f : r.findings)
    result.push_back(f.licence);
  return result;
}

using names = std::vector<std::string>;

constexpr auto bsd_2 = "Redistribution and use in source and binary forms are "
                       "permitted: 1. Redistributions of source code keep this."
                       " 2. Redistributions in binary form show it. ";
constexpr auto endorsement
  = "3. The name may not be used to endorse or promote products. ";
constexpr auto advertising = "All advertising materials mentioning features "
                             "must say so. ";

} // namespace

// -- words and phrases --------------------------------------------------------

TEST_CASE("a text is reduced to its words",
          "[license_inventory][normal_text]") {
  const auto [raw, expected] = GENERATE(table<std::string, std::string>({
    {" * The \"MIT\" Licence.\n # v2.1+ of\n", "the mit license v2.1+ of"},
    {"fur-\n   nished", "furnished"},
    {"LGPL-2.1+, GPL-2.", "lgpl 2.1+ gpl 2"},
    {"notice(s) \xE2\x80\x9C"
     "as is\xE2\x80\x9D",
     "notice s as is"},
    {"C++ a+b", "c a b"},
    {"", ""},
    {"\xFF\xFE\x01", ""},
  }));
  const normal_text text{raw};
  CHECK(text.excerpt(0, text.size()) == expected);
}

TEST_CASE("phrases are found wherever they overlap",
          "[license_inventory][phrase_index]") {
  phrase_index index;
  const auto abc = index.add("a b c");
  const auto b = index.add("b");
  const auto bcd = index.add("b c d");
  CHECK(index.add("B") == b);
  index.freeze();
  const auto hits = index.find(normal_text{"x a b c d"});
  REQUIRE(hits.size() == 3);
  CHECK(hits[0].phrase == b);
  CHECK(hits[1].phrase == abc);
  CHECK(hits[1].first == 1);
  CHECK(hits[1].last == 4);
  CHECK(hits[2].phrase == bcd);
}

// -- GNU ----------------------------------------------------------------------

TEST_CASE("licence, version and later versions are read in any order",
          "[license_inventory][gnu]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"under the terms of the GNU General Public License as published by the "
     "Free Software Foundation; either version 2 of the License, or (at your "
     "option) any later version.",
     "GPL-2.0-or-later"},
    {"under the GNU General Public License, version 3", "GPL-3.0-only"},
    {"licensed under version 3 or later of the GNU General Public License",
     "GPL-3.0-or-later"},
    {"under the GNU Lesser General Public License (LGPL) version 2.1",
     "LGPL-2.1-only"},
    {"under the GNU Library General Public\n * License; either version 2, or "
     "any newer",
     "LGPL-2.0-or-later"},
    {"It is licensed as LGPLv2.1+", "LGPL-2.1-or-later"},
    {"released under GPL v2 or later", "GPL-2.0-or-later"},
    {"GNU Affero General Public License version 3", "AGPL-3.0-only"},
    {"under the terms of the GNU Free Documentation License, Version 1.3 or "
     "any later version; with no Invariant Sections",
     "GFDL-1.3-no-invariants-or-later"},
  }));
  const auto r = recognise(text);
  CHECK(licences_of(r) == names{expected});
  CHECK(r.confidence >= 0.9);
  CHECK(r.doubts.empty());
}

TEST_CASE("a name without version is any version and a doubt",
          "[license_inventory][gnu]") {
  const auto r = recognise("is licensed under the GPL, see "
                           "/usr/share/common-licenses/GPL");
  CHECK(licences_of(r) == names{"GPL-1.0-or-later"});
  CHECK(r.confidence < 0.8);
  REQUIRE_FALSE(r.doubts.empty());
  CHECK_THAT(r.doubts.front(), ContainsSubstring("without its version"));
}

TEST_CASE("the path of one version leaves later versions in doubt",
          "[license_inventory][gnu]") {
  const auto r = recognise("Released under the terms of the GPL; see\n"
                           "/usr/share/common-licenses/GPL-3.");
  CHECK(licences_of(r) == names{"GPL-3.0-only"});
  CHECK(r.confidence == 0.75);
}

TEST_CASE("a grant outweighs where to read the text",
          "[license_inventory][gnu]") {
  const auto r = recognise(
    "redistribute it under the terms of the GNU General Public License; either "
    "version 2 of the License, or any later version. On Debian systems, the "
    "complete text of the GNU General Public License version 2 can be found in "
    "/usr/share/common-licenses/GPL-2.");
  CHECK(licences_of(r) == names{"GPL-2.0-or-later"});
}

TEST_CASE("what is denied is not found", "[license_inventory][gnu]") {
  CHECK(recognise("this does not mean that we distribute it under the GPL")
          .findings.empty());
}

// -- the others ---------------------------------------------------------------

TEST_CASE("terms that open alike are told apart by what follows",
          "[license_inventory][terms]") {
  const std::string bsd = bsd_2;
  const std::string mit
    = "Permission is hereby granted, free of charge, to any person, to use it.";
  const auto [text, expected] = GENERATE_COPY(table<std::string, std::string>({
    {bsd, "BSD-2-Clause"},
    {bsd + endorsement, "BSD-3-Clause"},
    {bsd + advertising + endorsement, "BSD-4-Clause"},
    {bsd + advertising + endorsement
       + "software developed by the University of California",
     "BSD-4-Clause-UC"},
    {mit + " The above notice shall be included in all copies.", "MIT"},
    {mit
       + " The notice shall be included. Except as contained in this notice "
         "the name is not to be used.",
     "X11"},
    {"Permission to use, copy, modify, and/or distribute this software for any "
     "purpose with or without fee is hereby granted, provided that the notice "
     "appear in all copies.",
     "ISC"},
    {"Permission to use, copy, modify, and/or distribute this software for any "
     "purpose with or without fee is hereby granted.",
     "0BSD"},
    {"Permission is granted to anyone to use this software for any purpose. "
     "The "
     "origin of this software must not be misrepresented.",
     "Zlib"},
  }));
  const auto r = recognise(text);
  CHECK(licences_of(r) == names{expected});
  CHECK(r.confidence >= 0.9);
}

TEST_CASE("two terms in one text are two findings",
          "[license_inventory][terms]") {
  const auto r = recognise(std::string{bsd_2} + endorsement + bsd_2);
  CHECK(licences_of(r) == names{"BSD-3-Clause", "BSD-2-Clause"});
}

TEST_CASE("licences are known by name, version and path",
          "[license_inventory][names]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"Licensed under the Apache License, Version 2.0", "Apache-2.0"},
    {"see /usr/share/common-licenses/Apache-2.0", "Apache-2.0"},
    {"the Mozilla Public License Version 1.1", "MPL-1.1"},
    {"Mozilla Public License, v. 2.0.", "MPL-2.0"},
    {"under the same terms as Perl itself",
     "Artistic-1.0-Perl OR GPL-1.0-or-later"},
    {"Artistic License 2.0", "Artistic-2.0"},
    {"Boost Software License, Version 1.0", "BSL-1.0"},
    {"Creative Commons Attribution-ShareAlike 3.0", "CC-BY-SA-3.0"},
    {"https://creativecommons.org/licenses/by/4.0/", "CC-BY-4.0"},
    {"CC0 1.0 Universal", "CC0-1.0"},
    {"it was placed into the public domain", "LicenseRef-public-domain"},
  }));
  CHECK(licences_of(recognise(text)) == names{expected});
}

TEST_CASE("the licences of Python's history are one",
          "[license_inventory][names]") {
  const auto r
    = recognise("PSF hereby grants Licensee a nonexclusive licence to "
                "Python. BeOpen hereby grants Licensee another. "
                "CNRI hereby grants Licensee a third.");
  CHECK(licences_of(r) == names{"Python-2.0"});
}

// -- confidence ---------------------------------------------------------------

TEST_CASE("a grant that nothing explains lowers confidence and is quoted",
          "[license_inventory][confidence]") {
  std::string distance;
  for (int i = 0; i < 300; ++i)
    distance += "word ";
  const auto r = recognise(std::string{bsd_2} + distance
                           + "You may use, copy and eat this sandwich.");
  CHECK(licences_of(r) == names{"BSD-2-Clause"});
  CHECK(r.confidence == 0.95 / 2);
  REQUIRE(r.doubts.size() == 1);
  CHECK_THAT(r.doubts.front(), ContainsSubstring("eat this sandwich"));
}

TEST_CASE("every confidence lies between none and certain",
          "[license_inventory][confidence]") {
  for (const auto kind :
       {evidence_kind::terms, evidence_kind::grant, evidence_kind::title,
        evidence_kind::reference, evidence_kind::assertion,
        evidence_kind::one_version, evidence_kind::bare_name}) {
    CHECK(confidence_of(kind) > 0);
    CHECK(confidence_of(kind) < 1);
  }
}

// -- garbage ------------------------------------------------------------------

TEST_CASE("a text without licence has no confidence and says so",
          "[license_inventory][garbage]") {
  const auto text
    = GENERATE(as<std::string>{}, "", " \n\n",
               "\x7F"
               "ELF\x02\x01",
               "Nothing to see here.", "J\xC3", "version 2 or later", "license",
               "general public license");
  const auto r = recognise(text);
  CHECK(r.findings.empty());
  CHECK(r.confidence == 0);
  REQUIRE_FALSE(r.doubts.empty());
  CHECK(r.doubts.front() == "no licence recognised");
}

TEST_CASE("a megabyte of hostile text is read in reasonable time",
          "[license_inventory][garbage]") {
  const std::string phrase
    = GENERATE(as<std::string>{}, "x", "a ", "permission is hereby granted ",
               "gnu general public license version 2, june 1991 ",
               "redistribution and use in source and binary forms ",
               "or any later ", "under the gpl ", "\xFF\xFF");
  std::string text;
  while (text.size() < (1U << 20))
    text += phrase;
  const auto begin = std::chrono::steady_clock::now();
  const auto r = recognise(text);
  const auto taken = std::chrono::steady_clock::now() - begin;
  CHECK(r.confidence <= 0.95);
  CHECK(r.doubts.size() < 20);
  CHECK(taken < std::chrono::seconds{20}); // linear: well under one, unloaded
}

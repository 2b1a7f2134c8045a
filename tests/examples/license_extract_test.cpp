#include "01_license_inventory/extract.hpp"
#include "01_license_inventory/text.hpp"
#include "support/catch.hpp"

#include <filesystem>
#include <string>

using namespace license_inventory;

namespace {

using names = std::vector<std::string>;

document text_document(std::string text) {
  return {.package = "p",
          .source = "/usr/share/doc/p/copyright",
          .text = std::move(text),
          .encoding = text_encoding::utf8,
          .notes = {}};
}

record dep5_record(const std::string& body) {
  return extract(text_document("Format: https://www.debian.org/doc/"
                               "packaging-manuals/copyright-format/1.0/\n\n"
                               + body));
}

constexpr auto mit_terms = " Permission is hereby granted, free of charge, to "
                           "any person, to use it.\n The notice shall be "
                           "included in all copies.\n";

} // namespace

TEST_CASE("a clear document is a certain record",
          "[license_inventory][extract]") {
  const auto r
    = dep5_record("Files: *\nCopyright: 2001 Ann\nLicense: GPL-2+ or "
                  "Artistic, and Expat\n");
  CHECK(r.format == document_format::dep5);
  CHECK(r.licences == names{"GPL-2.0-or-later OR Artistic-1.0-Perl", "MIT"});
  CHECK(r.holders == names{"Ann"});
  CHECK(r.confidence == 1);
  CHECK(r.doubts.empty());
}

TEST_CASE("an unknown licence with its text is kept with the text",
          "[license_inventory][extract]") {
  const auto r = dep5_record("Files: *\nCopyright: Ann\nLicense: sandwich\n\n"
                             "License: sandwich\n Eat it.\n");
  CHECK(r.licences == names{"LicenseRef-sandwich"});
  CHECK(r.texts.at("LicenseRef-sandwich") == "Eat it.");
  CHECK(r.confidence == 0.95);
}

TEST_CASE("an unknown licence without text is a doubt",
          "[license_inventory][extract]") {
  const auto r = dep5_record("Files: *\nCopyright: Ann\nLicense: sandwich\n");
  CHECK(r.confidence == 0.5);
  REQUIRE(r.doubts.size() == 1);
  CHECK_THAT(r.doubts.front(), ContainsSubstring("sandwich"));
}

TEST_CASE("a variant is the licence its text holds",
          "[license_inventory][extract]") {
  const auto r = dep5_record(
    std::string{"Files: *\nCopyright: Ann\nLicense: MIT-Ann\n"} + mit_terms);
  CHECK(r.licences == names{"MIT"});
  CHECK(r.confidence == 1);
}

TEST_CASE("terms without a short name are recognised",
          "[license_inventory][extract]") {
  const std::string field
    = GENERATE("Copyright: Ann\nLicense:\n", "Copyright: Ann\n");
  const auto r = dep5_record("Files: *\n" + field + mit_terms);
  CHECK(r.licences == names{"MIT"});
  CHECK(r.holders == names{"Ann"});
  CHECK(r.confidence == 0.85);
  CHECK_FALSE(r.doubts.empty());
}

TEST_CASE("files without a licence are a doubt",
          "[license_inventory][extract]") {
  const auto r = dep5_record("Files: a\nCopyright: Ann\nLicense: ISC\n\n"
                             "Files: b\nCopyright: Ben\n");
  CHECK(r.licences == names{"ISC"});
  CHECK(r.confidence == 0.5);
  CHECK_THAT(r.doubts.at(0), ContainsSubstring("files without a licence"));
}

TEST_CASE("a name that leaves the version open is less certain",
          "[license_inventory][extract]") {
  const auto r = dep5_record("Files: *\nCopyright: Ann\nLicense: GPL\n");
  CHECK(r.licences == names{"GPL-1.0-or-later"});
  CHECK(r.confidence == 0.85);
}

TEST_CASE("prose is recognised, and the words behind a LicenseRef are kept",
          "[license_inventory][extract]") {
  const auto r = extract(text_document("Written by Ann.\nCopyright 2001 Ann\n"
                                       "It is in the public domain.\n"));
  CHECK(r.format == document_format::free_form);
  CHECK(r.licences == names{"LicenseRef-public-domain"});
  CHECK(r.holders == names{"Ann"});
  CHECK_THAT(r.texts.at("LicenseRef-public-domain"),
             ContainsSubstring("It is in the public domain."));
}

TEST_CASE("what reading noted becomes a doubt",
          "[license_inventory][extract]") {
  auto d = text_document("licensed under the Apache License, Version 2.0");
  d.notes = {"not valid UTF-8; read as Latin-1"};
  CHECK(extract(d).doubts == d.notes);
}

TEST_CASE("garbage becomes a valid record without confidence",
          "[license_inventory][extract]") {
  std::string noise;
  for (int i = 0; i < 100'000; ++i)
    noise += static_cast<char>((i * 7919) >> 3);
  const auto text = GENERATE_REF(
    std::string{}, std::string(1 << 20, 'x'), latin1_to_utf8(noise),
    std::string(50'000, '\n') + "License: \nFiles: *\n",
    "Files: *\nLicense: " + std::string(100'000, '('),
    "Format: dep5\n\nFiles: *\nLicense: " + std::string(5000, 'n') + "\n");
  const auto r = extract(text_document(text));
  CHECK(r.confidence <= 0.5);
  CHECK_FALSE(r.doubts.empty());
  CHECK(r.doubts.size() <= 20);
  CHECK(nlohmann::json(r).dump().size() < 100'000);
}

TEST_CASE("nine in ten of this machine's documents are understood",
          "[license_inventory][extract]") {
  const std::filesystem::path root = "/usr/share/doc";
  if (!std::filesystem::is_directory(root))
    return; // not a Debian machine
  std::size_t read = 0;
  std::size_t understood = 0;
  for (const auto& ref : find_documents(root)) {
    const auto r = extract(read_document(ref));
    CHECK(nlohmann::json(r).get<record>() == r);
    ++read;
    understood += r.confidence >= enough_confidence ? 1U : 0U;
  }
  CHECK(understood * 10 >= read * 9);
}

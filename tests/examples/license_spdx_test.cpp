#include "01_license_inventory/spdx.hpp"
#include "01_license_inventory/spdx_names.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

using namespace license_inventory;
using json = nlohmann::ordered_json;

namespace {

spdx_document_info info() {
  return {.document_namespace = "https://example.org/spdx/1",
          .created
          = std::chrono::system_clock::time_point{} + std::chrono::hours{24}};
}

record package(std::string name, std::string licence, std::string text = {}) {
  record r{.package = name,
           .source = "/usr/share/doc/" + name + "/copyright",
           .licences = {licence},
           .holders = {"Ann"},
           .texts = {},
           .confidence = 1,
           .doubts = {},
           .decided_by = {}};
  if (!text.empty())
    r.texts.emplace(licence, text);
  return r;
}

/// The members SPDX 2.3's schema allows and demands for an object.
void check_members(const json& object, const std::set<std::string>& required,
                   const std::set<std::string>& optional) {
  for (const auto& name : required)
    CHECK(object.contains(name));
  for (const auto& [name, value] : object.items()) {
    INFO(name);
    CHECK((required.contains(name) || optional.contains(name)));
    CHECK_FALSE((value.is_string() && value.get<std::string>().empty()));
  }
}

bool is_id(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) && text.size() > prefix.size()
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '.' || c == '-';
            });
}

} // namespace

TEST_CASE("the document has what SPDX 2.3 demands",
          "[license_inventory][spdx]") {
  const auto d
    = spdx_document({package("libstdc++6", "MIT"),
                     package("odd name\xC3\xA9", "LicenseRef-x", "do it"),
                     package("empty", "LicenseRef-textless")},
                    info());
  check_members(d,
                {"spdxVersion", "SPDXID", "name", "dataLicense", "creationInfo",
                 "documentNamespace", "packages", "relationships"},
                {"hasExtractedLicensingInfos"});
  CHECK(d["spdxVersion"] == "SPDX-2.3");
  CHECK(d["SPDXID"] == "SPDXRef-DOCUMENT");
  CHECK(d["dataLicense"] == "CC0-1.0");
  check_members(d["creationInfo"], {"created", "creators"},
                {"licenseListVersion"});
  CHECK(d["creationInfo"]["created"] == "1970-01-02T00:00:00Z");
  REQUIRE(d["packages"].size() == 3);
  REQUIRE(d["relationships"].size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& p = d["packages"][i];
    check_members(p, {"SPDXID", "name", "downloadLocation"},
                  {"filesAnalyzed", "licenseConcluded", "licenseDeclared",
                   "copyrightText", "sourceInfo", "licenseComments"});
    CHECK(is_id(p["SPDXID"], "SPDXRef-"));
    const auto& r = d["relationships"][i];
    check_members(
      r, {"spdxElementId", "relatedSpdxElement", "relationshipType"}, {});
    CHECK(r["relatedSpdxElement"] == p["SPDXID"]);
    CHECK(r["relationshipType"] == "DESCRIBES");
  }
}

TEST_CASE("every LicenseRef in use is explained", "[license_inventory][spdx]") {
  const auto d = spdx_document(
    {package("a", "LicenseRef-x", "one"), package("b", "LicenseRef-y")},
    info());
  std::set<std::string> explained;
  for (const auto& i : d["hasExtractedLicensingInfos"]) {
    check_members(i, {"licenseId", "extractedText"}, {"name"});
    CHECK(is_id(i["licenseId"], "LicenseRef-"));
    explained.insert(i["licenseId"]);
  }
  for (const auto& p : d["packages"])
    for (const auto& licence :
         licences_in(p["licenseDeclared"].get<std::string>()))
      CHECK(explained.contains(licence));
}

TEST_CASE("two texts under one name become two references, one text stays one",
          "[license_inventory][spdx]") {
  const auto d = spdx_document({package("c", "LicenseRef-x", "one"),
                                package("a", "LicenseRef-x", "one"),
                                package("b", "LicenseRef-x", "two")},
                               info());
  CHECK(d["packages"][0]["licenseDeclared"] == "LicenseRef-x");
  CHECK(d["packages"][1]["licenseDeclared"] == "LicenseRef-x-2");
  CHECK(d["packages"][2]["licenseDeclared"] == "LicenseRef-x");
  CHECK(d["hasExtractedLicensingInfos"].size() == 2);
}

TEST_CASE("the order of the records does not matter",
          "[license_inventory][spdx]") {
  std::vector<record> records{package("a", "MIT"), package("b", "ISC"),
                              package("b", "Zlib"),
                              package("c", "LicenseRef-x", "t")};
  records[2].source += ".2";
  const auto expected = spdx_document(records, info()).dump();
  std::reverse(records.begin(), records.end());
  CHECK(spdx_document(records, info()).dump() == expected);
  CHECK_THAT(expected, ContainsSubstring("SPDXRef-Package-b-2"));
}

TEST_CASE("a doubtful licence is declared, but not concluded",
          "[license_inventory][spdx]") {
  auto r = package("a", "GPL-1.0-or-later");
  r.confidence = 0.5;
  r.doubts = {"no version"};
  const auto doubtful = spdx_document({r}, info())["packages"][0];
  CHECK(doubtful["licenseConcluded"] == "NOASSERTION");
  CHECK(doubtful["licenseDeclared"] == "GPL-1.0-or-later");
  CHECK(doubtful["licenseComments"] == "no version");
  r.decided_by = "eve";
  const auto decided = spdx_document({r}, info())["packages"][0];
  CHECK(decided["licenseConcluded"] == "GPL-1.0-or-later");
}

TEST_CASE("no records make an empty document", "[license_inventory][spdx]") {
  const auto d = spdx_document({}, info());
  CHECK(d["packages"].empty());
  CHECK_FALSE(d.contains("hasExtractedLicensingInfos"));
}

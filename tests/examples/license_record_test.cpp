#include "01_license_inventory/record.hpp"
#include "support/catch.hpp"

#include <set>
#include <string>

using namespace license_inventory;
using nlohmann::json;

namespace {

record sample() {
  return {.package = "zlib1g",
          .source = "/usr/share/doc/zlib1g/copyright",
          .format = document_format::dep5,
          .licences = {"Zlib", "MIT OR ISC"},
          .holders = {"Ann Author", "J\xC3\xB6rg"},
          .texts = {{"LicenseRef-x", "text"}},
          .confidence = 0.9,
          .doubts = {"none to speak of"},
          .decided_by = "eve"};
}

} // namespace

TEST_CASE("a record survives its JSON", "[license_inventory][record]") {
  CHECK(json(sample()).get<record>() == sample());
  CHECK(json(record{}).get<record>() == record{});
  CHECK(json::parse(json(sample()).dump()).get<record>() == sample());
}

TEST_CASE("nobody's decision is left out of the JSON",
          "[license_inventory][record]") {
  auto r = sample();
  r.decided_by.clear();
  CHECK_FALSE(json(r).contains("decided_by"));
}

TEST_CASE("JSON that is no record is refused", "[license_inventory][record]") {
  CHECK_THROWS_AS(json::object().get<record>(), json::exception);
  CHECK_THROWS_AS(json::array().get<record>(), json::exception);
  auto j = json(sample());
  j["confidence"] = "high";
  CHECK_THROWS_AS(j.get<record>(), json::exception);
}

TEST_CASE("the schema names exactly the members a record has",
          "[license_inventory][record]") {
  const auto& schema = record_schema();
  CHECK(schema["$schema"] == "http://json-schema.org/draft-07/schema#");
  CHECK(schema["additionalProperties"] == false);
  std::set<std::string> in_schema;
  for (const auto& [name, unused] : schema["properties"].items())
    in_schema.insert(name);
  std::set<std::string> in_record;
  const auto j = json(sample());
  for (const auto& [name, unused] : j.items())
    in_record.insert(name);
  CHECK(in_schema == in_record);
  for (const auto& name : schema["required"])
    CHECK(in_record.contains(name.get<std::string>()));
}

TEST_CASE("the schema holds no regular expression",
          "[license_inventory][record]") {
  CHECK(record_schema().dump().find("attern") == std::string::npos);
}

TEST_CASE("equal records have equal digests, others do not",
          "[license_inventory][record]") {
  CHECK(digest_of(sample()) == digest_of(sample()));
  CHECK(digest_of(sample()).size() == 16);
  auto other = sample();
  other.holders.emplace_back("Ben");
  CHECK(digest_of(other) != digest_of(sample()));
}

TEST_CASE("the concluded licence joins all and brackets choices",
          "[license_inventory][record]") {
  auto r = sample();
  CHECK(concluded_licence(r) == "Zlib AND (MIT OR ISC)");
  r.licences = {"MIT OR ISC"};
  CHECK(concluded_licence(r) == "MIT OR ISC");
  r.licences.clear();
  CHECK(concluded_licence(r) == "NOASSERTION");
}

#include "support/catch.hpp"

#include <stanchion/runtime/api/openapi.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <string>

using namespace stanchion;
using nlohmann::json;

namespace {

/// Every `$ref` of a document leads somewhere.
void check_references(const json& whole, const json& part) {
  if (part.is_object() && part.contains("$ref")) {
    const auto to = part.at("$ref").get<std::string>();
    CAPTURE(to);
    REQUIRE(to.starts_with("#"));
    CHECK(whole.contains(json::json_pointer{to.substr(1)}));
  }
  if (part.is_structured())
    for (const auto& each : part)
      check_references(whole, each);
}

} // namespace

TEST_CASE("each route is in the document, and each operation is a route",
          "[runtime][api][openapi]") {
  const auto doc = openapi_document();
  auto routes = std::set<std::string>{};
  auto ids = std::set<std::string>{};
  for (const auto& route : api_routes()) {
    routes.insert(lower_case(route.method) + " " + std::string{route.path});
    CHECK(ids.insert(std::string{route.id}).second);
  }
  auto operations = std::set<std::string>{};
  for (const auto& [path, item] : doc.at("paths").items())
    for (const auto& [method, operation] : item.items()) {
      operations.insert(method + " " + path);
      CHECK(ids.contains(operation.at("operationId").get<std::string>()));
      CHECK_FALSE(operation.at("summary").get<std::string>().empty());
      CHECK(operation.at("responses").contains("default"));
    }
  CHECK(operations == routes);
}

TEST_CASE("the document says what each operation takes",
          "[runtime][api][openapi]") {
  const auto doc = openapi_document();
  for (const auto& route : api_routes()) {
    CAPTURE(route.id);
    const auto& operation = doc.at("paths")
                              .at(std::string{route.path})
                              .at(lower_case(route.method));
    auto queries = std::set<std::string>{};
    auto parts = std::size_t{0};
    for (const auto& x : operation.value("parameters", json::array())) {
      if (x.value("in", "") == "query")
        queries.insert(x.at("name").get<std::string>());
      parts += x.value("in", "") == "path" ? 1 : 0;
    }
    auto known = std::set<std::string>{};
    for (const auto name : names_in(route.query))
      known.emplace(name);
    CHECK(queries == known);
    CHECK(parts
          == static_cast<std::size_t>(
            std::count(route.path.begin(), route.path.end(), '{')));
    CHECK(operation.contains("requestBody") == !route.members.empty());
    CHECK((operation.value("security", json{}) == json::array())
          == (route.needs == access::anybody));
    CHECK(operation.at("responses").contains(std::to_string(route.status)));
  }
}

TEST_CASE("the document refers to nothing that is not there",
          "[runtime][api][openapi]") {
  const auto doc = openapi_document();
  check_references(doc, doc);
  CHECK(doc.at("openapi") == "3.1.0");
  CHECK(doc.at("components").at("securitySchemes").at("token").at("scheme")
        == "bearer");
}

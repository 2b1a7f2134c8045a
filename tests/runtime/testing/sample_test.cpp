#include "support/catch.hpp"

#include <stanchion/core/schema.hpp>
#include <stanchion/runtime/testing/detail/sample.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

TEST_CASE("a sampled value fits its schema", "[runtime][testing]") {
  const auto* text = GENERATE(
    R"({"type":"object","required":["id","cents"],"properties":
        {"id":{"type":"string","minLength":12},
         "cents":{"type":"integer","minimum":5,"maximum":9}}})",
    R"({"type":"array","minItems":2,"items":{"enum":["a","b"]}})",
    R"({"type":"number","exclusiveMinimum":3})", R"({"const":[1,2]})",
    R"({"type":["boolean","null"]})", R"({"type":"string","maxLength":2})",
    R"({"type":"integer","multipleOf":7,"minimum":1})", "true");
  const auto document = json::parse(text);
  const auto wanted = schema{document};
  const auto chance = seeded_random(5);
  for (auto i = 0; i < 50; ++i) {
    const auto x = detail::sample(document, *chance);
    INFO(x.dump() << " for " << text);
    CHECK(!wanted.check(x));
  }
}

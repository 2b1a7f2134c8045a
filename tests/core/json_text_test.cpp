#include "support/catch.hpp"

#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using nlohmann::json;

TEST_CASE("a member is put where there is text, and as valid UTF-8",
          "[core][json]") {
  auto doc = json::object();
  put_text(doc, "by", "");
  CHECK(doc.empty());
  put_text(doc, "by", "a\xFFz");
  CHECK(text_in(doc, "by") == "a\xEF\xBF\xBDz");
}

TEST_CASE("a member that is no text reads as empty", "[core][json]") {
  const auto doc = json{{"n", 7}, {"by", "ann"}};
  CHECK(text_in(doc, "by") == "ann");
  CHECK(text_in(doc, "n").empty());
  CHECK(text_in(doc, "none").empty());
}

TEST_CASE("a document is told on one line although a text is no UTF-8",
          "[core][json]") {
  const auto doc = json{{"b", "a\xFFz"}, {"a", "1\n2"}};
  CHECK(json_text(doc) == "{\"a\":\"1\\n2\",\"b\":\"a\xEF\xBF\xBDz\"}");
}

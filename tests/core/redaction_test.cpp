#include "support/catch.hpp"

#include <stanchion/core/redaction.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

TEST_CASE("a name that says secret is hidden, however it is written",
          "[core][redaction]") {
  const auto hide = redaction{{"card number"}};
  const auto [name, hidden] = GENERATE(table<std::string, bool>({
    {"password", true},
    {"Password", true},
    {"db_password", true},
    {"password2", true},
    {"apiKey", true},
    {"APIKey", true},
    {"X-Api-Key", true},
    {"api.key", true},
    {"API_KEY", true},
    {"accessToken", true},
    {"accesstoken", true},
    {"client_secret", true},
    {"Authorization", true},
    {"Set-Cookie", true},
    {"privateKey", true},
    {"cardNumber", true},
    {"CARD_NUMBER", true},
    {"key", false},
    {"tokens", false},
    {"max_tokens", false},
    {"author", false},
    {"card", false},
    {"number", false},
    {"public_key", false},
    {"", false},
  }));
  CAPTURE(name);
  CHECK(hide.hides(name) == hidden);
}

TEST_CASE("a secret in a text is found by how it looks or is named",
          "[core][redaction]") {
  const auto hide = redaction{};
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
    {"Bearer abcDEF123.456", "Bearer [redacted]"},
    {"sent 'bearer  s3cr3t' to it", "sent 'bearer  [redacted]' to it"},
    {"Basic dXNlcjpwYXNz", "Basic [redacted]"},
    {"key sk-proj-0123456789abcdef.", "key [redacted]"},
    {"(ghp_0123456789abcdefABCD)", "([redacted])"},
    {"id AKIAIOSFODNN7EXAMPLE used", "id [redacted] used"},
    {"jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi.sig", "jwt [redacted]"},
    {"GET /a?api_key=k1&x=2", "GET /a?api_key=[redacted]&x=2"},
    {"password: hunter2, next", "password: [redacted], next"},
    {R"({"password": "two words", "a": 1})",
     R"({"password": [redacted], "a": 1})"},
    {R"(\"apiKey\":\"k1\",\"a\":1)", R"(\"apiKey\":[redacted],\"a\":1)"},
    {"Authorization: Digest a=1, b=2\nHost: h",
     "Authorization: [redacted]\nHost: h"},
    {"Set-Cookie: a=1; Path=/", "Set-Cookie: [redacted]"},
    {"https://ann:pw@host/x", "https://[redacted]@host/x"},
    {"-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY----- ok",
     "[redacted] ok"},
  }));
  CAPTURE(text);
  CHECK(hide.text(text) == expected);
}

TEST_CASE("what is no secret stays", "[core][redaction]") {
  const auto text = GENERATE(
    std::string{"the bearer of bad news"}, std::string{"task-force-of-twelve"},
    std::string{"desk-reference-0123456789"}, std::string{"sk-short"},
    std::string{"no answer within 30s"}, std::string{"https://host/a@b"},
    std::string{"tokens: 12"}, std::string{"basic needs"}, std::string{"€ ü"});
  CHECK(redaction{}.text(text) == text);
}

TEST_CASE("a document loses its secrets and nothing else",
          "[core][redaction]") {
  auto doc = json::parse(R"({
    "user": "ann", "password": "p", "n": 7,
    "headers": {"Authorization": {"scheme": "x", "value": "y"}, "Host": "h"},
    "list": ["Bearer abcdef123456", {"token": 42}, null],
    "cookie": null})");
  redaction{}.apply(doc);
  CHECK(doc == json::parse(R"({
    "user": "ann", "password": "[redacted]", "n": 7,
    "headers": {"Authorization": "[redacted]", "Host": "h"},
    "list": ["Bearer [redacted]", {"token": "[redacted]"}, null],
    "cookie": null})"));
}

#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/notifier/signature.hpp>
#include <stanchion/core/error.hpp>

#include <string>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto t0 = instant{1'767'225'600'900ms};
constexpr auto plain = "a key that only the two of us know";
constexpr auto encoded = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

} // namespace

// The signatures were made with `openssl dgst -sha256 -hmac`, and with Python.
TEST_CASE("a message is signed as Standard Webhooks does", "[notifier]") {
  const auto [secret, expected] = GENERATE(table<std::string, std::string>({
    {plain, "QxhT+X8G59CnCoxLCwxgjwEGfDKBsb3T3gZVP8t6I98="},
    {encoded, "6kepU6WS93gr6gkZxX9Kw75p8lZXTg8Ssts75uZ8njA="},
  }));
  const auto headers = signed_headers(signing_key(secret),
                                      "T-1.ticket_opened.1", t0, R"({"a":1})");
  CHECK(headers.at("webhook-id") == "T-1.ticket_opened.1");
  CHECK(headers.at("webhook-timestamp") == "1767225600");
  CHECK(headers.at("webhook-signature") == "v1," + expected);
}

TEST_CASE("another body, id or time has another signature", "[notifier]") {
  const auto of
    = [](const std::string& id, instant at, const std::string& body) {
        return signed_headers(plain, id, at, body).at("webhook-signature");
      };
  const auto one = of("a", t0, "b");
  CHECK(of("a", t0, "b") == one);
  CHECK(of("a", t0, "c") != one);
  CHECK(of("x", t0, "b") != one);
  CHECK(of("a", t0 + 1s, "b") != one);
}

TEST_CASE("without a key there is no signature", "[notifier]") {
  const auto headers = signed_headers({}, "a", t0, "b");
  CHECK_FALSE(headers.contains("webhook-signature"));
  CHECK(headers.size() == 2);
}

TEST_CASE("a secret that protects nothing is refused", "[notifier]") {
  const auto secret = GENERATE("too short", "whsec_AAEC", "whsec_no base64!");
  const auto why = refused([&] { static_cast<void>(signing_key(secret)); });
  CHECK(why.code == error_code::invalid_spec);
  CHECK(why.text.find(secret) == std::string::npos);
}

#include "support/catch.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/core/secret.hpp>

#include <nlohmann/json.hpp>

#include <cstdlib>

using namespace stanchion;

namespace {

/// Secrets by the names `db` and `short`.
secret_vault vault() {
  return secret_vault{[](std::string_view name) -> std::optional<std::string> {
    if (name == "db")
      return "hunter\"2/x";
    return name == "short" ? std::optional<std::string>{"12345"} : std::nullopt;
  }};
}

std::string refusal(const value& arguments,
                    const std::vector<secret_place>& allowed) {
  auto it = vault();
  try {
    return it.reveal(arguments, allowed).dump();
  } catch (const error& e) {
    return e.what();
  }
}

} // namespace

TEST_CASE("a secret takes the place where it is allowed", "[core][secret]") {
  auto it = vault();
  auto list = json::array({1, secret("db").get()});
  const auto shown
    = args("password", secret("db"), "a/b", value{std::move(list)});
  CHECK(shown.get().at("password") == json{{"$secret", "db"}});
  const auto x = it.reveal(shown, {{"/password", "db"}, {"/a~1b/1", "db"}});
  CHECK(x["password"].as_string() == "hunter\"2/x");
  CHECK(x["a/b"][1].as_string() == "hunter\"2/x");
}

TEST_CASE("a secret is refused where it is not allowed, or is none",
          "[core][secret]") {
  const auto asked = args("to", secret("db"));
  CHECK_THAT(refusal(asked, {}), ContainsSubstring("may not stand at \"/to\""));
  CHECK_THAT(refusal(asked, {{"/password", "db"}}),
             ContainsSubstring("may not stand at \"/to\""));
  CHECK_THAT(refusal(asked, {{"/to", "other"}}),
             ContainsSubstring("may not stand"));
  CHECK_THAT(refusal(args("a", secret("gone")), {{"/a", "gone"}}),
             ContainsSubstring("there is no secret \"gone\""));
  CHECK_THAT(refusal(args("a", secret("short")), {{"/a", "short"}}),
             ContainsSubstring("fewer than 6 bytes"));
}

TEST_CASE("what only looks like a secret stays as it is", "[core][secret]") {
  const auto* text = GENERATE(R"({"$secret":7})", R"({"$secret":"db","x":1})",
                              R"({"a":"$secret"})", "[]", "null");
  CHECK(refusal(value{json::parse(text)}, {}) == text);
}

TEST_CASE("what was handed out is hidden in texts and answers",
          "[core][secret]") {
  auto it = vault();
  CHECK(it.hide(std::string{"hunter\"2/x"}) == "hunter\"2/x");
  static_cast<void>(it.reveal(args("p", secret("db")), {{"/p", "db"}}));
  CHECK(it.hide(std::string{"a hunter\"2/x b hunter\"2/x"})
        == "a [redacted] b [redacted]");
  CHECK(it.hide(std::string{R"({"p":"hunter\"2/x"})"})
        == R"({"p":"[redacted]"})");
  const auto doc
    = json{{"in", {"hunter\"2/x!", 1}}, {"hunter\"2/x", {{"deep", true}}}};
  const auto answer
    = it.hide(outcome{value{doc}.with_source("cache").with_confidence(0.5)});
  CHECK(answer.get().get()
        == json{{"in", {"[redacted]!", 1}}, {"[redacted]", {{"deep", true}}}});
  CHECK(answer.get().source() == "cache");
  CHECK(answer.get().confidence() == 0.5);
}

TEST_CASE("of a failure also what looks like a secret is hidden",
          "[core][secret]") {
  const auto it = vault();
  const auto cause = failure{.message = "api_key=abcdefgh"};
  const auto hidden
    = it.hide(failure{.message = "401 for Bearer abcdefgh",
                      .code = "Bearer abcdefgh",
                      .cause = std::make_shared<const failure>(cause)});
  CHECK(hidden.message == "401 for Bearer [redacted]");
  CHECK(hidden.code == "Bearer [redacted]");
  CHECK(hidden.cause->message == "api_key=[redacted]");
}

TEST_CASE("a secret of the environment has a name of its own",
          "[core][secret]") {
  ::setenv("STANCHION_SECRET_DB_MAIN", "from outside", 1);
  CHECK(environment_secret("db-main") == "from outside");
  CHECK(environment_secret("DB_MAIN") == "from outside");
  CHECK(!environment_secret("db"));
  ::unsetenv("STANCHION_SECRET_DB_MAIN");
}

#include "support/catch.hpp"

#include <stanchion/cli/printing.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace stanchion;

namespace {

struct fixture {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  terminal io{in, out, err};
};

} // namespace

TEST_CASE_METHOD(fixture, "a table's columns are as wide as their content",
                 "[cli]") {
  print(out, {.heads = {"A", "LONG", "C"},
              .rows = {{"ä€", "x", ""}, {"\x1b[31mred\x1b[0m", "y", "z"}}});
  CHECK(out.str() == "A    LONG  C\nä€   x\n\x1b[31mred\x1b[0m  y     z\n");
}

TEST_CASE("nothing that is printed can move the cursor", "[cli]") {
  const auto [text, line, plain]
    = GENERATE(table<std::string, std::string, std::string>({
      {"a\nb\tc", "a b c", "a\nb c"},
      {"\x1b[2J", "?[2J", "?[2J"},
      {"\xc2\x9b"
       "2J",
       "?2J", "?2J"}, // the same in one character
      {"a\rb\x7f", "a?b?", "a?b?"},
      {"grüße", "grüße", "grüße"},
    }));
  CHECK(one_line(text) == line);
  CHECK(plain_text(text) == plain);
}

TEST_CASE("nothing that is printed shows in another order than it stands",
          "[cli]") {
  const auto* text = GENERATE("\u202e", "\u2066", "\u2069", "\u200f", "\u061c",
                              "\u2028", "\u200b", "\ufeff", "\u206f");
  CHECK(one_line(std::string{"pay "} + text + "007") == "pay ?007");
  CHECK(plain_text(std::string{text}) == "?");
  CHECK(one_line("प्र\u200dदेश – “ok” ‹€›") == "प्र\u200dदेश – “ok” ‹€›");
}

TEST_CASE("short documents stay on one line", "[cli]") {
  CHECK(pretty({{"a", 1}}) == R"({"a":1})");
  CHECK_THAT(pretty({{"a", std::string(100, 'x')}}),
             StartsWith("{\n  \"a\": \"x"));
}

TEST_CASE_METHOD(fixture, "lists are printed as they are asked for", "[cli]") {
  const auto [format, text] = GENERATE(table<output_format, std::string>({
    {output_format::table, ""},
    {output_format::ids, "1\n2\n"},
    {output_format::jsonl, "{\"id\":\"1\"}\n{\"id\":\"2\"}\n"},
    {output_format::json,
     "{\n  \"xs\": [\n    {\n      \"id\": \"1\"\n    },\n    {\n      \"id\": "
     "\"2\"\n    }\n  ]\n}\n"},
  }));
  const auto words = invocation{.format = format};
  const auto setup = std::function<void(runtime&)>{};
  const auto x = command_context{words, io, setup};
  const auto list = json{{"xs", {{{"id", "1"}}, {{"id", "2"}}}}};
  CHECK(print_list(x, list, "xs") == (format != output_format::table));
  CHECK(out.str() == text);
}

TEST_CASE_METHOD(fixture, "errors are for people or for programs", "[cli]") {
  print_error(io, output_format::table, "bin/prog", error_code::unknown_run,
              "gone\x1b");
  CHECK(err.str() == "prog: E-RUN-002: gone?\n");
  err.str("");
  print_error(io, output_format::json, "prog", error_code::unknown_run, "gone");
  const auto doc = json::parse(err.str());
  CHECK(doc.at("code") == "E-RUN-002");
  CHECK(doc.at("status") == 404);
  CHECK(doc.at("detail") == "gone");
  CHECK(doc.at("type") == "urn:stanchion:E-RUN-002");
}

TEST_CASE("a record's line says when, where and what", "[cli]") {
  const auto [record, line] = GENERATE(table<std::string, std::string>({
    {R"({"at":"2026-01-02T03:04:05.678901Z","kind":"attempt","step":"5.1",
         "body":{"n":2}})",
     "03:04:05.678  step 5.1  attempt  2"},
    {R"({"at":"2026-01-02T03:04:05.678901Z","kind":"failed",
         "body":{"failure":{"kind":"timeout","message":"slow"}}})",
     "03:04:05.678  run  failed  timeout: slow"},
    {R"({"at":"2026-01-02T03:04:05.678901Z","kind":"survived"})",
     "03:04:05.678  run  survived"},
    {R"({"at":"odd","kind":"patch","body":"text"})", "odd  run  patch"},
  }));
  CHECK(record_line(json::parse(record)) == line);
}

TEST_CASE("times of another day say so", "[cli]") {
  const auto now = *parse_rfc3339("2026-01-02T10:00:00Z");
  CHECK(short_time({{"at", "2026-01-02T03:04:05.6Z"}}, "at", now)
        == "03:04:05");
  CHECK(short_time({{"at", "2026-01-01T03:04:05.6Z"}}, "at", now)
        == "2026-01-01 03:04:05");
  CHECK(short_time({{"at", "odd"}}, "at", now).empty());
}

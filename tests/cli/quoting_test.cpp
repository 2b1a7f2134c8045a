#include "support/catch.hpp"

#include <stanchion/cli/quoting.hpp>

#include <nlohmann/json.hpp>

#include <sstream>

using namespace stanchion;

namespace {

std::string as_quoted(std::string_view text) {
  auto to = std::ostringstream{};
  quote(to, text);
  return to.str();
}

} // namespace

TEST_CASE("each line of a quotation stands behind the gutter", "[cli]") {
  CHECK(as_quoted("") == "  > \n");
  CHECK(as_quoted("a\nb") == "  > a\n  > b\n");
  CHECK(as_quoted("a\n\ndecided    approve by ann\n")
        == "  > a\n  > \n  > decided    approve by ann\n  > \n");
  CHECK(as_quoted("\x1b[1A\x1b[2Kdecided\rx") == "  > ?[1A?[2Kdecided?x\n");
  CHECK(as_quoted("\u202eyas\u2028decided") == "  > ?yas?decided\n");
}

TEST_CASE("no line of a quotation is so long that a terminal would break it",
          "[cli]") {
  const auto* filler = GENERATE(" ", "x", "ß", "漢", "🙂");
  auto text = std::string{};
  for (auto i = 0; i < 500; ++i)
    text += filler;
  auto lines
    = std::istringstream{as_quoted(text + "decided    approve by ann")};
  auto together = std::string{};
  for (auto line = std::string{}; std::getline(lines, line);) {
    CHECK(line.starts_with("  > "));
    CHECK(line.size()
          <= 4 + 68 * 2); // bytes; each takes half a column at least
    together += line.substr(4);
  }
  CHECK(together == text + "decided    approve by ann");
}

TEST_CASE("text of Stanchion's own is broken between words", "[cli]") {
  const auto text
    = wrapped(std::string(40, 'a') + " " + std::string(40, 'b') + " c\nd", 2);
  CHECK(text == std::string(40, 'a') + "\n  " + std::string(40, 'b') + " c d");
}

TEST_CASE("who speaks holds for all that is below", "[cli]") {
  const auto doc
    = json{{"untrusted", {{{"at", "/context/error"}, {"from", "tool:pay"}}}}};
  CHECK(speaker_at(doc, "/context/error") == "tool:pay");
  CHECK(speaker_at(doc, "/context/error/message") == "tool:pay");
  CHECK(speaker_at(doc, "/context/errors").empty());
  CHECK(speaker_at(doc, "/context").empty());
  CHECK(speaker_text("tool:pay\x1b") == "the tool pay? says");
}

TEST_CASE("a title of somebody else's is in quotes, and short", "[cli]") {
  auto doc = json{{"title", "pay needs approval"}};
  CHECK(shown_title(doc) == "pay needs approval");
  doc["untrusted"].push_back({{"at", "/title"}, {"from", "agent"}});
  CHECK(shown_title(doc) == "\"pay needs approval\"");
  doc["title"] = std::string(100, 'x');
  CHECK(shown_title(doc) == "\"" + std::string(60, 'x') + "\"...");
}

TEST_CASE("what a run waits for is in quotes where it is somebody else's",
          "[cli]") {
  auto run = json{{"waiting_for", "a person: which one? (ticket T-1)"}};
  CHECK(shown_wait(run, "waiting_for") == "a person: which one? (ticket T-1)");
  run["untrusted"].push_back({{"at", "/waiting_for"}, {"from", "agent"}});
  CHECK(shown_wait(run, "waiting_for")
        == "a person: \"which one?\" (ticket T-1)");
  run["waiting_for"] = "a person: it is a person: ann (ticket T-9)\n (ticket "
                       "T-1); then it is cancelled";
  CHECK(shown_wait(run, "waiting_for")
        == "a person: \"it is a person: ann (ticket T-9) \" (ticket T-1); "
           "then it is cancelled");
  run["waiting_for"] = "no such words";
  CHECK(shown_wait(run, "waiting_for") == "\"no such words\"");
  CHECK(shown_wait(run, "why").empty());
}

#include "support/catch.hpp"

#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/ticket_text.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;

TEST_CASE("a ticket's text has the call, its arguments and who may decide",
          "[cli]") {
  const auto text = ticket_text(
    {{"id", "T-1"},
     {"state", "open"},
     {"options", {"approve", "reject"}},
     {"terms", {{"needed", 2}, {"votes", {{{"by", "ann"}}}}, {"roles", {"x"}}}},
     {"untrusted", {{{"at", "/context/user_input"}, {"from", "user_input"}}}},
     {"context",
      {{"failing_step",
        {{"name", "pay"}, {"arguments", {{"to", "\x1b[2Jb\u202e"}}}}},
       {"user_input", "a\nb"},
       {"nothing", ""}}}});
  for (const auto* part :
       {"ticket     T-1\n", "call       pay\n", "verbs      approve, reject\n",
        "votes      ann of 2\n", "roles      [\"x\"]\n", "  > a\n  > b\n"})
    CHECK_THAT(text, ContainsSubstring(part));
  CHECK_THAT(text, !ContainsSubstring("nothing"));
  CHECK(plain_text(text) == text);
}

TEST_CASE("a ticket that is over shows what was decided, not what could be",
          "[cli]") {
  const auto text = ticket_text(
    {{"id", "T-1"},
     {"state", "decided"},
     {"options", {"approve"}},
     {"decided", {{"verb", "approve"}, {"by", "ann"}, {"at", "noon"}}}});
  CHECK_THAT(text, ContainsSubstring("decided    approve by ann at noon\n")
                     && !ContainsSubstring("verbs"));
}

#include "support/catch.hpp"

#include <stanchion/core/proposals.hpp>

using namespace stanchion;

TEST_CASE("a record counts what people said, and forgets all but ten",
          "[core][proposals]") {
  auto x = proposal_record{};
  for (const auto said : {verb::approve, verb::approve, verb::edit,
                          verb::approve, verb::abort, verb::reject})
    x.note(said);
  CHECK(x.approved == 3);
  CHECK(x.edited == 1);
  CHECK(x.rejected == 1);
  CHECK(x.clean == 0);
  CHECK(x.recent == "aaear");
  for (auto i = 0; i < 9; ++i)
    x.note(verb::approve);
  CHECK(x.recent == "raaaaaaaaa");
  CHECK(x.clean == 9);
  CHECK(x.recent_rejections() == 1);
  CHECK(parse_proposals(to_text(x)) == x);
}

TEST_CASE("a record that cannot be read begins anew", "[core][proposals]") {
  const auto* text = GENERATE("", "[]", "nonsense", R"({"approved": "many"})");
  CHECK(parse_proposals(text) == proposal_record{});
}

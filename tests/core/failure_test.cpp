#include "support/catch.hpp"

#include <stanchion/core/failure.hpp>

using namespace stanchion;

namespace {

failure lost_answer() {
  return {.kind = failure_kind::timeout,
          .effect = side_effect::unknown,
          .message = "no answer in 30s",
          .attempts = 3};
}

} // namespace

TEST_CASE("a failure is one line for people", "[core][failure]") {
  CHECK(to_string(lost_answer())
        == "timeout (side effect unknown) after 3 attempts: no answer in 30s");
}

TEST_CASE("code and wait are told when there are any", "[core][failure]") {
  const failure x{.kind = failure_kind::rate_limited,
                  .effect = side_effect::none,
                  .message = "slow down",
                  .retry_after = 2s,
                  .code = "429",
                  .attempts = 1};
  CHECK(to_string(x)
        == "rate_limited (side effect none) after 1 attempt [429]: slow down; "
           "retry after 2s");
}

TEST_CASE("the causes follow, the nearest first", "[core][failure]") {
  auto top = failure{.kind = failure_kind::crashed, .message = "actor died"};
  auto middle = lost_answer();
  middle.cause = std::make_shared<const failure>(
    failure{.kind = failure_kind::network, .effect = side_effect::none});
  top.cause = std::make_shared<const failure>(middle);
  CHECK(to_string(top)
        == "crashed (side effect unknown): actor died; caused by timeout (side "
           "effect unknown) after 3 attempts: no answer in 30s; caused by "
           "network (side effect none)");
}

TEST_CASE("a message of many lines stays on one", "[core][failure]") {
  const failure x{.effect = side_effect::none, .message = "a\nb\r\n\tc"};
  CHECK(to_string(x) == "internal (side effect none): a b   c");
}

TEST_CASE("each kind belongs to one family", "[core][failure]") {
  auto [kind, category] = GENERATE(table<failure_kind, failure_category>({
    {failure_kind::timeout, failure_category::tool},
    {failure_kind::schema_violation, failure_category::tool},
    {failure_kind::crashed, failure_category::tool},
    {failure_kind::conflict, failure_category::tool},
    {failure_kind::malformed_output, failure_category::model},
    {failure_kind::bad_arguments, failure_category::model},
    {failure_kind::refused, failure_category::model},
    {failure_kind::loop_detected, failure_category::workflow},
    {failure_kind::cancelled, failure_category::workflow},
    {failure_kind::internal, failure_category::workflow},
    {failure_kind::permission_denied, failure_category::user_data},
    {failure_kind::invalid_input, failure_category::user_data},
    {failure_kind::not_found, failure_category::user_data},
  }));
  CHECK(category_of(kind) == category);
}

TEST_CASE("errors carry the failure they were made of", "[core][failure]") {
  const step_error thrown{lost_answer()};
  CHECK(thrown.why().kind == failure_kind::timeout);
  CHECK(std::string{thrown.what()} == to_string(lost_answer()));
  const auto copy = thrown;
  CHECK(copy.what() == thrown.what()); // shared: a copy cannot fail

  const tool_error declined{failure_kind::conflict, side_effect::none, "busy"};
  CHECK(declined.why().kind == failure_kind::conflict);
  CHECK(declined.why().effect == side_effect::none);
  CHECK(std::string{declined.what()} == "busy");
  CHECK(tool_error{lost_answer()}.why().attempts == 3);
}

#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

value nested(std::size_t levels) {
  return value{
    json::parse(std::string(levels, '[') + std::string(levels, ']'))};
}

task<json> passes(agent_context& ctx, value input) {
  auto x = co_await ctx.call("echo", input);
  co_return x.get();
}

} // namespace

TEST_CASE("an input of 64 levels comes back, one of 65 is refused at once",
          "[runtime][deep]") {
  const auto dir = temporary_dir{};
  auto rt = runtime{config{.data_dir = dir.path()}};
  rt.add(tool{"echo", effect::idempotent,
              [](const value& x, tool_context&) -> json { return x.get(); }}
           .input(any())
           .output(any())
           .run_inline());
  rt.add(agent{"passes", "1", passes});
  rt.start();
  const auto id = rt.submit({.agent = "passes", .input = nested(64)}).id;
  CHECK(rt.wait(id, 10s).state == run_state::completed);
  CHECK(rt.result(id).get() == nested(64));
  try {
    rt.submit({.agent = "passes", .input = nested(65)});
    FAIL("accepted");
  } catch (const error& e) {
    CHECK(e.code() == error_code::invalid_json);
    CHECK_THAT(e.what(), ContainsSubstring("deeper than 64 levels"));
  }
}

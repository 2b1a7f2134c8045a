#include "support/catch.hpp"
#include "support/paths.hpp"

#include <stanchion/core/event.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;

namespace {

std::string content_of(const std::filesystem::path& file) {
  auto in = std::ifstream{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// All sources that may publish.
std::string publishers() {
  auto all = std::string{};
  for (const auto* folder : {"supervisors", "actors", "runtime"})
    for (const auto& file :
         std::filesystem::recursive_directory_iterator{source_dir() / folder})
      if (file.path().extension() == ".cpp")
        all += content_of(file.path());
  return all;
}

std::vector<std::string> names() {
  const auto none = to_string(event_kind{63});
  auto result = std::vector<std::string>{};
  for (auto n = 1U; n < 63; ++n)
    if (const auto name = to_string(static_cast<event_kind>(n)); name != none)
      result.emplace_back(name);
  return result;
}

} // namespace

TEST_CASE("every event is published somewhere, and described",
          "[core][event]") {
  const auto sources = publishers();
  const auto page = content_of(source_dir() / "docs" / "telemetry.md");
  REQUIRE(names().size() > 30);
  for (const auto& name : names()) {
    INFO(name);
    CHECK(sources.find("event_kind::" + name) != std::string::npos);
    CHECK(page.find("`" + name + "`") != std::string::npos);
  }
}

TEST_CASE("a set of kinds holds what was put in", "[core][event]") {
  auto some = event_kinds{event_kind::run_ended, event_kind::replay_differed};
  CHECK(some.contains(event_kind::run_ended));
  CHECK(some.contains(event_kind::replay_differed));
  CHECK_FALSE(some.contains(event_kind::step_asked));
  some.add(event_kinds{event_kind::step_asked});
  CHECK(some.contains(event_kind::step_asked));
  CHECK(event_kinds::all().contains(event_kind::step_ended));
  CHECK_FALSE(event_kinds{}.contains(event_kind::run_submitted));
}

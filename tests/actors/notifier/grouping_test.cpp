#include "actors/notifier/notice_samples.hpp"
#include "support/catch.hpp"

#include <stanchion/actors/notifier/grouping.hpp>

using namespace stanchion;
using namespace stanchion::test;

namespace {

struct fixture {
  void add(const std::string& id, const std::string& group = "g",
           notice_kind what = notice_kind::ticket_opened,
           const std::string& message = {}) {
    auto x = notice{.id = id, .what = what, .at = t0, .group = group};
    it.add({.channel = "c", .content = x, .message = message});
  }

  /// The ids of the next message at `t0 + after`; "-" for none.
  std::string next(duration after) {
    const auto found = it.next(t0 + after);
    if (!found)
      return "-";
    auto ids = std::string{};
    for (const auto& x : found->content.about)
      ids += (ids.empty() ? "" : " ") + x.id;
    return found->sealed ? found->content.id + ": " + ids : ids;
  }

  grouping it{30s};
};

} // namespace

TEST_CASE_METHOD(fixture,
                 "the first of a group goes at once, the next together",
                 "[notifier]") {
  add("1");
  CHECK(it.due(t0) == t0);
  CHECK(next(0s) == "1");
  CHECK_FALSE(it.due(t0));
  for (const auto* id : {"2", "3", "4"})
    add(id);
  CHECK(next(29s) == "-");
  CHECK(it.due(t0 + 29s) == t0 + 30s);
  CHECK(it.waiting() == 3);
  CHECK(next(30s) == "2 3 4");
  add("5");
  CHECK(next(59s) == "-"); // a summary begins a window, too
  CHECK(next(60s) == "5");
}

TEST_CASE_METHOD(fixture, "one group does not wait for another", "[notifier]") {
  add("1");
  add("a", "other");
  CHECK(next(0s) == "1");
  add("2");
  CHECK(next(1s) == "a");
  CHECK(next(1s) == "-");
  CHECK(next(30s) == "2");
}

TEST_CASE_METHOD(fixture, "within a group the order stays", "[notifier]") {
  add("1");
  CHECK(next(0s) == "1");
  add("2");
  add("2 over", "g", notice_kind::ticket_decided);
  add("3");
  CHECK(next(1s) == "-"); // the end waits for its beginning
  CHECK(next(30s) == "2");
  CHECK(next(30s) == "2 over");
  CHECK(next(30s) == "-");
  CHECK(next(60s) == "3");
}

TEST_CASE_METHOD(fixture, "what comes twice is told once", "[notifier]") {
  add("1");
  add("1");
  CHECK(next(0s) == "1");
  add("1");
  CHECK(next(1h) == "-");
  it.forget("1");
  add("1");
  CHECK(next(1h) == "1");
}

TEST_CASE_METHOD(fixture, "a message of before stays as it was", "[notifier]") {
  add("1", "g", notice_kind::ticket_opened, "1.and.1");
  add("3");
  add("2", "g", notice_kind::ticket_opened, "1.and.1");
  CHECK(it.waiting() == 3);
  CHECK(it.due(t0) == t0);
  CHECK(next(0s) == "1.and.1: 1 2");
  CHECK(next(0s) == "3");
}

TEST_CASE("without a window each goes as it comes", "[notifier]") {
  auto it = grouping{0s};
  for (const auto* id : {"1", "2"}) {
    it.add({.channel = "c",
            .content = {.id = id, .at = t0, .group = "g"},
            .message = {}});
    const auto found = it.next(t0);
    REQUIRE(found);
    CHECK(found->content.id == id);
  }
}

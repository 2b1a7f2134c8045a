#include "support/catch.hpp"

#include <stanchion/core/id.hpp>
#include <stanchion/core/random.hpp>

#include <set>
#include <unordered_set>

using namespace stanchion;

namespace {

constexpr instant noon = from_micros(1'769'860'800'250'500);

} // namespace

TEST_CASE("a new id has version 7, the variant and its millisecond",
          "[core][id]") {
  const auto random = seeded_random(1);
  const auto id = make_uuid(noon, *random);
  CHECK((id.bytes[6] >> 4U) == 7);
  CHECK((id.bytes[8] >> 6U) == 2);
  std::uint64_t millis = 0;
  for (std::size_t i = 0; i < 6; ++i)
    millis = millis << 8U | id.bytes[i];
  CHECK(millis == 1'769'860'800'250);
}

TEST_CASE("ids sort by the microsecond of their making", "[core][id]") {
  const auto random = seeded_random(1);
  auto before = make_uuid(noon, *random);
  for (int i = 1; i < 3000; ++i) {
    const auto id = make_uuid(noon + i * 1us, *random);
    REQUIRE(before < id);
    before = id;
  }
}

TEST_CASE("ids of one instant differ by chance", "[core][id]") {
  const auto random = seeded_random(1);
  std::unordered_set<uuid> seen;
  for (int i = 0; i < 1000; ++i)
    seen.insert(make_uuid(noon, *random));
  CHECK(seen.size() == 1000);
}

TEST_CASE("an instant before 1970 still makes an id", "[core][id]") {
  const auto random = seeded_random(1);
  const auto id = make_uuid(from_micros(-5), *random);
  CHECK(id.bytes[0] == 0);
  CHECK_FALSE(id.nil());
}

TEST_CASE("a derived id is determined by its input", "[core][id]") {
  CHECK(derived_uuid(3, 4) == derived_uuid(3, 4));
  const auto id = derived_uuid(3, 4);
  CHECK((id.bytes[6] >> 4U) == 8);
  CHECK((id.bytes[8] >> 6U) == 2);
}

TEST_CASE("derived ids differ in whichever bit the input does", "[core][id]") {
  std::set<uuid> seen{derived_uuid(0, 0)};
  for (unsigned bit = 0; bit < 64; ++bit) {
    seen.insert(derived_uuid(std::uint64_t{1} << bit, 0));
    seen.insert(derived_uuid(0, std::uint64_t{1} << bit));
  }
  CHECK(seen.size() == 129);
}

TEST_CASE("an id reads back from its text", "[core][id]") {
  const std::string text = "0194b2f7-12ab-7cde-8f01-23456789abcd";
  const auto id = parse_uuid(text);
  REQUIRE(id);
  CHECK(to_string(*id) == text);
  CHECK(parse_uuid("0194B2F7-12AB-7CDE-8F01-23456789ABCD") == id);
}

TEST_CASE("what is no id is not read", "[core][id]") {
  const auto text = GENERATE(
    as<std::string>{}, "", "0194b2f7-12ab-7cde-8f01-23456789abc",
    "0194b2f7-12ab-7cde-8f01-23456789abcde",
    "0194b2f7-12ab-7cde-8f01-23456789abcg",
    "0194b2f7012ab-7cde-8f01-23456789abcd",
    "{194b2f7-12ab-7cde-8f01-23456789abcd", "0194b2f712ab7cde8f0123456789abcd");
  CHECK_FALSE(parse_uuid(text));
}

TEST_CASE("only the zero id is nil", "[core][id]") {
  CHECK(uuid{}.nil());
  CHECK_FALSE(derived_uuid(0, 0).nil());
}

TEST_CASE("an idempotency key names run, step and revision", "[core][id]") {
  CHECK(idempotency_key(uuid{}, "5.2.1", 3)
        == "00000000-0000-0000-0000-000000000000/5.2.1/3");
}

TEST_CASE("a ticket's id is short, plain and the same in every replay",
          "[core][id]") {
  const auto run = derived_uuid(1, 2);
  const auto id = ticket_id(run, "5", 0);
  CHECK(id == ticket_id(run, "5", 0));
  CHECK(id.size() == 18);
  CHECK(id.substr(0, 2) == "T-");
  CHECK(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 2)
        == std::string::npos);
}

TEST_CASE("tickets of different steps, runs and revisions differ",
          "[core][id]") {
  std::set<std::string> seen;
  for (std::uint64_t run = 0; run < 10; ++run)
    for (int step = 0; step < 10; ++step)
      for (std::uint32_t revision = 0; revision < 10; ++revision)
        seen.insert(
          ticket_id(derived_uuid(0, run), std::to_string(step), revision));
  CHECK(seen.size() == 1000);
}

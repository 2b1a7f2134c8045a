#include "support/catch.hpp"

#include <stanchion/core/effect.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/wait_reason.hpp>

#include <set>
#include <string>

using namespace stanchion;

namespace {

constexpr unsigned past_all_enumerators = 64;

template <class Enum>
bool has_name(Enum x) {
  return to_string(x) != to_string(static_cast<Enum>(past_all_enumerators));
}

/// Whether there are names, and none stands for two enumerators.
template <class Enum>
bool names_are_distinct() {
  std::set<std::string_view> names;
  std::size_t named = 0;
  for (unsigned n = 0; n < past_all_enumerators; ++n)
    if (const auto x = static_cast<Enum>(n); has_name(x)) {
      names.insert(to_string(x));
      ++named;
    }
  return named > 1 && names.size() == named;
}

/// Whether, besides, each name leads back to its enumerator.
template <class Enum, class Parse>
bool names_lead_back(Parse parse) {
  for (unsigned n = 0; n < past_all_enumerators; ++n)
    if (const auto x = static_cast<Enum>(n); has_name(x))
      if (parse(to_string(x)) != x)
        return false;
  return names_are_distinct<Enum>();
}

} // namespace

TEST_CASE("every enumerator that is read has a name of its own",
          "[core][names]") {
  CHECK(names_lead_back<effect>(parse_effect));
  CHECK(names_lead_back<failure_kind>(parse_failure_kind));
  CHECK(names_lead_back<side_effect>(parse_side_effect));
  CHECK(names_lead_back<record_kind>(parse_record_kind));
  CHECK(names_lead_back<run_state>(parse_run_state));
  CHECK(names_lead_back<park_reason>(parse_park_reason));
  CHECK(names_lead_back<wait_reason>(parse_wait_reason));
  CHECK(names_lead_back<ticket_kind>(parse_ticket_kind));
  CHECK(names_lead_back<ticket_state>(parse_ticket_state));
  CHECK(names_lead_back<verb>(parse_verb));
}

TEST_CASE("every enumerator that is only shown has a name of its own",
          "[core][names]") {
  CHECK(names_are_distinct<failure_category>());
  CHECK(names_are_distinct<event_kind>());
  CHECK(names_are_distinct<severity>());
  CHECK(names_are_distinct<error_code>());
}

TEST_CASE("a text that names nothing is not read", "[core][names]") {
  const auto text
    = GENERATE(as<std::string>{}, "", "?", "Once", "once ", "nonsense");
  CHECK_FALSE(parse_effect(text));
  CHECK_FALSE(parse_run_state(text));
  CHECK_FALSE(parse_verb(text));
}

TEST_CASE("the last enumerator is read, too", "[core][names]") {
  CHECK(parse_effect("once") == effect::once);
  CHECK(parse_failure_kind("internal") == failure_kind::internal);
  CHECK(parse_run_state("continued") == run_state::continued);
  CHECK(parse_park_reason("store_damaged") == park_reason::store_damaged);
}

TEST_CASE("names are the words of the vocabulary", "[core][names]") {
  CHECK(to_string(effect::read_only) == "read_only");
  CHECK(to_string(failure_kind::http_5xx) == "http_5xx");
  CHECK(to_string(run_state::compensating) == "compensating");
  CHECK(to_string(verb::did_not_happen) == "did_not_happen");
  CHECK(to_string(error_code::store_in_use) == "E-STORE-001");
}

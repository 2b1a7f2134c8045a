#include "support/catch.hpp"

#include <stanchion/core/effect.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/record.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/ticket.hpp>

#include <set>
#include <string>

using namespace stanchion;

namespace {

constexpr unsigned past_all_enumerators = 64;

/// Counts the enumerators whose name leads back to them, each name only once.
template <class Enum, class Parse>
std::size_t names_that_lead_back(Parse parse) {
  std::set<std::string_view> names;
  for (unsigned n = 0; n < past_all_enumerators; ++n) {
    const auto x = static_cast<Enum>(n);
    if (parse(to_string(x)) == x)
      names.insert(to_string(x));
  }
  return names.size();
}

template <class Enum>
std::size_t distinct_names() {
  std::set<std::string_view> names;
  for (unsigned n = 0; n < past_all_enumerators; ++n)
    names.insert(to_string(static_cast<Enum>(n)));
  return names.size() - 1; // the one for numbers without a name
}

} // namespace

TEST_CASE("every enumerator that is read has a name of its own",
          "[core][names]") {
  CHECK(names_that_lead_back<effect>(parse_effect) == 4);
  CHECK(names_that_lead_back<failure_kind>(parse_failure_kind) == 28);
  CHECK(names_that_lead_back<side_effect>(parse_side_effect) == 3);
  CHECK(names_that_lead_back<record_kind>(parse_record_kind) == 20);
  CHECK(names_that_lead_back<run_state>(parse_run_state) == 9);
  CHECK(names_that_lead_back<park_reason>(parse_park_reason) == 15);
  CHECK(names_that_lead_back<ticket_kind>(parse_ticket_kind) == 4);
  CHECK(names_that_lead_back<ticket_state>(parse_ticket_state) == 4);
  CHECK(names_that_lead_back<verb>(parse_verb) == 10);
}

TEST_CASE("every enumerator that is only shown has a name of its own",
          "[core][names]") {
  CHECK(distinct_names<failure_category>() == 4);
  CHECK(distinct_names<event_kind>() == 39);
  CHECK(distinct_names<severity>() == 5);
  CHECK(distinct_names<error_code>() == 19);
}

TEST_CASE("a text that names nothing is not read", "[core][names]") {
  const auto text
    = GENERATE(as<std::string>{}, "", "?", "Once", "once ", "nonsense");
  CHECK_FALSE(parse_effect(text));
  CHECK_FALSE(parse_run_state(text));
  CHECK_FALSE(parse_verb(text));
}

TEST_CASE("names are the words of the vocabulary", "[core][names]") {
  CHECK(to_string(effect::read_only) == "read_only");
  CHECK(to_string(failure_kind::http_5xx) == "http_5xx");
  CHECK(to_string(run_state::compensating) == "compensating");
  CHECK(to_string(verb::did_not_happen) == "did_not_happen");
  CHECK(to_string(error_code::store_in_use) == "E-STORE-001");
}

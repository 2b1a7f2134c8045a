#pragma once

#include <stanchion/runtime/testing/campaign.hpp>
#include <stanchion/runtime/testing/detail/scenario.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

/// Counting what simulated systems came to.
namespace stanchion::detail {

using nlohmann::json;

/// A report with nothing in it but the names of what is counted.
[[nodiscard]] campaign_report empty_report(const scenario& s);
/// Adds a system; one that broke a promise becomes a failure that is not
/// shrunk.
void add(campaign_report& to, const scenario& s, const outcome_of_plan& x);
/// Adds what another process counted.
void merge(campaign_report& to, const json& from);
/// What this process counted, for another one.
[[nodiscard]] json to_json(const campaign_report& x);
/// Says what is missing.
void judge(campaign_report& x, const campaign_options& options);
/// The faults that fired, as rules that fire at a count.
[[nodiscard]] std::string fired_text(const faults& rules,
                                     const std::set<fired_fault>& fired);

} // namespace stanchion::detail

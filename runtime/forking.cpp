#include <stanchion/actors/run/history.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/runtime/forking.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

/// People may have had it undone by a run of its own.
void look_for_reviews(store& in, std::vector<past_act>& acts) {
  for (auto& x : acts) {
    const auto id = review_ticket_id(x.run, x.step, x.revision);
    const auto undo = in.find_run(detail::undo_agent_name, id);
    x.undone = x.undone || (undo && undo->state == run_state::completed);
  }
}

audit_entry audit_of(const fork_wish& wish, const run_row& origin,
                     const forking& x) {
  auto after = json{{"run", to_string(x.row.id)},
                    {"at", x.plan.origin.at},
                    {"version", x.row.version},
                    {"effects", x.plan.origin.acts.size()}};
  return {.at = x.row.created,
          .by = wish.by.empty() ? "somebody" : wish.by,
          .act = "run.fork",
          .subject = to_string(origin.id),
          .reason = wish.reason,
          .before = json{{"state", to_string(origin.state)}}.dump(),
          .after = after.dump()};
}

/// The fork that the key leads to already.
std::optional<forking> known_fork(store& in, const run_row& origin,
                                  const fork_wish& wish) {
  if (wish.key.empty())
    return std::nullopt;
  auto known = in.find_run(origin.agent, wish.key);
  if (!known)
    return std::nullopt;
  const auto from = origin_of(in, *known);
  if (!from || from->handed_on || from->run != origin.id)
    throw error{error_code::idempotency_mismatch,
                "key " + wish.key + " was used for run " + to_string(known->id)
                  + ", which is no fork of this one; choose another key"};
  return forking{.row = *std::move(known), .plan = {.origin = *from}};
}

} // namespace

std::optional<fork_origin> origin_of(store& in, const run_row& row) {
  const auto records = in.read(row.number, 0);
  if (records.empty())
    return std::nullopt;
  const auto body = json::parse(records.front().body);
  const auto found = body.find("fork");
  return found == body.end() ? std::nullopt
                             : std::optional{fork_origin_from_json(*found)};
}

fork_plan look_at_fork(store& in, const run_row& origin,
                       const std::optional<step_path>& at, instant now) {
  auto plan = plan_fork(in, origin, at, now);
  look_for_reviews(in, plan.origin.acts);
  return plan;
}

forking prepare_fork(store& in, const run_row& origin, const fork_wish& wish,
                     instant now, random_source& random,
                     const std::function<run_number()>& next_number) {
  if (auto known = known_fork(in, origin, wish))
    return *std::move(known);
  auto x = forking{.plan = look_at_fork(in, origin, wish.at, now)};
  const auto name
    = [&] { return std::pair{make_uuid(now, random), next_number()}; };
  auto& row = x.row;
  std::tie(row.id, row.number) = name();
  row.agent = origin.agent;
  row.version = wish.version.empty() ? origin.version : wish.version;
  row.created = now;
  row.updated = now;
  row.submitter = origin.submitter;
  row.key = wish.key;
  x.content = fork_batch(x.plan, row, name);
  x.content.audits.push_back(audit_of(wish, origin, x));
  return x;
}

} // namespace stanchion

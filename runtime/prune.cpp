#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/run/undo_list.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/runtime/detail/undo_agent.hpp>
#include <stanchion/runtime/prune.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// Rows that are looked at in one go.
constexpr auto page = std::size_t{1'000};

/// Why a family stays; empty if it may go.
using reason = std::string;

struct family {
  std::vector<run_row> rows; ///< parents before their children
  std::vector<run_row> undos;
  std::size_t records = 0;
  std::size_t tickets = 0;
};

class planner {
public:
  planner(store& in, const prune_wish& wish, instant now)
    : in_(in), wish_(wish), now_(now), newest_(in.last_run()) {
    // nop
  }

  prune_plan make() {
    plan_.next = wish_.below;
    auto filter = run_filter{.before = wish_.below, .limit = page};
    const auto rows = in_.list_runs(filter);
    for (const auto& row : rows) {
      if (plan_.runs.size() >= wish_.most)
        return std::move(plan_);
      plan_.next = row.number;
      if (row.parent == 0 && is_terminal(row.state))
        look_at(row);
    }
    if (rows.size() < page)
      plan_.next = 0;
    return std::move(plan_);
  }

private:
  void look_at(const run_row& root) {
    if (root.agent == detail::undo_agent_name && in_.find_ticket(root.key))
      return; // it goes with what it undid
    auto x = family{};
    auto why = reason{};
    try {
      why = read(root, x);
    } catch (const error& e) {
      if (e.code() != error_code::store_damaged)
        throw;
      why = "damaged";
    }
    if (!why.empty()) {
      ++plan_.kept[why];
      return;
    }
    plan_.records += x.records;
    plan_.tickets += x.tickets;
    for (auto i = x.rows.rbegin(); i != x.rows.rend(); ++i)
      plan_.runs.push_back(i->number);
    for (const auto& row : x.undos)
      plan_.runs.push_back(row.number);
  }

  reason read(const run_row& root, family& x) {
    if (root.updated >= wish_.before)
      return "recent"; // spares the rest
    if (auto why = add(root, x.rows, x); !why.empty())
      return why;
    return is_needed(root) ? "undo" : "";
  }

  /// With its children.
  reason add(const run_row& row, std::vector<run_row>& to, family& x) {
    if (auto why = stays(row); !why.empty())
      return why;
    to.push_back(row);
    x.records += in_.read(row.number, 0).size();
    for (const auto& t :
         in_.list_tickets({.run = row.number, .limit = unlimited}))
      if (auto why = add(t, x); !why.empty())
        return why;
    for (const auto& child :
         in_.list_runs({.parent = row.number, .limit = unlimited}))
      if (auto why = add(child, to, x); !why.empty())
        return why;
    return {};
  }

  /// What people want undone is being undone by a run of its own.
  reason add(const ticket& t, family& x) {
    ++x.tickets;
    if (t.state == ticket_state::open)
      return "ticket";
    const auto undoes = t.kind == ticket_kind::review && t.decided
                        && t.decided->verb == verb::undo;
    if (!undoes)
      return {};
    const auto run = in_.find_run(detail::undo_agent_name, t.id);
    return run ? add(*run, x.undos, x) : "undo";
  }

  reason stays(const run_row& row) const {
    const auto& states = wish_.states;
    const auto asked
      = states.empty() || std::ranges::find(states, row.state) != states.end();
    const auto undoes = row.agent == detail::undo_agent_name;
    if (!is_terminal(row.state))
      return "open";
    if (row.updated >= wish_.before)
      return "recent";
    if (!asked && !undoes)
      return "state";
    if (!undoes && !row.key.empty() && row.updated + submit_key_life > now_)
      return "key";
    return row.number == newest_ ? "newest" : "";
  }

  /// Whether what it did is still to be undone if a run ends badly that carries
  /// it on.
  bool is_needed(const run_row& row) {
    return row.state == run_state::continued && leads_to_open(row)
           && !undo_list(row, history{in_.read(row.number, 0)}, in_).empty();
  }

  /// Successors have higher numbers and were looked at before, mostly.
  bool leads_to_open(run_row row) {
    auto chain = std::vector<run_number>{};
    auto open = false;
    for (;;) {
      if (const auto known = leads_.find(row.number); known != leads_.end()) {
        open = known->second;
        break;
      }
      chain.push_back(row.number);
      auto next = successor_of(row);
      if (!next) {
        open = !is_terminal(row.state);
        break;
      }
      row = *std::move(next);
    }
    for (const auto number : chain)
      leads_[number] = open;
    return open;
  }

  std::optional<run_row> successor_of(const run_row& row) {
    if (row.state != run_state::continued)
      return std::nullopt;
    for (const auto& r : in_.read(row.number, 0))
      if (r.kind == record_kind::continued) {
        const auto body = nlohmann::json::parse(r.body);
        if (const auto id = parse_uuid(body.value("run", std::string{})))
          return in_.find_run(*id);
      }
    return std::nullopt;
  }

  store& in_;
  const prune_wish& wish_;
  instant now_;
  run_number newest_;
  prune_plan plan_;
  std::map<run_number, bool> leads_;
};

} // namespace

prune_plan plan_prune(store& in, const prune_wish& wish, instant now) {
  return planner{in, wish, now}.make();
}

} // namespace stanchion

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/ticket_document.hpp>
#include <stanchion/core/unlimited.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/forking.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

namespace {

[[noreturn]] void unknown_run(std::string_view text) {
  throw error{error_code::unknown_run,
              "there is no run " + std::string{text}
                + " in this data directory; `run list` shows what there is"};
}

bool names_ids(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c == '-' || std::isxdigit(c) != 0;
  });
}

/// Newest first, since those are what people ask for. Ids sort by the time they
/// were made: what is clearly older than the text ends the search.
std::vector<run_row> runs_starting_with(store& in, const std::string& text) {
  constexpr auto page = std::size_t{1'000};
  constexpr auto slack
    = std::chrono::hours{1}; // a clock may have been set back
  auto found = std::vector<run_row>{};
  auto first_older = std::optional<instant>{};
  auto filter = run_filter{.limit = page};
  for (;;) {
    const auto rows = in.list_runs(filter);
    for (const auto& row : rows) {
      const auto id = to_string(row.id);
      if (id.starts_with(text))
        found.push_back(row);
      else if (id < text && !first_older)
        first_older = row.created;
      if (first_older && row.created < *first_older - slack)
        return found;
    }
    if (rows.size() < page)
      return found;
    filter.before = rows.back().number;
  }
}

std::vector<run_row> open_children(store& in, run_number of) {
  auto filter = run_filter{.parent = of, .limit = unlimited};
  filter.states = {run_state::queued, run_state::running, run_state::waiting,
                   run_state::parked, run_state::compensating};
  return in.list_runs(filter);
}

std::vector<ticket> open_tickets(store& in, run_number of) {
  return in.list_tickets(
    {.states = {ticket_state::open}, .run = of, .limit = unlimited});
}

/// Of a run and of all its open descendants.
void collect_tickets(store& in, const run_row& row, json& to) {
  for (const auto& t : open_tickets(in, row.number)) {
    const auto all = document_of(t);
    auto& one = to.emplace_back(json::object());
    for (const auto* member : {"id", "title", "summary"})
      one[member] = all.value(member, "");
    one["options"] = all.value("options", json::array());
    for (const auto& each : all.value("untrusted", json::array()))
      if (each.at("at") == "/title")
        one["untrusted"].push_back(each);
  }
  for (const auto& child : open_children(in, row.number))
    collect_tickets(in, child, to);
}

/// Who wrote what the run is said to wait for; empty for Stanchion. Where no
/// ticket vouches for the words they pass for the agent's.
std::string speaker_of_wait(store& in, const run_row& row) {
  if (!row.waiting_for.starts_with("a person: "))
    return {};
  for (const auto& t : open_tickets(in, row.number)) {
    const auto said = row.waiting_for.find("(ticket " + t.id + ")");
    if (said == std::string::npos
        || row.waiting_for.find(t.title) == std::string::npos)
      continue;
    for (const auto& each : foreign_parts(t))
      if (each.at == "/title")
        return each.from;
    return {};
  }
  return "agent";
}

/// The run's document, which says of `members` that they are somebody else's
/// where they repeat what a ticket says.
json document_of(store& in, const run_row& row,
                 std::initializer_list<const char*> members) {
  auto to = json(row);
  if (const auto from = speaker_of_wait(in, row); !from.empty())
    for (const auto* at : members)
      to["untrusted"].push_back({{"at", at}, {"from", from}});
  return to;
}

/// The record that ended a run, as far as the run has ended.
std::optional<record> terminal_record(store& in, const run_row& row) {
  if (!is_terminal(row.state))
    return std::nullopt;
  for (auto& r : in.read(row.number, 0))
    if (is_terminal(r.kind))
      return std::move(r);
  return std::nullopt;
}

std::string why_ended(const record& end, const run_row& row) {
  const auto body = json::parse(end.body);
  switch (end.kind) {
  case record_kind::failed:
    return "failed: " + to_string(failure_from_json(body.at("failure")));
  case record_kind::cancelled:
    return "cancelled: " + body.value("reason", "");
  case record_kind::continued:
    return "carries on as run " + body.value("run", "");
  default:
    return "completed after " + to_text(end.at - row.created);
  }
}

std::string why_open(const run_row& row, instant now) {
  auto text = std::string{to_string(row.state)};
  if (!row.waiting_for.empty())
    text += ": " + row.waiting_for;
  if (!row.next_at)
    return text;
  text += "; goes on by itself at " + to_rfc3339(*row.next_at);
  return *row.next_at > now ? text + " (in " + to_text(*row.next_at - now) + ")"
                            : text;
}

void add_ending(json& to, const record& end) {
  const auto body = json::parse(end.body);
  to["ended"] = to_rfc3339_micros(end.at);
  for (const auto* member : {"result", "failure", "reason"})
    if (const auto found = body.find(member); found != body.end())
      to[member] = *found;
  if (end.kind == record_kind::continued)
    to["continued_as"] = body.value("run", "");
}

/// The run that an ended one carries on as.
std::optional<run_number> successor_of(store& in, const run_row& row) {
  if (row.state != run_state::continued)
    return std::nullopt;
  const auto end = terminal_record(in, row);
  const auto id
    = end ? parse_uuid(json::parse(end->body).value("run", "")) : std::nullopt;
  const auto next = id ? in.find_run(*id) : std::nullopt;
  return next ? std::optional{next->number} : std::nullopt;
}

} // namespace

error unreadable(const record& r, const std::exception& why) {
  return {error_code::store_damaged,
          "record " + std::to_string(r.seq) + " of run " + std::to_string(r.run)
            + " cannot be read: " + why.what() + "; run `journal verify`"};
}

run_row resolve_run(store& in, std::string_view text) {
  if (const auto id = parse_uuid(text)) {
    if (auto row = in.find_run(*id))
      return std::move(*row);
    unknown_run(text);
  }
  constexpr auto least = std::size_t{8};
  if (text.size() < least || !names_ids(text))
    throw error{error_code::usage,
                "\"" + std::string{text}
                  + "\" names no run: an id is needed, or at "
                    "least its first 8 characters"};
  auto lower = std::string{text};
  std::transform(
    lower.begin(), lower.end(), lower.begin(),
    [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  auto found = runs_starting_with(in, lower);
  if (found.empty())
    unknown_run(text);
  if (found.size() == 1)
    return std::move(found.front());
  auto why = std::to_string(found.size()) + " runs start with "
             + std::string{text} + ", among them " + to_string(found[0].id)
             + " and " + to_string(found[1].id) + "; write more of the id";
  throw error{error_code::usage, why};
}

json run_list(store& in, const run_filter& f) {
  const auto rows = in.list_runs(f);
  auto runs = json::array();
  for (const auto& row : rows)
    runs.push_back(document_of(in, row, {"/waiting_for"}));
  auto page = json{{"runs", std::move(runs)}};
  if (rows.size() == f.limit && !rows.empty())
    page["next"] = rows.back().number;
  return page;
}

json run_document(store& in, const run_row& row, instant now,
                  const people_watch::predicate& left_alone) {
  auto to = document_of(in, row, {"/waiting_for", "/why"});
  if (const auto from = origin_of(in, row); from && !from->handed_on) {
    to["forked_from"]["run"] = to_string(from->run);
    if (!from->at.empty())
      to["forked_from"]["at"] = from->at;
  }
  if (const auto end = terminal_record(in, row)) {
    to["why"] = why_ended(*end, row);
    to["settled"] = true;
    add_ending(to, *end);
    return to;
  }
  to["why"] = why_open(row, now);
  to["settled"] = waits_for_people(in, row, left_alone);
  auto tickets = json::array();
  collect_tickets(in, row, tickets);
  if (!tickets.empty())
    to["tickets"] = std::move(tickets);
  return to;
}

json ticket_list(store& in, const ticket_query& q) {
  auto filter = ticket_filter{.states = q.states,
                              .limit = q.limit,
                              .reason = q.reason,
                              .kind = q.kind,
                              .agent = q.agent,
                              .tool = q.tool,
                              .assignee = q.assignee,
                              .after = q.after};
  if (!q.run.empty())
    filter.run = resolve_run(in, q.run).number;
  const auto found = in.list_tickets(filter);
  auto tickets = json::array();
  for (const auto& t : found)
    tickets.push_back(document_of(t));
  auto page = json{{"tickets", std::move(tickets)}};
  if (found.size() == q.limit && !found.empty())
    page["next"] = found.back().number;
  return page;
}

json audit_list(store& in, const audit_filter& f) {
  const auto found = in.list_audits(f);
  auto entries = json::array();
  for (const auto& x : found)
    entries.push_back(x);
  auto page = json{{"entries", std::move(entries)}};
  if (found.size() == f.limit && !found.empty())
    page["next"] = found.back().number;
  return page;
}

std::string gist_of(const json& document) {
  auto gist = json::object();
  for (const auto* member :
       {"state", "waiting_for", "version", "decided", "role", "expires",
        "revoked", "breaker", "agent", "decides_as"})
    if (const auto found = document.find(member); found != document.end())
      gist[member] = *found;
  return canonical(gist, wrapping_limits);
}

std::string gist_of(const ticket& x) {
  auto gist = json{{"state", to_string(x.state)}, {"version", x.version}};
  if (x.decided)
    gist["decided"] = *x.decided;
  return canonical(gist, wrapping_limits);
}

ticket require_ticket(store& in, std::string_view id) {
  if (auto t = in.find_ticket(id))
    return std::move(*t);
  throw error{error_code::unknown_ticket,
              "there is no ticket " + std::string{id}
                + " in this data directory; `ticket list` shows those that are "
                  "open"};
}

ticket retry_ticket(store& in, const run_row& row) {
  const auto open = open_tickets(in, row.number);
  const auto takes_retry = [](const ticket& t) {
    return std::find(t.options.begin(), t.options.end(), verb::retry)
           != t.options.end();
  };
  const auto found = std::find_if(open.begin(), open.end(), takes_retry);
  if (found != open.end())
    return *found;
  const auto about
    = "run " + to_string(row.id) + " is " + std::string{to_string(row.state)};
  throw error{error_code::run_conflict,
              is_terminal(row.state)
                ? about
                    + " and has ended: only `run fork` goes on from what it did"
              : open.empty()
                ? about
                    + " and has no open ticket, so that there is nothing to "
                      "retry; `run show` says why it stands"
                : about + ", but its ticket " + open.front().id
                    + " does not take retry; `ticket show` says what it takes"};
}

json tree_document(const tree_node& from) {
  auto to = json{{"name", from.name}, {"kind", from.kind}};
  if (!from.state.empty())
    to["state"] = from.state;
  if (!from.detail.empty())
    to["detail"] = from.detail;
  if (from.restarts != 0)
    to["restarts"] = from.restarts;
  if (from.next_at)
    to["next_at"] = to_rfc3339_micros(*from.next_at);
  for (const auto& child : from.children)
    to["children"].push_back(tree_document(child));
  return to;
}

json follow_run(store& in, const run_row& start, const follower& f,
                const std::function<void()>& pause,
                const people_watch::predicate& left_alone) {
  auto people = people_watch{in, left_alone};
  auto number = start.number;
  auto next = f.from;
  for (;;) {
    // The row first: records of an ended run are then all there.
    const auto row = in.find_run(number);
    if (!row)
      unknown_run(to_string(start.id));
    for (const auto& r : in.read(number, next)) {
      next = r.seq + 1;
      if (f.on_record)
        f.on_record(json(r));
    }
    if (const auto successor = successor_of(in, *row)) {
      number = *successor;
      next = 0;
      continue;
    }
    if (is_terminal(row->state)
        || (f.until == follow_until::settled && people.waits_for_people(*row)))
      return run_document(in, *row, system_clock().now(), left_alone);
    if (f.keep_going && !f.keep_going())
      return {};
    pause();
  }
}

} // namespace stanchion

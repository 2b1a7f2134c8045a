#include <stanchion/actors/journal/consistency.hpp>
#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>

namespace stanchion {

namespace {

using guard = std::lock_guard<std::mutex>;

/// Takes the lock. It is held for about a microsecond: to be put to sleep and
/// woken costs many times that.
std::unique_lock<std::mutex> lock_soon(std::mutex& x) {
  constexpr auto tries = 200;
  auto lock = std::unique_lock{x, std::try_to_lock};
  for (auto i = 0; !lock.owns_lock() && i < tries; ++i)
    static_cast<void>(lock.try_lock());
  if (!lock.owns_lock())
    lock.lock();
  return lock;
}

[[noreturn]] void conflict(const std::string& what) {
  throw error{error_code::run_conflict,
              what + "; nothing of the commit was written"};
}

template <class T>
bool any_or_contains(const std::vector<T>& xs, const T& x) {
  return xs.empty() || std::ranges::find(xs, x) != xs.end();
}

bool matches(const run_filter& f, const run_row& x) {
  return any_or_contains(f.states, x.state)
         && (f.agent.empty() || f.agent == x.agent)
         && (f.parent == 0 || f.parent == x.parent);
}

/// Empty names fit any.
bool is_about(const ticket& x, const std::string& agent,
              const std::string& tool) {
  if (agent.empty() && tool.empty())
    return true;
  const auto is = subject_of_context(x.context);
  return (agent.empty() || is.agent == agent)
         && (tool.empty() || is.tool == tool);
}

bool matches(const ticket_filter& f, const ticket& x) {
  return any_or_contains(f.states, x.state) && (f.run == 0 || f.run == x.run)
         && (!f.tree || x.run == 0) && (!f.reason || x.reason == *f.reason)
         && (!f.kind || x.kind == *f.kind)
         && (f.assignee.empty() || f.assignee == x.terms.assignee)
         && is_about(x, f.agent, f.tool);
}

bool matches(const audit_filter& f, const audit_entry& x) {
  return (f.before == 0 || x.number < f.before)
         && (f.subject.empty() || f.subject == x.subject)
         && (f.by.empty() || f.by == x.by);
}

/// A new run's row before the batch that brought it is complete.
run_row as_queued(run_row x) {
  x.state = run_state::queued;
  x.waiting_for.clear();
  x.next_at.reset();
  x.updated = x.created;
  return x;
}

/// The part of `x` that applies with its first `count` records, fewer than
/// all. `known` says whether a run has a row already.
template <class Known>
batch cut(const batch& x, std::size_t count, Known known) {
  batch result;
  const auto middle = x.records.begin() + static_cast<std::ptrdiff_t>(count);
  result.records.assign(x.records.begin(), middle);
  const auto of = [](run_number run) {
    return [run](const record& r) { return r.run == run; };
  };
  const auto begun = [&](run_number run) {
    return std::any_of(x.records.begin(), middle, of(run));
  };
  const auto complete = [&](run_number run) {
    return begun(run) && std::none_of(middle, x.records.end(), of(run));
  };
  for (const auto& row : x.runs) {
    if (complete(row.number))
      result.runs.push_back(row);
    else if (begun(row.number) && !known(row.number))
      result.runs.push_back(as_queued(row));
  }
  std::ranges::copy_if(x.tickets, std::back_inserter(result.tickets),
                       [&](const ticket& t) { return complete(t.run); });
  return result;
}

} // namespace

// -- faults ------------------------------------------------------------------

void memory_store::fail_commits(commit_fault how, std::size_t count) {
  const guard lock{mutex_};
  fault_ = how;
  failing_commits_ = count;
}

void memory_store::fail_reopens(std::size_t count) {
  const guard lock{mutex_};
  failing_reopens_ = count;
}

// -- history -----------------------------------------------------------------

std::vector<record> memory_store::records_in_order() const {
  const guard lock{mutex_};
  std::vector<record> result;
  for (const auto& x : history_)
    result.insert(result.end(), x.records.begin(), x.records.end());
  return result;
}

std::vector<std::size_t> memory_store::batch_ends() const {
  const guard lock{mutex_};
  std::vector<std::size_t> result;
  std::size_t total = 0;
  for (const auto& x : history_)
    result.push_back(total += x.records.size());
  return result;
}

std::unique_ptr<memory_store> memory_store::prefix(std::size_t count) const {
  const guard lock{mutex_};
  auto result = make_memory_store();
  const auto known
    = [&](run_number run) { return result->runs_.contains(run); };
  for (const auto& x : history_) {
    if (count < x.records.size()) {
      if (count > 0)
        result->apply(cut(x, count, known));
      break;
    }
    count -= x.records.size();
    result->apply(x);
  }
  return result;
}

// -- writing -----------------------------------------------------------------

commit_status memory_store::commit(std::span<const batch* const> xs) {
  std::vector<batch> copies;
  copies.reserve(xs.size());
  for (const auto* x : xs)
    copies.push_back(*x);
  const auto lock = lock_soon(mutex_);
  if (broken_)
    return commit_status::io_error;
  const auto failing = failing_commits_ > 0;
  if (failing && fault_ != commit_fault::lost_answer)
    return fail();
  require_new_records(xs);
  require_new_names(xs);
  for (auto& x : copies)
    apply(std::move(x));
  if (failing)
    return fail();
  problem_.clear();
  return commit_status::done;
}

commit_status memory_store::fail() {
  --failing_commits_;
  if (fault_ == commit_fault::full) {
    problem_ = "the store was told to be full";
    return commit_status::full;
  }
  broken_ = true;
  problem_ = "the store was told to break";
  return commit_status::io_error;
}

bool memory_store::reopen() {
  const guard lock{mutex_};
  if (failing_reopens_ > 0) {
    --failing_reopens_;
    return false;
  }
  broken_ = false;
  problem_.clear();
  return true;
}

std::string memory_store::problem() {
  const guard lock{mutex_};
  return problem_;
}

void memory_store::require_new_records(std::span<const batch* const> xs) const {
  std::vector<std::pair<run_number, std::uint32_t>> fresh;
  for (const auto* x : xs)
    for (const auto& r : x->records)
      fresh.emplace_back(r.run, r.seq);
  std::ranges::sort(fresh);
  const auto twice = std::ranges::adjacent_find(fresh);
  const auto stored = std::ranges::find_if(fresh, [this](const auto& x) {
    const auto i = records_.find(x.first);
    return i != records_.end() && i->second.contains(x.second);
  });
  const auto bad = twice != fresh.end() ? twice : stored;
  if (bad != fresh.end())
    conflict("run " + std::to_string(bad->first) + " already has a record "
             + std::to_string(bad->second));
}

void memory_store::require_new_names(std::span<const batch* const> xs) const {
  std::unordered_map<run_id, run_number> ids;
  std::map<agent_key, run_number> keys;
  const auto claim
    = [](const auto& stored, auto& fresh, const auto& name, run_number run) {
        const auto i = stored.find(name);
        return (i == stored.end() || i->second == run)
               && fresh.emplace(name, run).first->second == run;
      };
  for (const auto* x : xs) {
    for (const auto& row : x->runs) {
      if (!claim(by_id_, ids, row.id, row.number))
        conflict("another run has the id " + to_string(row.id));
      const auto key = agent_key{row.agent, row.key};
      if (!row.key.empty() && !claim(by_key_, keys, key, row.number))
        conflict("another run of agent '" + row.agent + "' has the key '"
                 + row.key + "'");
    }
  }
}

void memory_store::apply(batch x) {
  const auto& kept = history_.emplace_back(std::move(x));
  for (const auto& r : kept.records) {
    auto& of_run = records_[r.run];
    of_run.emplace_hint(of_run.end(), r.seq, &r);
  }
  for (const auto& row : kept.runs)
    put(row);
  for (const auto& t : kept.tickets)
    put(t);
  for (const auto& f : kept.facts)
    put(f);
  for (const auto& a : kept.audits) {
    audits_.push_back(a);
    audits_.back().number = audits_.size();
  }
  for (const auto run : kept.prunes)
    prune(run);
}

void memory_store::prune(run_number run) {
  const auto found = runs_.find(run);
  const auto holds = [run](const ticket& t) {
    return t.run == run && t.state == ticket_state::open;
  };
  if (found == runs_.end() || !is_terminal(found->second.state)
      || run == runs_.rbegin()->first || std::ranges::any_of(tickets_, holds))
    return;
  by_id_.erase(found->second.id);
  by_key_.erase(agent_key{found->second.agent, found->second.key});
  runs_.erase(found);
  records_.erase(run);
  std::erase_if(tickets_, [run](const ticket& t) { return t.run == run; });
  ticket_index_.clear();
  for (auto i = std::size_t{0}; i < tickets_.size(); ++i)
    ticket_index_.emplace(tickets_[i].id, i);
}

void memory_store::put(const run_row& x) {
  if (const auto old = runs_.find(x.number); old != runs_.end()) {
    by_id_.erase(old->second.id);
    by_key_.erase(agent_key{old->second.agent, old->second.key});
  }
  by_id_[x.id] = x.number;
  if (!x.key.empty())
    by_key_[agent_key{x.agent, x.key}] = x.number;
  if (is_terminal(x.state))
    open_.erase(x.number);
  else
    open_.insert(x.number);
  runs_.insert_or_assign(x.number, x);
}

void memory_store::put(const ticket& x) {
  const auto [i, fresh] = ticket_index_.emplace(x.id, tickets_.size());
  if (fresh)
    tickets_.push_back(x);
  else
    tickets_[i->second] = x;
  tickets_[i->second].number = i->second + 1;
}

void memory_store::put(const fact& x) {
  if (x.text.empty())
    facts_.erase(x.key);
  else
    facts_.insert_or_assign(x.key, x.text);
}

// -- reading -----------------------------------------------------------------

std::vector<record> memory_store::read(run_number run, std::uint32_t from) {
  const guard lock{mutex_};
  std::vector<record> result;
  const auto xs = records_.find(run);
  if (xs == records_.end())
    return result;
  auto i = xs->second.lower_bound(from);
  for (; i != xs->second.end(); ++i)
    result.push_back(*i->second);
  require_no_gap(run, from, result);
  return result;
}

std::optional<run_row> memory_store::find_run(run_number number) {
  const guard lock{mutex_};
  const auto i = runs_.find(number);
  return i == runs_.end() ? std::nullopt : std::optional{i->second};
}

std::optional<run_row> memory_store::find_run(const run_id& id) {
  const guard lock{mutex_};
  const auto i = by_id_.find(id);
  return i == by_id_.end() ? std::nullopt : std::optional{runs_.at(i->second)};
}

std::optional<run_row> memory_store::find_run(std::string_view agent,
                                              std::string_view key) {
  const guard lock{mutex_};
  const auto i = by_key_.find(agent_key{agent, key});
  return i == by_key_.end() ? std::nullopt : std::optional{runs_.at(i->second)};
}

std::vector<run_row> memory_store::list_runs(const run_filter& f) {
  const guard lock{mutex_};
  std::vector<run_row> result;
  auto i = std::make_reverse_iterator(
    f.before == 0 ? runs_.end() : runs_.lower_bound(f.before));
  for (; i != runs_.rend() && result.size() < f.limit; ++i)
    if (matches(f, i->second))
      result.push_back(i->second);
  return result;
}

void memory_store::each_open_run(
  const std::function<void(const run_row&)>& each) {
  std::vector<run_row> open;
  {
    const guard lock{mutex_};
    for (const auto number : open_)
      open.push_back(runs_.at(number));
  }
  std::ranges::for_each(open, each);
}

run_number memory_store::last_run() {
  const guard lock{mutex_};
  return runs_.empty() ? 0 : runs_.rbegin()->first;
}

std::optional<ticket> memory_store::find_ticket(std::string_view id) {
  const guard lock{mutex_};
  const auto i = ticket_index_.find(std::string{id});
  return i == ticket_index_.end() ? std::nullopt
                                  : std::optional{tickets_[i->second]};
}

std::vector<ticket> memory_store::list_tickets(const ticket_filter& f) {
  const guard lock{mutex_};
  std::vector<ticket> result;
  // A ticket's number is its place, counted from 1.
  for (auto i = f.after; i < tickets_.size() && result.size() < f.limit; ++i)
    if (matches(f, tickets_[i]))
      result.push_back(tickets_[i]);
  return result;
}

std::string memory_store::find_fact(std::string_view key) {
  const guard lock{mutex_};
  const auto i = facts_.find(key);
  return i == facts_.end() ? std::string{} : i->second;
}

std::vector<fact> memory_store::list_facts(std::string_view prefix) {
  const guard lock{mutex_};
  std::vector<fact> result;
  for (auto i = facts_.lower_bound(prefix);
       i != facts_.end() && i->first.starts_with(prefix); ++i)
    result.push_back({i->first, i->second});
  return result;
}

std::vector<audit_entry> memory_store::list_audits(const audit_filter& f) {
  const guard lock{mutex_};
  std::vector<audit_entry> result;
  for (auto x = audits_.rbegin();
       x != audits_.rend() && result.size() < f.limit; ++x)
    if (matches(f, *x))
      result.push_back(*x);
  return result;
}

void memory_store::remember(std::string_view text) {
  const guard lock{mutex_};
  remembered_ = text;
}

std::string memory_store::remembered() {
  const guard lock{mutex_};
  return remembered_;
}

verify_report memory_store::verify() {
  const guard lock{mutex_};
  verify_report report;
  const auto add = [&](run_number run, std::string what) {
    if (!what.empty())
      report.damages.push_back({run, std::move(what)});
  };
  const auto id_of = [&](run_number run) {
    const auto i = runs_.find(run);
    return i == runs_.end() ? nullptr : &i->second.id;
  };
  std::map<run_number, run_digest> digests;
  for (const auto& [run, xs] : records_) {
    for (const auto& [seq, x] : xs)
      add(run, digests[run].add(seq, x->kind));
    report.records += xs.size();
    if (!runs_.contains(run))
      add(run, "the run has records but no row");
  }
  for (const auto& [run, row] : runs_)
    add(run, digests[run].compare(row));
  for (const auto& x : tickets_)
    add(x.run, compare(x, id_of(x.run)));
  report.runs = runs_.size();
  report.tickets = tickets_.size();
  return report;
}

std::unique_ptr<memory_store> make_memory_store() {
  return std::make_unique<memory_store>();
}

} // namespace stanchion

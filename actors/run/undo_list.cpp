#include <stanchion/actors/run/undo_list.hpp>
#include <stanchion/core/canonical.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <utility>

namespace stanchion {

namespace {

using done_step = std::pair<step_path, const recorded_step*>;

bool in_order(const done_step& x, const done_step& y) {
  return x.second->done_at > y.second->done_at;
}

/// What was done last comes first.
std::vector<done_step> done_steps(const history& past) {
  auto all = std::vector<done_step>{};
  const auto add = [&](const step_path& path, const recorded_step& s) {
    // What it has of the run that it was forked from, that run did.
    if (s.done_at != 0 && s.done_at >= past.inherited && !is_undo(path))
      all.emplace_back(path, &s);
  };
  for (const auto& [path, s] : past.steps)
    add(path, s);
  for (const auto& [path, s] : past.own)
    add(path, s);
  std::sort(all.begin(), all.end(), in_order);
  return all;
}

json result_of(const history& past, const step_path& path) {
  const auto delivered
    = std::find_if(past.deliveries.begin(), past.deliveries.end(),
                   [&path](const auto& x) { return x.path == path; });
  if (delivered != past.deliveries.end() && delivered->content.ok())
    return delivered->content.get().get();
  if (const auto held = past.held.find(path);
      held != past.held.end() && held->second.ok())
    return held->second.get().get();
  if (const auto own = past.own.find(path);
      own != past.own.end() && own->second.ended && own->second.ended->ok())
    return own->second.ended->get().get();
  return nullptr;
}

std::string undo_arguments(const run_id& run, const history& past,
                           const step_path& path, const recorded_step& s) {
  return canonical(json{{"arguments", json::parse(s.arguments_text)},
                        {"key", idempotency_key(run, path, s.revision)},
                        {"result", result_of(past, path)}},
                   wrapping_limits);
}

/// Gathers the lists of a run and of those that it stands for.
class collector {
public:
  explicit collector(store& in) : in_(in) {
    // nop
  }

  void add(const run_row& row, const history& past, const std::string& prefix) {
    for (const auto& [path, s] : done_steps(past))
      add_step(row, past, path, *s, prefix);
    if (const auto before
        = past.before == 0 ? std::nullopt : in_.find_run(past.before))
      add_run(*before, prefix + "before~");
  }

  [[nodiscard]] std::vector<undo> take() {
    return std::move(list_);
  }

private:
  void add_step(const run_row& row, const history& past, const step_path& path,
                const recorded_step& s, const std::string& prefix) {
    const auto own = prefix + undo_path(path);
    if (s.kind == step_kind::compensation)
      list_.push_back(
        {.path = own, .tool = s.name, .arguments = s.arguments_text});
    else if (!s.undo.empty())
      add_call(row, past, path, s, own);
    else if (s.kind == step_kind::child || s.kind == step_kind::settled
             || s.kind == step_kind::spawn) // one that was not waited for
      add_child(past.inherited == 0 ? 0 : row.number, s.child_number,
                prefix + path + "~");
  }

  void add_call(const run_row& row, const history& past, const step_path& path,
                const recorded_step& s, const step_path& own) {
    const auto review
      = in_.find_ticket(review_ticket_id(row.id, path, s.revision));
    if (review && review->decided && review->decided->verb == verb::undo)
      return; // a run of its own does it
    const auto open = review && review->state == ticket_state::open;
    list_.push_back({.path = own,
                     .tool = s.undo,
                     .arguments = undo_arguments(row.id, past, path, s),
                     .review = open ? review->id : std::string{}});
  }

  /// One that ended well, under whatever number: any other has undone what it
  /// did, or may still go on. Those of the run that a fork comes from are that
  /// run's. `parent`: 0 for any.
  void add_child(run_number parent, run_number number,
                 const std::string& prefix) {
    const auto row = present_run(in_, number);
    if (row && row->state == run_state::completed
        && (parent == 0 || row->parent == parent))
      add_run(*row, prefix);
  }

  void add_run(const run_row& row, const std::string& prefix) {
    if (seen_.insert(row.number).second)
      add(row, history{in_.read(row.number, 0)}, prefix);
  }

  store& in_;
  std::vector<undo> list_;
  std::set<run_number> seen_;
};

} // namespace

std::vector<undo> undo_list(const run_row& row, const history& past,
                            store& in) {
  auto all = collector{in};
  all.add(row, past, {});
  return all.take();
}

} // namespace stanchion

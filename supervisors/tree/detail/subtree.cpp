#include <stanchion/supervisors/tree/detail/subtree.hpp>

#include <algorithm>

namespace stanchion::detail {

std::string text_of(const standing& x) {
  switch (x.state) {
  case child_state::starting:
    return "starting";
  case child_state::running:
    return "running";
  case child_state::stopping:
    return "stopping";
  case child_state::waiting:
    return x.delayed ? "restarting" : "waiting";
  case child_state::stopped:
    return "stopped";
  }
  return "?";
}

void subtree::ask(std::size_t i) {
  asked_.emplace_back(i,
                      std::exchange(node_.children[i].state, "not answering"));
}

void subtree::take(std::size_t i, fabric::reply& r) {
  const auto at
    = std::ranges::find(asked_, i, [](const auto& x) { return x.first; });
  if (finished_ || at == asked_.end())
    return;
  auto& mine = node_.children[i];
  mine.state = at->second;
  if (const auto* its = r.body.as<tree_node>()) {
    mine.kind = its->kind;
    mine.state = its->state;
    mine.detail = its->detail;
    mine.children = its->children;
    if (!mine.next_at)
      mine.next_at = its->next_at;
  } else if (r.how == fabric::reply::status::bounced) {
    mine.state = "stopped";
  }
  asked_.erase(at);
  finish_if_complete();
}

bool subtree::finish_if_complete() {
  if (asked_.empty())
    finish();
  return finished_;
}

void subtree::finish() {
  if (!std::exchange(finished_, true))
    to_.deliver(std::move(node_));
}

std::shared_ptr<subtree> subtrees::open(fabric::promise to, tree_node node) {
  std::erase_if(open_, [](const auto& x) { return x->finished(); });
  open_.push_back(std::make_shared<subtree>(std::move(to), std::move(node)));
  return open_.back();
}

void subtrees::close() {
  for (const auto& x : std::exchange(open_, {}))
    x->finish();
}

} // namespace stanchion::detail

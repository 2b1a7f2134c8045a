#pragma once

#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/actor.hpp>
#include <stanchion/supervisors/tree/detail/child.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::detail {

/// What a tree shows of a child before that has answered.
[[nodiscard]] std::string text_of(const standing& x);

/// One description of a supervisor that waits for its children's.
class subtree {
public:
  subtree(fabric::promise to, tree_node node)
    : to_(std::move(to)), node_(std::move(node)) {
    // nop
  }

  /// Child `i` is asked: until it answers it shows as not answering.
  void ask(std::size_t i);
  /// What child `i` answered.
  void take(std::size_t i, fabric::reply& r);
  /// Answers if nobody is waited for. True when it is answered.
  bool finish_if_complete();
  /// Answers with what there is.
  void finish();
  [[nodiscard]] bool finished() const {
    return finished_;
  }

private:
  fabric::promise to_;
  tree_node node_;
  std::vector<std::pair<std::size_t, std::string>> asked_; // with its state
  bool finished_ = false;
};

/// The descriptions under way, none of which may stay unanswered.
class subtrees {
public:
  std::shared_ptr<subtree> open(fabric::promise to, tree_node node);
  /// Answers all.
  void close();

private:
  std::vector<std::shared_ptr<subtree>> open_;
};

} // namespace stanchion::detail

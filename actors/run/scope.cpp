#include <stanchion/actors/run/scope.hpp>

#include <algorithm>

namespace stanchion {

scope::~scope() = default;

void scope::start(branch& where, continuation then) {
  then_ = then;
  owner_ = where.owner;
  raced_ = where.raced || rule_ == rule::race;
  prefix_ = where.next_path() + ".";
  branches_.reserve(size());
  finished_.assign(size(), false);
  start_more();
  if (size() == 0)
    decide(no_limit);
}

void scope::start_more() {
  if (starting_)
    return; // a part was done while it was being started
  starting_ = true;
  while (!decided_ && started_ < size() && started_ - done_ < limit_) {
    const auto i = started_++;
    auto& b = branches_.emplace_back();
    b.owner = owner_;
    b.prefix = prefix_ + std::to_string(i + 1) + ".";
    b.raced = raced_;
    start_part(i, b, continuation{{}, nullptr, this, i});
  }
  starting_ = false;
}

void scope::done(std::size_t index) {
  finished_[index] = true;
  ++done_;
  if (decided_)
    return;
  const auto over
    = rule_ == rule::race || done_ == size() || part_thrown(index) != nullptr;
  if (over)
    decide(index);
  else
    start_more();
}

void scope::decide(std::size_t index) {
  decided_ = true;
  decider_ = index;
  // The part that decided may still be on the stack; the others wait.
  for (auto i = std::size_t{0}; i < started_; ++i)
    if (!finished_[i])
      drop_part(i);
  then_();
}

std::exception_ptr scope::thrown() const {
  return decided_ && decider_ != no_limit ? part_thrown(decider_) : nullptr;
}

void scope::rethrow() const {
  if (const auto x = thrown())
    std::rethrow_exception(x);
}

void scope::drop() {
  if (decided_)
    return;
  decided_ = true;
  for (auto i = std::size_t{0}; i < started_; ++i)
    if (!finished_[i])
      drop_part(i);
}

} // namespace stanchion

#include <stanchion/actors/run/run_log.hpp>

#include <algorithm>

namespace stanchion {

void run_log::begin_again(run_row row) {
  row_ = std::move(row);
  row_changed_ = false;
  pending_ = {};
  waiting_.clear();
}

void run_log::add(record_kind kind, step_path step, std::string body,
                  instant at) {
  pending_.records.push_back(
    {row_.number, next_seq_++, kind, at, std::move(step), std::move(body)});
}

void run_log::add(ticket x) {
  pending_.tickets.push_back(std::move(x));
}

void run_log::add(fact x) {
  pending_.facts.push_back(std::move(x));
}

void run_log::add_foreign(record r) {
  pending_.records.push_back(std::move(r));
}

void run_log::add_foreign(record r, run_row row) {
  add_foreign(std::move(r));
  pending_.runs.push_back(std::move(row));
}

bool run_log::update(run_state state, std::string waiting_for,
                     std::optional<instant> next_at, instant at) {
  if (row_.state == state && row_.waiting_for == waiting_for
      && row_.next_at == next_at)
    return false;
  row_.state = state;
  row_.waiting_for = std::move(waiting_for);
  row_.next_at = next_at;
  row_.updated = at;
  row_changed_ = true;
  return true;
}

void run_log::when_durable(std::function<void()> then) {
  waiting_.emplace_back(flushed_ + 1, std::move(then));
}

std::size_t run_log::unflushed_waiters() const {
  return static_cast<std::size_t>(
    std::count_if(waiting_.begin(), waiting_.end(),
                  [this](const auto& x) { return x.first > flushed_; }));
}

bool run_log::dirty() const {
  return row_changed_ || !pending_.records.empty() || !pending_.tickets.empty()
         || !pending_.facts.empty();
}

std::pair<batch, std::uint64_t> run_log::flush() {
  if (std::exchange(row_changed_, false))
    pending_.runs.push_back(row_);
  return {std::exchange(pending_, {}), ++flushed_};
}

void run_log::proven(std::uint64_t token) {
  durable_ = std::max(durable_, token);
}

bool run_log::durable(std::uint64_t token) {
  proven(token);
  auto waited = false;
  while (!waiting_.empty() && waiting_.front().first <= token) {
    const auto then = std::move(waiting_.front().second);
    waiting_.pop_front();
    then();
    waited = true;
  }
  return waited;
}

} // namespace stanchion

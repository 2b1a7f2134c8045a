#include <stanchion/core/store_wrapper.hpp>

#include <utility>

namespace stanchion {

store_wrapper::store_wrapper(std::shared_ptr<store> inner)
  : inner_(std::move(inner)) {
  // nop
}

commit_status store_wrapper::commit(std::span<const batch* const> xs) {
  return inner_->commit(xs);
}

bool store_wrapper::reopen() {
  return inner_->reopen();
}

std::string store_wrapper::problem() {
  return inner_->problem();
}

std::vector<record> store_wrapper::read(run_number run, std::uint32_t from) {
  return inner_->read(run, from);
}

std::optional<run_row> store_wrapper::find_run(run_number number) {
  return inner_->find_run(number);
}

std::optional<run_row> store_wrapper::find_run(const run_id& id) {
  return inner_->find_run(id);
}

std::optional<run_row> store_wrapper::find_run(std::string_view agent,
                                               std::string_view key) {
  return inner_->find_run(agent, key);
}

std::vector<run_row> store_wrapper::list_runs(const run_filter& f) {
  return inner_->list_runs(f);
}

void store_wrapper::each_open_run(
  const std::function<void(const run_row&)>& each) {
  inner_->each_open_run(each);
}

run_number store_wrapper::last_run() {
  return inner_->last_run();
}

std::optional<ticket> store_wrapper::find_ticket(std::string_view id) {
  return inner_->find_ticket(id);
}

std::vector<ticket> store_wrapper::list_tickets(const ticket_filter& f) {
  return inner_->list_tickets(f);
}

std::vector<ticket_count> store_wrapper::count_open_tickets() {
  return inner_->count_open_tickets();
}

std::string store_wrapper::find_fact(std::string_view key) {
  return inner_->find_fact(key);
}

std::vector<fact> store_wrapper::list_facts(std::string_view prefix) {
  return inner_->list_facts(prefix);
}

std::vector<audit_entry> store_wrapper::list_audits(const audit_filter& f) {
  return inner_->list_audits(f);
}

leftovers store_wrapper::find_leftovers(std::size_t most) {
  return inner_->find_leftovers(most);
}

void store_wrapper::remember(std::string_view text) {
  inner_->remember(text);
}

std::string store_wrapper::remembered() {
  return inner_->remembered();
}

verify_report store_wrapper::verify() {
  return inner_->verify();
}

} // namespace stanchion

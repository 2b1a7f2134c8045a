#include <stanchion/core/store.hpp>
#include <stanchion/core/unlimited.hpp>

#include <algorithm>
#include <map>

namespace stanchion {

namespace {

std::size_t weight_of(const record& x) {
  return sizeof x + x.step.size() + x.body.size();
}

std::size_t weight_of(const run_row& x) {
  return sizeof x + x.agent.size() + x.version.size() + x.waiting_for.size()
         + x.parent_step.size() + x.submitter.size() + x.key.size();
}

std::size_t weight_of(const ticket& x) {
  const auto said = x.decided ? x.decided->by.size() + x.decided->comment.size()
                                  + x.decided->payload.size()
                              : 0;
  return sizeof x + x.id.size() + x.step.size() + x.title.size()
         + x.group.size() + x.context.size() + said;
}

std::size_t weight_of(const fact& x) {
  return sizeof x + x.key.size() + x.text.size();
}

std::size_t weight_of(const audit_entry& x) {
  return sizeof x + x.by.size() + x.act.size() + x.subject.size()
         + x.reason.size() + x.before.size() + x.after.size();
}

std::size_t weight_of(const std::string& x) {
  return sizeof x + x.size();
}

template <class T>
std::size_t weight_of(const std::vector<T>& xs) {
  std::size_t sum = 0;
  for (const auto& x : xs)
    sum += weight_of(x);
  return sum;
}

} // namespace

std::vector<ticket_count> store::count_open_tickets() {
  auto kinds = std::map<ticket_kind, ticket_count>{};
  for (const auto& x :
       list_tickets({.states = {ticket_state::open}, .limit = unlimited})) {
    auto& of = kinds[x.kind];
    of.oldest = of.count == 0 ? x.created : std::min(of.oldest, x.created);
    of.kind = x.kind;
    ++of.count;
  }
  auto result = std::vector<ticket_count>{};
  for (const auto& [kind, x] : kinds)
    result.push_back(x);
  return result;
}

leftovers store::find_leftovers(std::size_t) {
  return {};
}

std::size_t batch::weight() const {
  return weight_of(records) + weight_of(runs) + weight_of(tickets)
         + weight_of(facts) + weight_of(audits)
         + prunes.size() * sizeof(run_number) + weight_of(swept.names);
}

} // namespace stanchion

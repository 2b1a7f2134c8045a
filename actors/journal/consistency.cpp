#include <stanchion/actors/journal/consistency.hpp>
#include <stanchion/core/error.hpp>

namespace stanchion {

namespace {

std::string quoted(run_state x) {
  return "'" + std::string{to_string(x)} + "'";
}

} // namespace

std::string run_digest::add(std::uint32_t seq, record_kind kind) {
  const auto expected = next_;
  next_ = seq + 1;
  if (is_terminal(kind) && !is_terminal(end_))
    end_ = kind;
  if (seq < expected)
    return "record " + std::to_string(seq) + " stands after record "
           + std::to_string(expected - 1);
  if (seq == expected + 1)
    return "record " + std::to_string(expected) + " is missing";
  if (seq > expected)
    return "records " + std::to_string(expected) + " to "
           + std::to_string(seq - 1) + " are missing";
  if (seq == 0 && kind != record_kind::started)
    return "the first record is not 'started'";
  return {};
}

std::string run_digest::compare(const run_row& row) const {
  if (next_ == 0)
    return "the run has no records";
  if (!is_terminal(end_))
    return is_terminal(row.state)
             ? "the row says " + quoted(row.state) + ", no record does"
             : std::string{};
  if (const auto expected = terminal_state(end_); row.state != expected)
    return "the row says " + quoted(row.state) + ", the last record "
           + quoted(expected);
  return {};
}

run_state terminal_state(record_kind kind) {
  switch (kind) {
  case record_kind::completed:
    return run_state::completed;
  case record_kind::failed:
    return run_state::failed;
  case record_kind::continued:
    return run_state::continued;
  default:
    return run_state::cancelled;
  }
}

std::string compare(const ticket& x, const run_id* run) {
  if (x.run == 0)
    return {};
  if (run == nullptr)
    return "ticket " + x.id + " belongs to a run that does not exist";
  if (*run != x.run_id)
    return "ticket " + x.id + " and its run disagree about the run's id";
  return {};
}

void require_no_gap(run_number run, std::uint32_t from,
                    const std::vector<record>& xs) {
  for (const auto& x : xs)
    if (x.seq != from++)
      throw error{error_code::store_damaged,
                  "run " + std::to_string(run) + " has no record "
                    + std::to_string(from - 1)
                    + " any more. Only this run is affected; run 'journal "
                      "verify' to see all that is damaged"};
}

} // namespace stanchion

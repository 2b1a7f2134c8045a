#pragma once

#include <stanchion/core/store.hpp>

#include <memory>

namespace stanchion {

/// A store that hands everything on to another one. Derive from it, and
/// override what is to be different.
///
/// Errors and threads: as the other one.
class store_wrapper : public store {
public:
  /// `inner` must not be null.
  explicit store_wrapper(std::shared_ptr<store> inner);

  [[nodiscard]] commit_status commit(std::span<const batch* const> xs) override;
  [[nodiscard]] bool reopen() override;
  [[nodiscard]] std::string problem() override;
  [[nodiscard]] std::vector<record> read(run_number run,
                                         std::uint32_t from) override;
  [[nodiscard]] std::optional<run_row> find_run(run_number number) override;
  [[nodiscard]] std::optional<run_row> find_run(const run_id& id) override;
  [[nodiscard]] std::optional<run_row> find_run(std::string_view agent,
                                                std::string_view key) override;
  [[nodiscard]] std::vector<run_row> list_runs(const run_filter& f) override;
  void each_open_run(const std::function<void(const run_row&)>& each) override;
  [[nodiscard]] run_number last_run() override;
  [[nodiscard]] std::optional<ticket> find_ticket(std::string_view id) override;
  [[nodiscard]] std::vector<ticket>
  list_tickets(const ticket_filter& f) override;
  [[nodiscard]] std::vector<ticket_count> count_open_tickets() override;
  [[nodiscard]] std::string find_fact(std::string_view key) override;
  [[nodiscard]] std::vector<fact> list_facts(std::string_view prefix) override;
  [[nodiscard]] std::vector<audit_entry>
  list_audits(const audit_filter& f) override;
  [[nodiscard]] leftovers find_leftovers(std::size_t most) override;
  void remember(std::string_view text) override;
  [[nodiscard]] std::string remembered() override;
  [[nodiscard]] verify_report verify() override;

protected:
  [[nodiscard]] store& inner() const {
    return *inner_;
  }

private:
  std::shared_ptr<store> inner_;
};

} // namespace stanchion

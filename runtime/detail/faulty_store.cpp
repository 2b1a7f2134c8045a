#include <stanchion/runtime/detail/faulty_store.hpp>

#include <mutex>
#include <utility>

namespace stanchion::detail {

namespace {

class faulty_store final : public store {
public:
  faulty_store(std::shared_ptr<store> inner,
               std::shared_ptr<fault_injector> faults,
               std::function<instant()> now)
    : inner_(std::move(inner)), faults_(std::move(faults)),
      now_(std::move(now)) {
    // nop
  }

  // -- what faults happen to --------------------------------------------------

  [[nodiscard]] commit_status
  commit(std::span<const batch* const> xs) override {
    if (broken_)
      return commit_status::io_error;
    const auto x = faults_->at_commit(now_());
    if (!x) {
      say({});
      return inner_->commit(xs);
    }
    if (x->kind == fault_kind::lost || x->side == fault_side::after)
      if (const auto status = inner_->commit(xs); status != commit_status::done)
        return status;
    return strike(*x);
  }

  [[nodiscard]] bool reopen() override {
    if (!inner_->reopen())
      return false;
    broken_ = false;
    say({});
    return true;
  }

  [[nodiscard]] std::string problem() override {
    {
      const std::lock_guard lock{mutex_};
      if (!problem_.empty())
        return problem_;
    }
    return inner_->problem();
  }

  // -- passed on --------------------------------------------------------------

  [[nodiscard]] std::vector<record> read(run_number run,
                                         std::uint32_t from) override {
    return inner_->read(run, from);
  }
  [[nodiscard]] std::optional<run_row> find_run(run_number number) override {
    return inner_->find_run(number);
  }
  [[nodiscard]] std::optional<run_row> find_run(const run_id& id) override {
    return inner_->find_run(id);
  }
  [[nodiscard]] std::optional<run_row> find_run(std::string_view agent,
                                                std::string_view key) override {
    return inner_->find_run(agent, key);
  }
  [[nodiscard]] std::vector<run_row> list_runs(const run_filter& f) override {
    return inner_->list_runs(f);
  }
  void each_open_run(const std::function<void(const run_row&)>& each) override {
    inner_->each_open_run(each);
  }
  [[nodiscard]] run_number last_run() override {
    return inner_->last_run();
  }
  [[nodiscard]] std::optional<ticket>
  find_ticket(std::string_view id) override {
    return inner_->find_ticket(id);
  }
  [[nodiscard]] std::vector<ticket>
  list_tickets(const ticket_filter& f) override {
    return inner_->list_tickets(f);
  }
  [[nodiscard]] std::vector<ticket_count> count_open_tickets() override {
    return inner_->count_open_tickets();
  }
  [[nodiscard]] std::string find_fact(std::string_view key) override {
    return inner_->find_fact(key);
  }
  [[nodiscard]] std::vector<audit_entry>
  list_audits(const audit_filter& f) override {
    return inner_->list_audits(f);
  }
  void remember(std::string_view text) override {
    inner_->remember(text);
  }
  [[nodiscard]] std::string remembered() override {
    return inner_->remembered();
  }
  [[nodiscard]] verify_report verify() override {
    return inner_->verify();
  }

private:
  commit_status strike(const fault_rule& x) {
    say("injected: " + to_text(x));
    if (x.kind == fault_kind::full)
      return commit_status::full;
    broken_ = true;
    if (x.kind == fault_kind::kill || x.kind == fault_kind::power)
      faults_->die(x);
    return commit_status::io_error;
  }

  void say(std::string problem) {
    const std::lock_guard lock{mutex_};
    problem_ = std::move(problem);
  }

  std::shared_ptr<store> inner_;
  std::shared_ptr<fault_injector> faults_;
  std::function<instant()> now_;
  bool broken_ = false; // of the thread that commits
  std::mutex mutex_;
  std::string problem_; // guarded by mutex_
};

} // namespace

std::shared_ptr<store> make_faulty_store(std::shared_ptr<store> inner,
                                         std::shared_ptr<fault_injector> faults,
                                         std::function<instant()> now) {
  return std::make_shared<faulty_store>(std::move(inner), std::move(faults),
                                        std::move(now));
}

} // namespace stanchion::detail

#include <stanchion/core/store_wrapper.hpp>
#include <stanchion/runtime/detail/faulty_store.hpp>

#include <mutex>
#include <utility>

namespace stanchion::detail {

namespace {

class faulty_store final : public store_wrapper {
public:
  faulty_store(std::shared_ptr<store> inner,
               std::shared_ptr<fault_injector> faults,
               std::function<instant()> now)
    : store_wrapper(std::move(inner)), faults_(std::move(faults)),
      now_(std::move(now)) {
    // nop
  }

  [[nodiscard]] commit_status
  commit(std::span<const batch* const> xs) override {
    if (broken_)
      return commit_status::io_error;
    const auto x = faults_->at_commit(now_());
    if (!x) {
      say({});
      return inner().commit(xs);
    }
    if (x->kind == fault_kind::lost || x->side == fault_side::after)
      if (const auto status = inner().commit(xs); status != commit_status::done)
        return status;
    return strike(*x);
  }

  [[nodiscard]] bool reopen() override {
    if (!inner().reopen())
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
    return inner().problem();
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

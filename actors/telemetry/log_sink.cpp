#include <stanchion/actors/telemetry/log_line.hpp>
#include <stanchion/actors/telemetry/log_sink.hpp>
#include <stanchion/core/problem_list.hpp>

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace stanchion {

namespace {

/// Kinds that are never more than `debug`: they come with every step.
constexpr auto debug_kinds
  = event_kinds{event_kind::run_started, event_kind::run_waiting,
                event_kind::run_evicted, event_kind::step_asked,
                event_kind::step_ended,  event_kind::attempt_started};

/// Submitters that are remembered.
constexpr std::size_t users_kept = 1'024;

} // namespace

std::vector<std::string> validate(const log_options& x) {
  auto problems = problem_list{"log"};
  problems.require(x.target != log_target::file || !x.file.empty(), "file",
                   "must be named");
  problems.require(x.file_bytes > 0, "file_bytes", "must be at least 1");
  problems.require(x.queue > 0, "queue", "must be at least 1");
  return problems.take();
}

/// The thread and what waits for it.
class log_sink::worker {
public:
  worker(const log_options& options, line_writer to, user_lookup user_of,
         std::shared_ptr<event_sink> tell)
    : hide_(options.hidden), room_(options.queue), to_(std::move(to)),
      user_of_(std::move(user_of)), tell_(std::move(tell)) {
    thread_ = std::thread{[this] { work(); }};
  }
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker() {
    {
      const std::lock_guard lock{mutex_};
      closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void take(event x) {
    {
      const std::lock_guard lock{mutex_};
      if (waiting_.size() >= room_) {
        waiting_.pop_front();
        ++dropped_;
      }
      waiting_.push_back(std::move(x));
    }
    changed_.notify_all();
  }

  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock{mutex_};
    return dropped_;
  }

private:
  void work() {
    auto lock = std::unique_lock{mutex_};
    for (;;) {
      changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
      if (waiting_.empty())
        return;
      const auto batch = std::exchange(waiting_, {});
      lock.unlock();
      for (const auto& x : batch)
        write(x);
      say_dropped(dropped(), batch.back().at);
      lock.lock();
    }
  }

  void write(const event& x) {
    try {
      to_(x.severity, log_line(x, hide_, user_of(x.run)));
    } catch (const std::exception&) {
      // A line that cannot be made or written must not end the program.
      const std::lock_guard lock{mutex_};
      ++dropped_;
    }
  }

  void say_dropped(std::uint64_t dropped, instant at) {
    const auto more = dropped - std::exchange(said_, dropped);
    if (more == 0)
      return;
    auto x = event{.kind = event_kind::log_lines_dropped,
                   .severity = severity::warning,
                   .at = at,
                   .subject = "log"};
    x.fields = "{\"dropped\":" + std::to_string(more)
               + ",\"in_all\":" + std::to_string(dropped) + "}";
    if (tell_ != nullptr)
      tell_->publish(std::move(x));
  }

  std::string user_of(const run_id& run) {
    if (run.nil() || !user_of_)
      return {};
    if (const auto known = users_.find(run); known != users_.end())
      return known->second;
    auto name = std::string{};
    try {
      name = user_of_(run);
    } catch (const std::exception&) {
      return {};
    }
    if (users_.size() >= users_kept)
      users_.clear();
    if (!name.empty())
      users_.emplace(run, name);
    return name;
  }

  const redaction hide_;
  const std::size_t room_;
  const line_writer to_;
  const user_lookup user_of_;
  const std::shared_ptr<event_sink> tell_;
  std::map<run_id, std::string> users_; // of the thread
  std::uint64_t said_ = 0;              // of the thread

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<event> waiting_; // guarded by mutex_
  std::uint64_t dropped_ = 0; // guarded by mutex_
  bool closing_ = false;      // guarded by mutex_
  std::thread thread_;
};

log_sink::log_sink(const log_options& options, line_writer to,
                   user_lookup user_of, std::shared_ptr<event_sink> tell)
  : least_(options.least),
    worker_(std::make_unique<worker>(options, std::move(to), std::move(user_of),
                                     std::move(tell))) {
  // nop
}

log_sink::~log_sink() = default;

void log_sink::publish(event x) {
  if (x.severity >= least_)
    worker_->take(std::move(x));
}

bool log_sink::wants(event_kind kind) const {
  return least_ <= severity::debug || !debug_kinds.contains(kind);
}

std::uint64_t log_sink::dropped() const {
  return worker_->dropped();
}

} // namespace stanchion

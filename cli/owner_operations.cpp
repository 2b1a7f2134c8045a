#include <stanchion/cli/owner_operations.hpp>
#include <stanchion/cli/reports.hpp>
#include <stanchion/cli/store_operations.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>

namespace stanchion {

namespace {

/// Lets threads wait until a run has ended or parked, or a moment has passed.
class pulse {
public:
  explicit pulse(event_bus& bus)
    : bus_(bus), subscription_(
                   bus.subscribe([this](const event& x) { hear(x.kind); },
                                 {event_kind::run_ended, event_kind::run_parked,
                                  event_kind::runtime_stopping})) {
    // nop
  }
  pulse(const pulse&) = delete;
  pulse& operator=(const pulse&) = delete;
  ~pulse() {
    bus_.unsubscribe(subscription_);
  }

  /// False once the runtime stops.
  bool wait() {
    // A record may be durable before or after the event about it.
    constexpr auto look_again = std::chrono::milliseconds{50};
    auto lock = std::unique_lock{mutex_};
    const auto before = beats_;
    changed_.wait_for(lock, look_again,
                      [&] { return beats_ != before || stopping_; });
    return !stopping_;
  }

private:
  void hear(event_kind x) {
    const std::lock_guard guard{mutex_};
    ++beats_;
    stopping_ = stopping_ || x == event_kind::runtime_stopping;
    changed_.notify_all();
  }

  event_bus& bus_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t beats_ = 0; // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::uint64_t subscription_;
};

class owner_operations final : public store_operations {
public:
  explicit owner_operations(runtime& of) : runtime_(of), pulse_(of.events()) {
    // nop
  }

  json start_run(const json& request) override {
    const auto input = request.find("input");
    return json(
      runtime_.submit({.agent = text_member(request, "agent"),
                       .input = input == request.end() ? args() : value{*input},
                       .key = text_member(request, "key"),
                       .submitter = text_member(request, "submitter")}));
  }

  json cancel_run(const std::string& id, const json& request) override {
    const auto row = resolve_run(reads(), id);
    const auto by = text_member(request, "by", "somebody");
    runtime_.cancel(row.id,
                    text_member(request, "reason", "cancelled by " + by), by);
    return find_run(to_string(row.id));
  }

  json resume_run(const std::string& id) override {
    const auto row = resolve_run(reads(), id);
    runtime_.resume(row.id);
    return find_run(to_string(row.id));
  }

  json decide(const std::string& id, const json& request) override {
    const auto words = read_decision(request);
    return json(runtime_.decide({.ticket = id,
                                 .version = words.version,
                                 .verb = words.verb,
                                 .by = words.by,
                                 .comment = words.comment,
                                 .payload = words.payload}));
  }

  [[nodiscard]] json tree() override {
    return tree_document(runtime_.tree());
  }

protected:
  [[nodiscard]] store& reads() override {
    return runtime_.journal();
  }

  [[nodiscard]] people_watch::predicate left_alone() const override {
    return [this](const run_row& row) { return runtime_.leaves_alone(row); };
  }

  void pause() override {
    if (!pulse_.wait())
      throw error{error_code::not_running, "the process that drives the run is "
                                           "stopping"};
  }

private:
  runtime& runtime_;
  pulse pulse_;
};

} // namespace

std::unique_ptr<operations> make_owner_operations(runtime& of) {
  return std::make_unique<owner_operations>(of);
}

} // namespace stanchion

#include <stanchion/actors/notifier/signature.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/http_address.hpp>
#include <stanchion/runtime/api/http_post.hpp>
#include <stanchion/runtime/api/server.hpp>
#include <stanchion/runtime/notify/receivers.hpp>
#include <stanchion/runtime/notify/run_hook.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace stanchion {

namespace {

constexpr auto pagerduty_url = "https://events.pagerduty.com/v2/enqueue";

[[noreturn]] void refuse(const std::string& channel, const std::string& why) {
  throw error{error_code::invalid_spec,
              "notifications.channels." + channel + ": " + why};
}

/// Empty where none is given.
std::string secret_in(const std::string& channel, const credential_source& x) {
  return read_credential(x, "notifications.channels." + channel);
}

/// Where a webhook is, with all that is secret.
struct target {
  webhook options;
  std::string url;
  std::string key; // empty: unsigned
  std::string routing_key;
};

target target_of(const std::string& channel, const webhook& x) {
  auto to = target{.options = x,
                   .url = x.url,
                   .key = secret_in(channel, x.secret),
                   .routing_key = secret_in(channel, x.routing_key)};
  if (auto found = secret_in(channel, x.url_from); !found.empty())
    to.url = std::move(found);
  if (to.url.empty() && x.body == notification_template::pagerduty)
    to.url = pagerduty_url;
  if (const auto wrong = why_not_sent_to(to.url, x.insecure_non_loopback))
    refuse(channel, *wrong);
  if (!to.key.empty())
    to.key = signing_key(to.key);
  return to;
}

std::string body_of(const message& x, const target& to,
                    const std::string& base_url) {
  switch (to.options.body) {
  case notification_template::slack:
    return slack_body(x, base_url);
  case notification_template::pagerduty:
    return pagerduty_body(x, base_url, to.routing_key);
  default:
    return generic_body(x, base_url);
  }
}

delivery_result failed(std::string why) {
  return {.how = delivery_result::status::failed,
          .why = std::move(why),
          .retry_after = {}};
}

} // namespace

// -- receiver -----------------------------------------------------------------

struct receiver::impl {
  [[nodiscard]] delivery_result
  send(const message& x, const target& to,
       const std::function<bool()>& cancelled) const {
    const auto body = body_of(x, to, base_url);
    const auto answer = stanchion::send(
      {.url = to.url,
       .headers = signed_headers(to.key, x.id, system_clock().now(), body),
       .body = body,
       .ca = to.options.ca,
       .timeout = timeout},
      cancelled);
    if (answer.status == 0)
      return failed("no answer: " + answer.problem);
    return delivery_of(answer.status, answer.retry_after, system_clock().now());
  }

  [[nodiscard]] delivery_result
  send(const message& x, const command_hook& to,
       const std::function<bool()>& cancelled) const {
    const auto& first = x.about.front();
    const auto end = run_hook(
      {.argv = to.argv,
       .environment
       = {{"STANCHION_EVENT_ID", x.id},
          {"STANCHION_EVENT_TYPE", std::string{to_string(first.what)}},
          {"STANCHION_SEVERITY", std::string{to_string(first.severity)}},
          {"STANCHION_COUNT", std::to_string(x.about.size())},
          {"STANCHION_URL", link_to(first, base_url)}},
       .input = generic_body(x, base_url) + "\n",
       .timeout = timeout,
       .kill_after = defaults::notification_kill_after},
      cancelled);
    return end.code < 0 ? failed(end.problem) : delivery_of_exit(end.code);
  }

  std::variant<target, command_hook> to;
  std::string base_url;
  duration timeout{};
};

receiver::receiver(const notification_channel& x,
                   const notification_options& all) {
  auto to = std::make_unique<impl>();
  to->base_url = all.base_url;
  to->timeout = all.timeout;
  if (const auto* hook = std::get_if<webhook>(&x.to))
    to->to = target_of(x.name, *hook);
  else
    to->to = std::get<command_hook>(x.to);
  impl_ = std::move(to);
}

receiver::~receiver() = default;

delivery_result receiver::send(const message& x,
                               const std::function<bool()>& cancelled) const {
  try {
    return std::visit(
      [&](const auto& to) { return impl_->send(x, to, cancelled); }, impl_->to);
  } catch (const std::exception& e) {
    static_cast<void>(e); // it may name the URL
    return failed("the message could not be sent");
  }
}

// -- courier ------------------------------------------------------------------

namespace {

/// What the threads of a courier share; the last one that ends takes it along.
struct shared_state {
  struct job {
    message content;
    std::function<void(delivery_result)> then;
  };

  std::map<std::string, std::shared_ptr<const receiver>> receivers;
  std::atomic<bool> over{false};
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::vector<job>> jobs; // guarded by mutex
  std::size_t threads = 0;                      // guarded by mutex
};

void work(const std::shared_ptr<shared_state>& on, const std::string& channel) {
  const auto& to = *on->receivers.at(channel);
  auto lock = std::unique_lock{on->mutex};
  for (;;) {
    auto& mine = on->jobs[channel];
    on->changed.wait(lock, [&] { return on->over || !mine.empty(); });
    if (on->over)
      break;
    const auto next = std::move(mine.front());
    mine.erase(mine.begin());
    lock.unlock();
    auto result
      = to.send(next.content, [&over = on->over] { return over.load(); });
    if (!on->over)
      next.then(std::move(result));
    lock.lock();
  }
  --on->threads;
  lock.unlock();
  on->changed.notify_all();
}

class threaded_courier final : public courier {
public:
  explicit threaded_courier(const notification_options& x) {
    for (const auto& each : x.channels)
      on_->receivers.emplace(each.name,
                             std::make_shared<const receiver>(each, x));
    on_->threads = on_->receivers.size();
    for (const auto& [name, to] : on_->receivers)
      std::thread{[on = on_, channel = name] { work(on, channel); }}.detach();
  }
  threaded_courier(const threaded_courier&) = delete;
  threaded_courier& operator=(const threaded_courier&) = delete;

  ~threaded_courier() override {
    constexpr auto grace = std::chrono::seconds{1};
    auto lock = std::unique_lock{on_->mutex};
    on_->over = true;
    on_->changed.notify_all();
    on_->changed.wait_for(lock, grace, [this] { return on_->threads == 0; });
  }

  void deliver(const std::string& channel, const message& x,
               std::function<void(delivery_result)> then) override {
    {
      const std::lock_guard lock{on_->mutex};
      on_->jobs[channel].push_back({x, std::move(then)});
    }
    on_->changed.notify_all();
  }

private:
  std::shared_ptr<shared_state> on_ = std::make_shared<shared_state>();
};

} // namespace

std::unique_ptr<courier> make_courier(const notification_options& x) {
  return std::make_unique<threaded_courier>(x);
}

} // namespace stanchion

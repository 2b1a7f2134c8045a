#include <stanchion/core/error.hpp>
#include <stanchion/runtime/detail/ask.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/detail/notifications.hpp>
#include <stanchion/runtime/detail/require.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <future>
#include <utility>

namespace stanchion {

namespace {

using detail::look_again;
using detail::require_none;

std::function<void(const fabric::overload&)>
overload_events(const std::shared_ptr<event_bus>& bus) {
  return [bus](const fabric::overload& x) {
    const auto slow = x.kind == fabric::overload_kind::slow_handler;
    const auto fields
      = slow ? json{{"busy_us", x.busy.count()}} : json{{"waiting", x.waiting}};
    bus->publish({slow ? event_kind::handler_slow : event_kind::mailbox_long,
                  severity::warning,
                  x.at,
                  {},
                  {},
                  x.actor,
                  fields.dump()});
  };
}

/// Asks the root how the tree stands, and ends.
class tree_reader final : public fabric::actor {
public:
  tree_reader(fabric::actor_ref root,
              std::shared_ptr<std::promise<tree_node>> to)
    : root_(std::move(root)), to_(std::move(to)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "tree reader";
  }

protected:
  void start() override {
    request(root_, fabric::message::of(describe_tree{}),
            [this](fabric::reply& r) {
              const auto* tree = r.body.as<tree_node>();
              to_->set_value(tree != nullptr ? *tree : tree_node{});
              quit();
            });
  }
  void receive(fabric::envelope&) override {
    // nop
  }

private:
  fabric::actor_ref root_;
  std::shared_ptr<std::promise<tree_node>> to_;
};

} // namespace

// -- runtime ------------------------------------------------------------------

runtime::runtime(config c) : impl_(std::make_unique<impl>(std::move(c))) {
  if (const auto& sink = impl_->settings.events)
    impl_->bus->subscribe([sink](const event& x) { sink->publish(x); },
                          heard_by(*sink));
  impl_->bus->subscribe([this](const event&) { impl_->wake(); },
                        {event_kind::run_ended, event_kind::run_parked});
  impl_->watch_failures();
}

runtime::~runtime() {
  stop();
}

void runtime::start() {
  if (impl_->settings.host != nullptr && impl_->settings.virtual_seed)
    throw error{error_code::invalid_spec,
                "virtual_seed: there is no virtual time in an actor system of "
                "the program's; leave host or virtual_seed out"};
  if (!impl_->settings.faults.empty() && !impl_->settings.allow_faults)
    throw error{error_code::invalid_spec,
                "faults: they are injected only where allow_faults is set "
                "(--allow-faults), for what they do is real"};
  require_none(validate(impl_->settings.faults), "the faults to inject");
  require_none(validate(impl_->settings.telemetry), "telemetry");
  const auto& told = impl_->settings.notifications;
  require_none(validate(told), "notifications");
  if (impl_->settings.virtual_seed && !told.channels.empty() && !told.carrier)
    throw error{error_code::invalid_spec,
                "notifications.carrier: in virtual time nothing leaves the "
                "program; set one"};
  if (impl_->servers == nullptr)
    impl_->check_calls();
  impl_->open_store();
  if (impl_->servers != nullptr) { // only now is known what there is
    impl_->discover(*this);
    impl_->check_calls();
  }
  impl_->open();
  impl_->sys = std::make_unique<fabric::system>(
    fabric::system_options{.threads = impl_->settings.threads,
                           .virtual_seed = impl_->settings.virtual_seed,
                           .virtual_start = impl_->settings.virtual_start,
                           .host = impl_->settings.host,
                           .on_overload = overload_events(impl_->bus)});
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->running = true;
  }
  impl_->root = impl_->sys->spawn(make_supervisor(impl_->root_options()));
  if (!impl_->settings.virtual_seed) {
    // What is sent to a part that is not up yet would be lost.
    auto lock = std::unique_lock{impl_->mutex};
    impl_->changed.wait(lock,
                        [this] { return impl_->taken_up || impl_->root_down; });
  }
  impl_->require_running();
  impl_->bus->publish({event_kind::runtime_started,
                       severity::info,
                       impl_->sys->clock().now(),
                       {},
                       {},
                       "runtime",
                       {}});
}

bool runtime::stop() {
  {
    const std::lock_guard guard{impl_->mutex};
    if (!impl_->running || std::exchange(impl_->stopped, true))
      return true;
  }
  auto& sys = *impl_->sys;
  impl_->bus->publish({event_kind::runtime_stopping,
                       severity::info,
                       sys.clock().now(),
                       {},
                       {},
                       "runtime",
                       {}});
  auto clean = true;
  if (!impl_->settings.virtual_seed) {
    sys.stop(impl_->root);
    auto lock = std::unique_lock{impl_->mutex};
    clean = impl_->changed.wait_for(lock, impl_->settings.grace,
                                    [this] { return impl_->root_down.load(); });
  }
  clean = sys.shutdown(1s) && clean;
  impl_->stop_observers();
  impl_->notices.reset();
  impl_->pool.reset();
  impl_->http.reset();
  if (impl_->lock && clean)
    impl_->lock->mark_clean();
  impl_->changed.notify_all();
  return clean;
}

// -- looking ------------------------------------------------------------------

store& runtime::journal() const {
  return *impl_->store;
}

tree_node runtime::tree() const {
  auto told = std::make_shared<std::promise<tree_node>>();
  auto answer = told->get_future();
  impl_->require_running();
  static_cast<void>(impl_->sys->spawn(
    std::make_unique<tree_reader>(impl_->root, std::move(told))));
  while (answer.wait_for(look_again) != std::future_status::ready)
    impl_->require_running();
  return answer.get();
}

std::string runtime::metrics() const {
  const auto seen = impl_->observers_now();
  if (seen == nullptr || impl_->sys == nullptr)
    return {};
  return seen->metrics_text(impl_->sys->clock().now());
}

event_bus& runtime::events() const {
  return *impl_->bus;
}

const config& runtime::settings() const {
  return impl_->settings;
}

fabric::system& runtime::actors() const {
  return *impl_->sys;
}

bool runtime::leaves_alone(const run_row& row) const {
  return impl_->leaves_alone(row);
}

bool runtime::has_agent(const std::string& name) const {
  return impl_->latest.contains(name);
}

failure_rules runtime::rules_for(const std::string& tool) const {
  return rules_of(impl_->failures, impl_->failures_of(tool));
}

std::vector<effective_row> runtime::table_for(const std::string& tool) const {
  return explain_table(impl_->failures, impl_->failures_of(tool));
}

const failure_policy&
runtime::impl::failures_of(const std::string& name) const {
  static const auto none = failure_policy{};
  if (name.empty())
    return none;
  const auto found = tools.find(name);
  if (found == tools.end())
    throw error{error_code::invalid_spec,
                "this program has no tool named " + name};
  return found->second.failures();
}

} // namespace stanchion

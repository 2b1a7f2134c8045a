#include <stanchion/runtime/detail/observers.hpp>
#include <stanchion/supervisors/guard/guard.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

std::vector<std::string> validate(const telemetry_options& x) {
  auto problems = validate(x.log);
  if (x.alerts)
    for (auto& problem : validate(*x.alerts))
      problems.push_back(std::move(problem));
  return problems;
}

} // namespace stanchion

namespace stanchion::detail {

namespace {

/// What the fact of a breaker says; a text that is none isolates its tool.
std::string state_in(const std::string& fact) {
  if (fact.empty())
    return std::string{to_string(breaker_state::closed)};
  const auto doc = json::parse(fact, nullptr, false);
  const auto found = doc.is_object() ? doc.value("state", json{}) : json{};
  return found.is_string() ? found.get<std::string>()
                           : std::string{to_string(breaker_state::isolated)};
}

} // namespace

observers::observers(const telemetry_options& x, std::shared_ptr<event_bus> bus,
                     std::shared_ptr<stanchion::store> store,
                     metric_names known, std::function<void()> look_now)
  : known_(std::move(known)), bus_(std::move(bus)), store_(std::move(store)) {
  if (auto writer = make_line_writer(x.log)) {
    const auto user_of = [from = store_](const run_id& run) {
      const auto row = from->find_run(run);
      return row ? row->submitter : std::string{};
    };
    log_ = std::make_unique<log_sink>(x.log, std::move(writer), user_of, bus_);
    listen([to = log_.get()](const event& e) { to->publish(e); },
           heard_by(*log_));
  }
  if (x.metrics) {
    metrics_ = std::make_shared<stanchion::metrics>(known_);
    listen([to = metrics_](const event& e) { to->hear(e); },
           stanchion::metrics::kinds());
  }
  if (x.alerts) {
    alerts_ = std::make_shared<alert_feed>(*x.alerts, known_.critical);
    listen(
      [to = alerts_, look_now = std::move(look_now)](const event& e) {
        if (to->hear(e))
          look_now();
      },
      alert_feed::kinds());
  }
}

observers::~observers() {
  for (const auto x : subscriptions_)
    bus_->unsubscribe(x);
}

void observers::listen(event_bus::listener x, event_kinds kinds) {
  subscriptions_.push_back(bus_->subscribe(std::move(x), kinds));
}

void observers::read_breakers(instant now) {
  if (metrics_ == nullptr && alerts_ == nullptr)
    return;
  for (const auto& tool : known_.tools) {
    const auto state = state_in(store_->find_fact(breaker_fact(tool)));
    if (metrics_ != nullptr)
      metrics_->set_breaker(tool, state);
    if (alerts_ != nullptr && state != to_string(breaker_state::closed))
      alerts_->found_open(tool, now);
  }
}

std::function<void(std::size_t, duration)> observers::on_commit() const {
  if (metrics_ == nullptr)
    return {};
  return [to = metrics_](std::size_t batches, duration took) {
    to->committed(batches, took);
  };
}

void observers::read_from(std::shared_ptr<const backlog> records,
                          const std::shared_ptr<const executor>& pool,
                          std::shared_ptr<const mode_directory> modes) {
  records_ = std::move(records);
  pool_ = pool;
  modes_ = std::move(modes);
}

std::string observers::metrics_text(instant now) const {
  if (metrics_ == nullptr)
    return {};
  if (modes_ != nullptr)
    for (const auto& agent : known_.agents)
      metrics_->set_mode(agent,
                         std::string{to_string(modes_->effective(agent).mode)});
  const auto pool = pool_.lock();
  return metrics_->text(
    {.now = now,
     .tickets = store_->count_open_tickets(),
     .journal_waiting = records_ != nullptr ? records_->waiting() : 0,
     .pool_queue = pool != nullptr ? pool->queued() : 0,
     .log_lines_dropped = log_ != nullptr ? log_->dropped() : 0});
}

} // namespace stanchion::detail

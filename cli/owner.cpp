#include <stanchion/cli/owner.hpp>
#include <stanchion/cli/signals.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/configuration/configuration.hpp>

#include <utility>

namespace stanchion {

namespace {

/// Words say more than a configuration.
void configure(config& to, const command_context& x, telemetry_options shown) {
  to.telemetry = std::move(shown);
  const auto log = to.telemetry.log;
  if (x.configured != nullptr)
    x.configured->settle(to);
  if (log.target != log_target::off)
    to.telemetry.log = log;
  auto told = notifications_of(x.words);
  for (auto& channel : told.channels)
    to.notifications.channels.push_back(std::move(channel));
  if (!told.base_url.empty())
    to.notifications.base_url = std::move(told.base_url);
}

} // namespace

owner::owner(const data_dir& dir, const command_context& x,
             signal_watch& signals, telemetry_options shown)
  : dir_(dir), signals_(signals) {
  auto settings = config{};
  settings.data_dir = dir.root();
  configure(settings, x, std::move(shown));
  settings.faults = read_faults(x.words.faults);
  settings.allow_faults = x.words.allow_faults;
  settings.fault_seed = x.words.fault_seed;
  runtime_ = std::make_unique<runtime>(std::move(settings));
  if (x.setup)
    x.setup(*runtime_);
}

owner::~owner() {
  stop();
}

bool owner::has_agent(const std::string& name) const {
  return runtime_->has_agent(name);
}

void owner::start() {
  runtime_->start();
  operations_ = make_owner_operations(*runtime_);
  server_ = std::make_unique<control_server>(dir_.socket(), operations_);
  signals_.on_signal([this] { clean_ = runtime_->stop() && clean_; });
}

operations& owner::work() const {
  return *operations_;
}

std::string owner::metrics() const {
  return runtime_ == nullptr ? std::string{} : runtime_->metrics();
}

bool owner::running() const {
  return runtime_ != nullptr && runtime_->running();
}

bool owner::stop() {
  if (runtime_ == nullptr)
    return clean_;
  signals_.on_signal(nullptr); // waits for a stop that is under way
  clean_ = runtime_->stop() && clean_;
  server_.reset();
  operations_.reset();
  if (clean_)
    runtime_.reset();
  else
    // Its threads may still touch it.
    static_cast<void>(
      runtime_.release()); // NOLINT(bugprone-unused-return-value)
  return clean_;
}

} // namespace stanchion

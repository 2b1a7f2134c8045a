#include <stanchion/core/defaults.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/system.hpp>

#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <thread>

namespace stanchion::fabric {

namespace {

std::unique_ptr<caf::actor_system_config>
make_config(const system_options& options) {
  auto config = std::make_unique<caf::actor_system_config>();
  const auto is_virtual = options.virtual_seed.has_value();
  const auto cores = std::size_t{std::thread::hardware_concurrency()};
  const auto threads
    = options.threads != 0 ? options.threads : std::max<std::size_t>(2, cores);
  config->set("scheduler.policy",
              is_virtual ? caf::atom("testing") : caf::atom("sharing"));
  config->set("scheduler.max-threads", threads);
  config->set("scheduler.max-throughput", options.throughput);
  return config;
}

} // namespace

system_time::system_time(caf::actor_clock& monotonic,
                         std::optional<instant> virtual_start)
  : monotonic_(&monotonic), virtual_start_(virtual_start) {
  // nop
}

instant system_time::now() const {
  if (!virtual_start_)
    return system_clock().now();
  return *virtual_start_
         + std::chrono::duration_cast<duration>(
           monotonic_->now().time_since_epoch());
}

system::impl::impl(system& x, const system_options& options)
  : owner(x), sys(options.host) {
  if (sys == nullptr) {
    config = make_config(options);
    own = std::make_unique<caf::actor_system>(*config);
    sys = own.get();
  }
  is_virtual = options.virtual_seed.has_value();
  seed = options.virtual_seed.value_or(0);
  time = std::make_unique<system_time>(
    sys->clock(),
    is_virtual ? std::optional{options.virtual_start} : std::nullopt);
  if (!options.on_overload)
    return;
  on_overload = options.on_overload;
  long_mailbox = options.long_mailbox;
  watcher = std::make_unique<fabric::watcher>(
    static_cast<std::uint32_t>(options.slow_after / defaults::watch_period),
    [this](actor_id who, std::uint32_t looks) { //
      tell_slow(who, looks * defaults::watch_period);
    });
  if (!is_virtual)
    watcher->start(defaults::watch_period);
}

void system::impl::tell_slow(actor_id who, duration busy) {
  auto x = overload{
    .kind = overload_kind::slow_handler, .busy = busy, .at = time->now()};
  auto alive_still = caf::strong_actor_ptr{}; // let go outside of the lock
  {
    const std::lock_guard lock{mutex};
    const auto found = alive.find(who);
    if (found != alive.end())
      alive_still = caf::actor_cast<caf::strong_actor_ptr>(found->second);
    if (alive_still == nullptr)
      return;
    const auto* h = static_cast<const host*>(
      caf::actor_cast<caf::abstract_actor*>(alive_still));
    if (h->guest() == nullptr)
      return; // it is about to end
    x.actor = h->guest()->name();
  }
  on_overload(x);
}

void system::impl::born(actor_id id, caf::actor_addr x) {
  const std::lock_guard lock{mutex};
  alive.emplace(id, std::move(x));
}

void system::impl::died(actor_id x) {
  const std::lock_guard lock{mutex};
  alive.erase(x);
  if (alive.empty())
    emptied.notify_all();
}

void system::impl::kill_all() {
  auto victims = std::vector<caf::actor>{};
  {
    const std::lock_guard lock{mutex};
    for (const auto& [id, addr] : alive)
      if (auto x = caf::actor_cast<caf::actor>(addr))
        victims.push_back(std::move(x));
  }
  for (const auto& x : victims)
    caf::anon_send_exit(x, caf::exit_reason::kill);
}

system::system(const system_options& options)
  : impl_(new impl{*this, options}) {
  // nop
}

system::~system() {
  // An abandoned system is left to the workers that may still touch it.
  if (shutdown(defaults::shutdown_grace))
    delete impl_;
}

actor_ref system::spawn(std::unique_ptr<actor> x) {
  auto handle = impl_->sys->spawn<host>(impl_, std::move(x));
  return to_ref(caf::actor_cast<caf::strong_actor_ptr>(handle));
}

void system::send(const actor_ref& to, message m) {
  if (to)
    caf::anon_send(to_handle(to), std::move(m));
}

void system::stop(const actor_ref& x) {
  if (x)
    caf::anon_send_exit(to_handle(x), caf::exit_reason::user_shutdown);
}

void system::kill(const actor_ref& x) {
  if (x)
    caf::anon_send_exit(to_handle(x), caf::exit_reason::kill);
}

const stanchion::clock& system::clock() const {
  return *impl_->time;
}

gate& system::gate() {
  return impl_->gate;
}

std::size_t system::late_completions() const {
  return impl_->late;
}

std::size_t system::alive() const {
  const std::lock_guard lock{impl_->mutex};
  return impl_->alive.size();
}

void system::watch() {
  if (impl_->watcher != nullptr)
    impl_->watcher->look();
}

bool system::shutdown(duration deadline) {
  if (std::exchange(impl_->stopped, true))
    return !impl_->abandoned;
  const auto clean = impl_->end_all(deadline);
  if (impl_->watcher != nullptr)
    impl_->watcher->stop();
  return clean;
}

bool system::impl::end_all(duration deadline) {
  gate.close();
  if (is_virtual) {
    kill_all();
    auto& sched
      = dynamic_cast<caf::scheduler::test_coordinator&>(sys->scheduler());
    while (sched.try_run_once()) {
      // nop
    }
    return true;
  }
  // Again and again: an actor that is about to end may still spawn another.
  constexpr auto round = duration{50ms};
  auto done = false;
  for (auto waited = duration{0}; !done && waited < deadline; waited += round) {
    kill_all();
    auto lock = std::unique_lock{mutex};
    done = emptied.wait_for(lock, round, [this] { return alive.empty(); });
  }
  abandoned = !done;
  return done;
}

} // namespace stanchion::fabric

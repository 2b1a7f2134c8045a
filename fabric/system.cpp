#include <stanchion/core/defaults.hpp>
#include <stanchion/fabric/detail/host.hpp>
#include <stanchion/fabric/system.hpp>

#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <thread>

namespace stanchion::fabric {

namespace {

/// Where virtual time starts: 2026-01-01T00:00:00Z.
constexpr auto virtual_start = instant{duration{1'767'225'600'000'000}};

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

system_time::system_time(caf::actor_clock& monotonic, bool is_virtual)
  : monotonic_(&monotonic), virtual_(is_virtual) {
  // nop
}

instant system_time::now() const {
  if (!virtual_)
    return system_clock().now();
  return virtual_start
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
  time = std::make_unique<system_time>(sys->clock(), is_virtual);
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

bool system::shutdown(duration deadline) {
  if (std::exchange(impl_->stopped, true))
    return !impl_->abandoned;
  impl_->gate.close();
  if (impl_->is_virtual) {
    impl_->kill_all();
    auto& sched = dynamic_cast<caf::scheduler::test_coordinator&>(
      impl_->sys->scheduler());
    while (sched.try_run_once()) {
      // nop
    }
    return true;
  }
  // Again and again: an actor that is about to end may still spawn another.
  constexpr auto round = duration{50ms};
  auto empty = false;
  for (auto waited = duration{0}; !empty && waited < deadline;
       waited += round) {
    impl_->kill_all();
    auto lock = std::unique_lock{impl_->mutex};
    empty = impl_->emptied.wait_for(lock, round,
                                    [this] { return impl_->alive.empty(); });
  }
  impl_->abandoned = !empty;
  return empty;
}

} // namespace stanchion::fabric

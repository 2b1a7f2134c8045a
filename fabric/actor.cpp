#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/detail/host.hpp>

#include <caf/send.hpp>

#include <typeinfo>
#include <unordered_map>

namespace stanchion::fabric {

namespace {

using steady = caf::actor_clock::time_point;

using tick_atom = caf::atom_constant<caf::atom("tick")>;

/// Keeps the text of whatever an actor throws.
caf::error to_error(std::exception_ptr& thrown) {
  auto text = std::string{};
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
    text = "an object that is not a std::exception was thrown";
  }
  return caf::make_error(caf::sec::runtime_error, text);
}

exit_kind kind_of(const caf::error& reason) {
  if (!reason || reason == caf::exit_reason::normal
      || reason == caf::exit_reason::unreachable)
    return exit_kind::normal;
  if (reason == caf::exit_reason::user_shutdown)
    return exit_kind::shutdown;
  if (reason == caf::exit_reason::kill)
    return exit_kind::killed;
  return exit_kind::failed;
}

} // namespace

std::string_view to_string(exit_kind x) {
  switch (x) {
  case exit_kind::normal:
    return "normal";
  case exit_kind::shutdown:
    return "shutdown";
  case exit_kind::killed:
    return "killed";
  case exit_kind::failed:
    return "failed";
  }
  return "unknown";
}

actor_ref to_ref(const caf::strong_actor_ptr& x) {
  return actor_ref{x.get()};
}

caf::strong_actor_ptr to_ptr(const actor_ref& x) {
  return caf::strong_actor_ptr{x.block()};
}

caf::actor to_handle(const actor_ref& x) {
  return caf::actor_cast<caf::actor>(to_ptr(x));
}

std::string text_of(const caf::error& x) {
  if (!x)
    return {}; // a normal end, which has no context to look into
  if (!x.context().empty() && x.context().match_elements<std::string>())
    return x.context().get_as<std::string>(0);
  return caf::to_string(x);
}

// -- promise and envelope -----------------------------------------------------

void promise::deliver(message m) {
  if (host_ == nullptr)
    return;
  auto* h = std::exchange(host_, nullptr);
  post(*source_.block(), h->ctrl(), caf::make_message_id(request_),
       std::move(m), h->context());
}

void promise::fail(const std::string& text) {
  if (host_ == nullptr)
    return;
  auto* h = std::exchange(host_, nullptr);
  source_.block()->enqueue(
    h->ctrl(), caf::make_message_id(request_),
    caf::make_message(caf::make_error(caf::sec::runtime_error, text)),
    h->context());
}

actor_ref envelope::sender() const {
  return to_ref(host_->current_sender());
}

bool envelope::is_request() const {
  return host_->current_message_id().is_request();
}

promise envelope::take_promise() {
  if (taken_ || !is_request())
    return {};
  taken_ = true;
  const auto id = host_->take_current_message_id();
  return promise{*host_, sender(), id.response_id().integer_value()};
}

// -- host ---------------------------------------------------------------------

struct actor::extras {
  struct timer {
    timer_id id;
    std::function<void()> then;
  };

  std::multimap<steady, timer> timers;
  steady armed = steady::max();
  std::uint64_t generation = 0;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, std::function<void(completion&)>> expected;
  bool entered = false;
  // By the id of the response. The library gets one behavior for all.
  std::unordered_map<std::uint64_t, std::function<void(reply&)>> asked;
  caf::behavior on_answer;

  void arm_next(host& h) {
    if (timers.empty() || timers.begin()->first >= armed)
      return;
    armed = timers.begin()->first;
    h.arm(armed, ++generation);
  }

  void fire(host& h, std::uint64_t fired) {
    if (fired != generation)
      return;
    armed = steady::max();
    const auto now = h.clock().now();
    while (!timers.empty() && timers.begin()->first <= now) {
      auto due = timers.extract(timers.begin());
      due.mapped().then();
    }
    arm_next(h);
  }
};

host::host(caf::actor_config& cfg, system::impl* sys, std::unique_ptr<actor> x)
  : caf::event_based_actor(cfg), sys_(sys), guest_(std::move(x)) {
  guest_->host_ = this;
  sys_->born(id(), caf::actor_cast<caf::actor_addr>(ctrl()));
}

caf::behavior host::make_behavior() {
  set_exception_handler(to_error);
  set_default_handler(
    [](caf::scheduled_actor*, caf::message_view&) -> caf::result<caf::message> {
      return caf::make_error(caf::sec::unexpected_message,
                             std::string{"not understood"});
    });
  set_down_handler([this](caf::down_msg& x) {
    guest_->on_down(down{x.source.id(), kind_of(x.reason), text_of(x.reason)});
  });
  set_exit_handler([this](caf::exit_msg&) { guest_->on_stop(); });
  {
    const auto busy
      = sitting{seat_, id(), seat_ != nullptr ? sys_->watcher->looks() : 0};
    guest_->start();
  }
  return {
    [this](message& m) { return handle(m); },
    [this](completion& c) { handle(c); },
    [this](tick_atom, std::uint64_t generation) { fire(generation); },
  };
}

void host::on_exit() {
  // Here, in the actor's own context, and not wherever the last handle falls.
  if (guest_ != nullptr && guest_->extras_ != nullptr
      && guest_->extras_->entered)
    sys_->gate.leave(id());
  auto guest = std::unique_ptr<actor>{};
  {
    const std::lock_guard lock{sys_->mutex};
    guest.swap(guest_);
  }
  guest.reset();
  sys_->died(id());
}

void host::arm(steady at, std::uint64_t generation) {
  scheduled_send(this, at, tick_atom::value, generation);
}

caf::result<message> host::handle(message& m) {
  auto e = envelope{*this, std::move(m)};
  guest_->receive(e);
  if (e.taken_ || !current_message_id().is_request())
    return caf::delegated<message>{};
  return caf::make_error(caf::sec::unexpected_message,
                         std::string{"not understood"});
}

void host::ask(caf::actor_control_block& to, message m,
               std::function<void(reply&)> then) {
  auto& x = guest_->more();
  if (!x.on_answer)
    x.on_answer.assign(
      [this](message& body) {
        answered({reply::status::answered, std::move(body), {}});
      },
      [this](const caf::error& e) {
        const auto gone = e == caf::sec::request_receiver_down;
        answered({gone ? reply::status::bounced : reply::status::died,
                  {},
                  text_of(e)});
      });
  const auto id = new_request_id(caf::message_priority::normal);
  x.asked.emplace(id.response_id().integer_value(), std::move(then));
  add_multiplexed_response_handler(id.response_id(), x.on_answer);
  post(to, ctrl(), id, std::move(m), context());
}

void host::answered(reply r) {
  auto asked
    = guest_->more().asked.extract(current_message_id().integer_value());
  asked.mapped()(r);
}

void host::handle(completion& c) {
  auto& expected = guest_->more().expected;
  const auto found = expected.find(c.id);
  if (found == expected.end()) {
    ++sys_->late;
    guest_->on_late(c);
    return;
  }
  const auto then = std::move(found->second);
  expected.erase(found);
  then(c);
}

void host::fire(std::uint64_t generation) {
  guest_->more().fire(*this, generation);
}

// -- actor --------------------------------------------------------------------

actor::actor() = default;

actor::~actor() = default;

void actor::start() {
  // nop
}

void actor::on_down(const down&) {
  // nop
}

void actor::on_stop() {
  quit(exit_kind::shutdown);
}

void actor::on_late(completion&) {
  // nop
}

actor_ref actor::self() const {
  return actor_ref{host_->ctrl()};
}

system& actor::sys() const {
  return host_->sys().owner;
}

instant actor::now() const {
  return host_->sys().time->now();
}

void actor::send(const actor_ref& to, message m) const {
  if (to)
    post(*to.block(), host_->ctrl(), caf::make_message_id(), std::move(m),
         host_->context());
}

void actor::request(const actor_ref& to, message m,
                    std::function<void(reply&)> then) const {
  if (!to) {
    auto bounced = reply{};
    bounced.how = reply::status::bounced;
    then(bounced);
    return;
  }
  host_->ask(*to.block(), std::move(m), std::move(then));
}

actor::timer_id actor::after(duration delay, std::function<void()> then) {
  auto& x = more();
  const auto id = ++x.last_id;
  x.timers.emplace(host_->clock().now() + delay,
                   extras::timer{id, std::move(then)});
  x.arm_next(*host_);
  return id;
}

void actor::cancel(timer_id id) {
  if (extras_ != nullptr)
    std::erase_if(extras_->timers,
                  [id](const auto& x) { return x.second.id == id; });
}

actor_ref actor::spawn(std::unique_ptr<actor> x) const {
  return sys().spawn(std::move(x));
}

void actor::monitor(const actor_ref& x) const {
  host_->monitor(to_handle(x));
}

void actor::stop(const actor_ref& x) const {
  host_->send_exit(to_handle(x), caf::exit_reason::user_shutdown);
}

void actor::kill(const actor_ref& x) const {
  host_->send_exit(to_handle(x), caf::exit_reason::kill);
}

void actor::quit(exit_kind kind, const std::string& text) {
  switch (kind) {
  case exit_kind::normal:
    host_->quit();
    return;
  case exit_kind::shutdown:
    host_->quit(caf::exit_reason::user_shutdown);
    return;
  case exit_kind::killed:
    host_->quit(caf::exit_reason::kill);
    return;
  case exit_kind::failed:
    host_->quit(caf::make_error(caf::sec::runtime_error, text));
    return;
  }
}

std::uint64_t actor::expect(std::function<void(completion&)> then) {
  auto& x = more();
  if (!std::exchange(x.entered, true))
    host_->sys().gate.enter(self());
  const auto id = ++x.last_id;
  x.expected.emplace(id, std::move(then));
  return id;
}

void actor::forget(std::uint64_t id) {
  if (extras_ != nullptr)
    extras_->expected.erase(id);
}

actor::extras& actor::more() {
  if (extras_ == nullptr)
    extras_ = std::make_unique<extras>();
  return *extras_;
}

} // namespace stanchion::fabric

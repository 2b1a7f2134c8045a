#pragma once

#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/detail/watcher.hpp>
#include <stanchion/fabric/system.hpp>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

// Message objects never leave the process: no serialisation.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stanchion::fabric::message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stanchion::fabric::completion)

namespace stanchion::fabric {

/// Wall time of a system: the machine's, or in virtual time a fixed start plus
/// what the test clock has advanced.
class system_time final : public stanchion::clock {
public:
  system_time(caf::actor_clock& monotonic,
              std::optional<instant> virtual_start);
  [[nodiscard]] instant now() const override;

private:
  caf::actor_clock* monotonic_;
  std::optional<instant> virtual_start_;
};

/// The library's side of one actor.
class host final : public caf::event_based_actor {
public:
  host(caf::actor_config& cfg, system::impl* sys, std::unique_ptr<actor> x);

  caf::behavior make_behavior() override;
  void on_exit() override;
  resume_result resume(caf::execution_unit* on, std::size_t most) override;
  caf::invoke_message_result consume(caf::mailbox_element& x) override;

  /// The library's side of `x`.
  [[nodiscard]] static host& of(const actor& x) {
    return *x.host_;
  }
  [[nodiscard]] system::impl& sys() const {
    return *sys_;
  }
  [[nodiscard]] actor* guest() const {
    return guest_.get();
  }

  /// Arms one library timer that ends in `actor::extras::fire`.
  void arm(caf::actor_clock::time_point at, std::uint64_t generation);

  /// Sends a request; `then` gets the answer or the receiver's end.
  void ask(caf::actor_control_block& to, message m,
           std::function<void(reply&)> then);

private:
  caf::result<message> handle(message& m);
  void handle(completion& c);
  void answered(reply r);
  void fire(std::uint64_t generation);

  void check_mailbox();

  system::impl* sys_;
  std::unique_ptr<actor> guest_; // taken away under the system's mutex
  seat* seat_ = nullptr;         // of the thread it runs on, if one watches
  std::uint32_t looked_ = 0;     // when its mailbox was looked at last
  bool long_ = false;            // and it was told that it is long
};

/// Enqueues `m` with a single allocation of the library's.
inline void post(caf::actor_control_block& to, caf::actor_control_block* from,
                 caf::message_id id, message m, caf::execution_unit* where) {
  to.enqueue(caf::make_mailbox_element(caf::strong_actor_ptr{from}, id, {},
                                       std::move(m)),
             where);
}

struct system::impl {
  impl(system& owner, const system_options& options);

  system& owner;
  std::unique_ptr<caf::actor_system_config> config;
  std::unique_ptr<caf::actor_system> own;
  caf::actor_system* sys;
  std::unique_ptr<system_time> time;
  fabric::gate gate;
  std::function<void(const overload&)> on_overload;
  std::size_t long_mailbox = 0;
  std::unique_ptr<fabric::watcher> watcher; // null: nobody looks
  std::atomic<std::size_t> late{0};
  std::uint64_t seed = 0;
  bool is_virtual = false;
  bool stopped = false;
  bool abandoned = false;

  // Every actor alive, so that an abandoned system can still be emptied.
  std::mutex mutex;
  std::condition_variable emptied;
  std::unordered_map<actor_id, caf::actor_addr> alive; // guarded by mutex

  void born(actor_id id, caf::actor_addr x);
  void died(actor_id x);
  void kill_all();
  /// Ends all actors. False when some had not ended after `deadline`.
  bool end_all(duration deadline);
  void tell_slow(actor_id who, duration busy);
};

/// The handle of a library pointer, and back.
[[nodiscard]] actor_ref to_ref(const caf::strong_actor_ptr& x);
[[nodiscard]] caf::strong_actor_ptr to_ptr(const actor_ref& x);
[[nodiscard]] caf::actor to_handle(const actor_ref& x);

/// What an exit reason or an error says, for people.
[[nodiscard]] std::string text_of(const caf::error& x);

} // namespace stanchion::fabric

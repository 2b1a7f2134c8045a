#pragma once

#include <stanchion/actors/journal/memory_store.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/runtime/detail/surroundings.hpp>
#include <stanchion/runtime/testing/detail/auditor.hpp>
#include <stanchion/runtime/testing/detail/person.hpp>
#include <stanchion/runtime/testing/detail/scenario.hpp>
#include <stanchion/runtime/testing/detail/sink.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stanchion::detail {

/// One simulated system: a process that lives, dies and is started again on
/// what its store kept, and the submitters, tools and people around it.
///
/// Threads: one.
class world final : private surroundings {
public:
  world(const scenario& s, const plan& p);
  world(const world&) = delete;
  world& operator=(const world&) = delete;
  ~world() override;

  /// Lets everything happen that can.
  [[nodiscard]] outcome_of_plan run();

private:
  class noted_store;
  class listener;

  // -- the process ------------------------------------------------------------

  void begin_life();
  void end_life();
  void die(const fault_rule& why);
  [[nodiscard]] config settings();
  [[nodiscard]] std::unique_ptr<fabric::actor> work_of(const tool& t) override;
  [[nodiscard]] std::shared_ptr<fault_injector> faults() override {
    return injector_;
  }

  // -- time -------------------------------------------------------------------

  [[nodiscard]] bool go_on();
  [[nodiscard]] bool at_rest();
  [[nodiscard]] bool is_over();
  void plan_at(instant at, std::function<void()> what);
  [[nodiscard]] duration some(duration most);
  [[nodiscard]] instant now() const;

  // -- around it --------------------------------------------------------------

  void submit(std::size_t i);
  void act(std::size_t i);
  void cancel(std::size_t i);
  void set_mode(std::size_t i);
  void people_look();
  void decide(const ticket& t);
  void decided(const ticket& t, const error* why);
  void heard(const event& x);
  void committed(std::span<const batch* const> xs);
  void attempted(const simulated_call& x);
  void note(std::string_view text);
  [[nodiscard]] bool waits(const run_row& row);
  void settle();
  [[nodiscard]] outcome_of_plan finish();

  const scenario& scenario_;
  plan plan_;
  std::shared_ptr<random_source> random_;
  sink sink_;
  person person_;
  auditor auditor_;
  std::shared_ptr<fault_injector> injector_;
  std::shared_ptr<noted_store> store_;
  std::shared_ptr<listener> listener_;
  std::map<std::string, std::uint32_t> most_attempts_; // by tool
  std::set<std::string> asking_; // tools whose calls people must approve
  simulated result_;
  instant now_; // while no process lives
  instant began_;
  std::optional<std::size_t> at_first_; // actors, before there was anything
  std::uint64_t lives_ = 0;
  bool dead_ = false;    // the process is, and nothing it does counts
  bool looking_ = false; // people will
  std::multimap<instant, std::function<void()>> agenda_;
  std::vector<bool> acknowledged_;                            // by submission
  std::vector<run_id> submitted_;                             // likewise
  std::vector<bool> acted_;                                   // by act
  std::map<std::string, std::optional<scripted_word>> words_; // by ticket
  std::unique_ptr<runtime> rt_;
  std::optional<fabric::simulation> driver_;
};

} // namespace stanchion::detail

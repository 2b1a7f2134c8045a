#include <stanchion/core/append.hpp>
#include <stanchion/core/run_messages.hpp>
#include <stanchion/fabric/routed.hpp>
#include <stanchion/runtime/detail/ask.hpp>
#include <stanchion/runtime/detail/impl.hpp>
#include <stanchion/runtime/forking.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

/// Hands the journal something, hears that it is durable, and ends.
class committer final : public fabric::actor {
public:
  committer(fabric::actor_ref journal, batch what,
            std::shared_ptr<std::promise<bool>> told)
    : journal_(std::move(journal)), what_(std::move(what)),
      told_(std::move(told)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "committer";
  }

protected:
  void start() override {
    if (!journal_) // it is being replaced
      return quit();
    monitor(journal_);
    send(journal_, append{.content = std::move(what_), .acknowledge = true});
  }
  void receive(fabric::envelope& e) override {
    if (!e.body.is<appended>())
      return;
    told_->set_value(true);
    quit();
  }
  void on_down(const fabric::down&) override {
    quit(); // the promise breaks
  }

private:
  fabric::actor_ref journal_;
  batch what_;
  std::shared_ptr<std::promise<bool>> told_;
};

} // namespace

forking runtime::fork(const run_id& id, const fork_wish& wish) {
  impl_->require_running();
  const auto origin = impl_->store->find_run(id);
  if (!origin)
    throw error{error_code::unknown_run,
                "there is no run " + to_string(id)
                  + "; `run list` shows what there is"};
  auto claim = std::shared_ptr<void>{};
  if (!wish.key.empty())
    claim = impl_->keys.claim(impl::key_of(origin->agent, wish.key));
  const auto now = impl_->sys->clock().now();
  auto x = prepare_fork(*impl_->store, *origin, wish, now, *impl_->random,
                        [this] { return ++*impl_->last_number; });
  if (x.content.records.empty())
    return x; // said again
  impl_->require_version(x.row);
  impl_->require_agent_runs(x.row.agent);
  commit(x.content,
         [&] { return impl_->store->find_run(x.row.id).has_value(); });
  impl_->bus->publish(
    {.kind = event_kind::run_submitted,
     .severity = severity::info,
     .at = now,
     .run = x.row.id,
     .subject = x.row.agent,
     .fields
     = json{{"forked_from", to_string(id)}, {"at", x.plan.origin.at}}.dump()});
  impl_->sys->send(
    impl_->part("router"),
    fabric::routed{x.row.number, fabric::message::of(run_woken{})});
  return x;
}

/// Decided twice, it is the same fork.
void runtime::impl::fork_for(runtime& rt, const decision_request& x) {
  const auto t = store->find_ticket(x.ticket);
  const auto takes_it
    = t && t->state == ticket_state::open
      && std::ranges::find(t->options, verb::fork) != t->options.end();
  if (takes_it && (x.version == 0 || x.version == t->version))
    static_cast<void>(
      rt.fork(t->run_id, {.key = t->id, .by = x.by, .reason = x.comment}));
}

void runtime::commit(const batch& x, const std::function<bool()>& done) {
  impl_->require_running();
  auto answer = std::future<bool>{};
  const auto send = [&] {
    auto told = std::make_shared<std::promise<bool>>();
    answer = told->get_future();
    static_cast<void>(impl_->sys->spawn(
      std::make_unique<committer>(impl_->part("journal"), x, std::move(told))));
  };
  static_cast<void>(impl_->ask<bool>(
    answer, send, [&] { return done() ? std::optional{true} : std::nullopt; },
    [] {}));
}

} // namespace stanchion

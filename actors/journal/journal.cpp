#include <stanchion/actors/journal/commit_thread.hpp>
#include <stanchion/actors/journal/journal.hpp>
#include <stanchion/core/append.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/system.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

using fabric::actor_ref;
using follow_ups = decltype(append_then::then);

/// What becomes durable in one commit, and who waits for it.
struct group {
  std::vector<batch> batches;
  std::vector<std::pair<actor_ref, std::uint64_t>> waiting;
  follow_ups then;
  backlog::share share;

  [[nodiscard]] bool empty() const {
    return batches.empty();
  }
};

/// Whether `store` holds what the group would add: a commit that failed at the
/// very end may have become durable all the same.
bool holds(store& to, const std::vector<batch>& batches) {
  for (const auto& b : batches)
    if (!b.records.empty()) {
      const auto& r = b.records.front();
      const auto found = to.read(r.run, r.seq);
      return !found.empty() && found.front().kind == r.kind
             && found.front().at == r.at && found.front().body == r.body;
    }
  return false; // rows and facts may be written again
}

/// How a commit ended, or why it never can.
struct commit_result {
  commit_status status = commit_status::io_error;
  std::string impossible;
  duration took{};
};

commit_result commit(store& to, const std::vector<batch>& batches,
                     bool reopen) {
  try {
    if (reopen) {
      if (!to.reopen())
        return {};
      if (holds(to, batches))
        return {.status = commit_status::done};
    }
    auto pointers = std::vector<const batch*>{};
    pointers.reserve(batches.size());
    for (const auto& b : batches)
      pointers.push_back(&b);
    return {.status = to.commit(pointers)};
  } catch (const error& e) {
    if (e.code() == error_code::run_conflict)
      return {.status = commit_status::io_error, .impossible = e.what()};
    return {};
  } catch (const std::exception&) {
    return {}; // a read during the check failed too
  }
}

/// The same, and how long it took.
commit_result timed(store& to, const std::vector<batch>& batches, bool reopen) {
  const auto begun = std::chrono::steady_clock::now();
  auto result = commit(to, batches, reopen);
  result.took = std::chrono::duration_cast<duration>(
    std::chrono::steady_clock::now() - begun);
  return result;
}

class journal final : public fabric::actor {
public:
  explicit journal(journal_options options) : options_(std::move(options)) {
    if (!options_.inline_commits)
      thread_ = std::make_unique<commit_thread>();
  }

  [[nodiscard]] std::string name() const override {
    return "journal";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (auto* y = e.body.edit<append_then>())
      take(y->what, e, &y->then);
    else if (auto* x = e.body.edit<append>())
      take(*x, e, nullptr);
    else if (e.body.is<flush>())
      start_commit();
    else if (e.body.is<last>())
      end_soon();
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(
        tree_node{.name = "journal",
                  .kind = "system",
                  .state = trouble_ ? "store trouble" : "running",
                  .detail = trouble_ ? "commits wait for the store" : "",
                  .children = {}});
  }

  /// What is in the mailbox already becomes durable first, unless the store
  /// takes nothing.
  void on_stop() override {
    send(self(), last{});
  }

private:
  struct flush {};
  struct last {};

  void end_soon() {
    ending_ = true;
    start_commit();
    end_if_done();
  }

  void end_if_done() {
    if (ending_ && (trouble_ || !busy_))
      quit(fabric::exit_kind::shutdown);
  }

  void take(append& x, const fabric::envelope& e, follow_ups* then) {
    if (x.acknowledge)
      next_.waiting.emplace_back(e.sender(), x.token);
    if (then != nullptr)
      std::move(then->begin(), then->end(), std::back_inserter(next_.then));
    if (!x.share && options_.backlog != nullptr)
      x.share = options_.backlog->take(x.content.weight());
    next_.share.merge(std::move(x.share));
    next_.batches.push_back(std::move(x.content));
    if (!busy_ && !flushing_ && !trouble_) {
      // To itself, behind what is already in the mailbox: it joins the group.
      flushing_ = true;
      send(self(), flush{});
    }
  }

  void start_commit() {
    flushing_ = false;
    if (busy_ || next_.empty())
      return;
    busy_ = true;
    current_ = std::exchange(next_, {});
    run_commit(false);
  }

  void run_commit(bool reopen) {
    if (thread_ == nullptr)
      return finish(timed(*options_.store, current_.batches, reopen));
    const auto id = expect(
      [this](fabric::completion& c) { finish(*c.body.as<commit_result>()); });
    // The group stays untouched until the completion is here.
    thread_->submit([store = options_.store, &batches = current_.batches,
                     reopen, id, to = self().id(), &gate = sys().gate()] {
      gate.set(to, id, fabric::message::of(timed(*store, batches, reopen)));
    });
  }

  void finish(const commit_result& x) {
    // A batch that contradicts the store would be in the way for ever. Nothing
    // of it is acknowledged; its supervisor starts everything from the store.
    if (!x.impossible.empty())
      throw std::logic_error{x.impossible};
    if (x.status != commit_status::done)
      return wait_for_store(x.status);
    if (std::exchange(trouble_, false))
      publish(event_kind::store_recovered, severity::info, "");
    busy_ = false;
    if (options_.on_commit)
      options_.on_commit(current_.batches.size(), x.took);
    auto durable = std::exchange(current_, {});
    durable.share = {}; // whoever is told sees the backlog without it
    for (const auto& [who, token] : durable.waiting)
      send(who, appended{token});
    for (auto& [who, what] : durable.then)
      send(who, std::move(what));
    start_commit();
    end_if_done();
  }

  void wait_for_store(commit_status status) {
    const auto broken = status == commit_status::io_error;
    if (!std::exchange(trouble_, true))
      publish(event_kind::store_trouble, severity::critical,
              R"({"why":)" + canonical(value{options_.store->problem()}) + "}");
    after(options_.retry_after, [this, broken] { run_commit(broken); });
    end_if_done();
  }

  void publish(event_kind kind, severity level, std::string fields) {
    if (options_.events != nullptr)
      options_.events->publish(
        {kind, level, now(), {}, {}, "journal", std::move(fields)});
  }

  journal_options options_;
  group next_;    // forming
  group current_; // in flight, or waiting for the store
  bool busy_ = false;
  bool flushing_ = false;
  bool trouble_ = false;
  bool ending_ = false;
  std::unique_ptr<commit_thread> thread_; // last: joins before the rest goes
};

} // namespace

std::unique_ptr<fabric::actor> make_journal(journal_options options) {
  return std::make_unique<journal>(std::move(options));
}

} // namespace stanchion

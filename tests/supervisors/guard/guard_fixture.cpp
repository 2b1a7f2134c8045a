#include "supervisors/guard/guard_fixture.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stanchion::test {

namespace {

using fabric::envelope;
using fabric::message;

struct say_this {
  message what;
};

class scripted_tool final : public fabric::actor {
public:
  explicit scripted_tool(tool_script& script) : script_(&script) {
    // nop
  }
  std::string name() const override {
    return "tool";
  }

protected:
  void start() override {
    ++script_->starts;
    script_->now = self();
    if (script_->bad_starts == 0)
      return;
    --script_->bad_starts;
    throw std::runtime_error{"bad start"};
  }
  void receive(envelope& e) override {
    if (e.body.is<release>()) {
      for (auto& [to, attempt] : held_)
        to.deliver(tool_answer{script_->released.value_or(success(attempt))});
      held_.clear();
    } else if (const auto* job = e.body.as<tool_job>()) {
      if (job->reconcile)
        answer_question(*job, e);
      else
        work(*job, e);
    }
  }

private:
  static outcome success(std::uint32_t attempt) {
    return args("ok", attempt);
  }
  void answer_question(const tool_job& job, envelope& e) {
    script_->questions.push_back(job);
    auto x = script_->found.front();
    if (script_->found.size() > 1)
      script_->found.pop_front();
    e.take_promise().deliver(tool_answer{std::move(x)});
  }
  void work(const tool_job& job, envelope& e) {
    script_->jobs.push_back(job);
    auto what = script_->otherwise;
    if (!script_->acts.empty()) {
      what = script_->acts.front();
      script_->acts.pop_front();
    }
    switch (what) {
    case act::succeed:
      return e.take_promise().deliver(tool_answer{success(job.attempt)});
    case act::wrong_shape:
      return e.take_promise().deliver(tool_answer{args("colour", "red")});
    case act::error:
      return e.take_promise().deliver(tool_answer{script_->error});
    case act::throw_std:
      throw std::runtime_error{"bad luck"};
    case act::throw_other:
      throw 7; // NOLINT(hicpp-exception-baseclass): what a user may do
    case act::quit:
      held_.emplace_back(e.take_promise(), job.attempt);
      return quit(fabric::exit_kind::failed, "had enough");
    case act::hang:
      held_.emplace_back(e.take_promise(), job.attempt);
    }
  }

  tool_script* script_;
  std::vector<std::pair<fabric::promise, std::uint32_t>> held_;
};

class fake_run final : public fabric::actor {
public:
  fake_run(guard_fixture& owner, run_log& log) : owner_(&owner), log_(&log) {
    // nop
  }
  std::string name() const override {
    return "run";
  }

protected:
  void receive(envelope& e) override {
    if (const auto* x = e.body.as<say_this>())
      send(owner_->guard, x->what);
    else if (const auto* yes = e.body.as<call_admitted>())
      on_admitted(*yes);
    else if (const auto* bad = e.body.as<attempt_failed>())
      on_failed(*bad);
    else if (const auto* until = e.body.as<call_waits>())
      on_waits(*until);
    else if (const auto* over = e.body.as<call_done>())
      on_done(*over);
    else if (const auto* what = e.body.as<call_unknown>())
      on_unknown(*what);
    else if (const auto* late = e.body.as<late_result>())
      log_->late.push_back(*late);
    else if (e.body.is<call_held>())
      ++log_->held;
  }

private:
  void tell(const std::string& text) {
    log_->story.push_back(text);
  }
  void on_admitted(const call_admitted& x) {
    log_->admitted.push_back(x);
    tell("admitted " + std::to_string(x.attempt));
    log_->attempts.made = x.attempt;
    log_->attempts.open = true;
    log_->attempts.ended.reset();
    if (log_->goes)
      send(owner_->guard, attempt_go{x.key, x.attempt});
  }
  void on_failed(const attempt_failed& x) {
    log_->failed.push_back(x);
    tell("failed " + std::to_string(x.attempt) + ' '
         + std::string{to_string(x.why.kind)});
    end_attempt(x.why);
  }
  void end_attempt(const failure& why) {
    log_->attempts.open = false;
    log_->attempts.ended = why.effect;
    log_->attempts.last = std::make_shared<const failure>(why);
  }
  void on_waits(const call_waits& x) {
    log_->waits.push_back(x);
    tell("waits " + std::string{to_string(x.why)});
    if (log_->comes_back)
      after(x.until - now(),
            [this, number = x.key.run] { owner_->ask(self(), *log_, number); });
  }
  void on_done(const call_done& x) {
    log_->done.push_back(x);
    log_->attempts.open = false;
    tell("done " + std::to_string(x.attempt) + ' '
         + (x.result.ok() ? x.result.get().source()
                          : std::string{to_string(x.result.why().kind)}));
  }
  void on_unknown(const call_unknown& x) {
    log_->unknown.push_back(x);
    tell("unknown " + std::string{to_string(x.reason)});
    end_attempt(x.why);
  }

  guard_fixture* owner_;
  run_log* log_;
};

/// Journal, parent and monitor of the guard.
class witness final : public fabric::actor {
public:
  explicit witness(guard_fixture& owner) : owner_(&owner) {
    // nop
  }
  std::string name() const override {
    return "witness";
  }

protected:
  void receive(envelope& e) override {
    if (e.body.is<say_this>())
      monitor(owner_->guard);
    else if (const auto* x = e.body.as<escalation>())
      owner_->escalations.push_back(*x);
    else if (const auto* a = e.body.as<append>())
      for (const auto& fact : a->content.facts)
        owner_->facts[fact.key] = fact.text;
  }
  void on_down(const fabric::down& d) override {
    owner_->ends.push_back(d);
  }

private:
  guard_fixture* owner_;
};

class viewer final : public fabric::actor {
public:
  viewer(fabric::actor_ref guard, tree_node& to)
    : guard_(std::move(guard)), to_(&to) {
    // nop
  }
  std::string name() const override {
    return "viewer";
  }

protected:
  void start() override {
    request(guard_, message::of(describe_tree{}), [this](fabric::reply& r) {
      if (const auto* x = r.body.as<tree_node>())
        *to_ = *x;
    });
  }
  void receive(envelope&) override {
    // nop
  }

private:
  fabric::actor_ref guard_;
  tree_node* to_;
};

} // namespace

std::unique_ptr<fabric::actor> make_scripted_tool(tool_script& script) {
  return std::make_unique<scripted_tool>(script);
}

std::size_t event_list::count(event_kind kind) const {
  return static_cast<std::size_t>(
    std::count_if(events.begin(), events.end(),
                  [kind](const event& x) { return x.kind == kind; }));
}

const event& event_list::last(event_kind kind) const {
  const auto found
    = std::find_if(events.rbegin(), events.rend(),
                   [kind](const event& x) { return x.kind == kind; });
  if (found == events.rend())
    throw std::logic_error{"no such event"};
  return *found;
}

call_key key_of(run_number number) {
  return {.run = number, .step = "5", .revision = 0};
}

guard_fixture::guard_fixture(std::uint64_t seed)
  : sys(fabric::system_options{.virtual_seed = seed}) {
  options.name = "t";
  options.effect = effect::idempotent;
  options.input = schema{json::parse(R"({"type": "object",
    "properties": {"id": {"type": "integer"}}, "required": ["id"]})")};
  options.output = schema{json::parse(R"({"type": "object",
    "properties": {"ok": {}}, "required": ["ok"]})")};
  options.child = [this] { return make_scripted_tool(script); };
  options.events = events;
  options.random = seeded_random(seed);
}

void guard_fixture::start() {
  const auto w = sys.spawn(std::make_unique<witness>(*this));
  cast.push_back(w);
  options.journal = w;
  options.parent = w;
  guard = sys.spawn(make_guard(options));
  sys.send(w, say_this{});
  sim.run();
}

fabric::actor_ref guard_fixture::run(run_log& log) {
  return cast.emplace_back(sys.spawn(std::make_unique<fake_run>(*this, log)));
}

void guard_fixture::say(const fabric::actor_ref& from, message m) {
  sys.send(from, say_this{std::move(m)});
}

void guard_fixture::ask(const fabric::actor_ref& from, run_log& log,
                        run_number number, bool at_once) {
  auto request = call_request{.key = key_of(number),
                              .arguments = R"({"id":7})",
                              .attempts = log.attempts,
                              .at_once = at_once};
  request.run = derived_uuid(number, 1);
  if (at_once && log.attempts.made == 0) {
    log.attempts.made = 1;
    log.attempts.open = true;
  }
  say(from, message::of(std::move(request)));
}

run_log& guard_fixture::call(bool at_once, bool comes_back) {
  if (!guard)
    start();
  auto& log = logs.emplace_back();
  log.comes_back = comes_back;
  ask(run(log), log, logs.size(), at_once);
  sim.run();
  return log;
}

run_log& guard_fixture::call_to_end(duration patience) {
  auto& log = call(false, true);
  sim.run_until([&log] { return !log.done.empty() || !log.unknown.empty(); },
                patience);
  return log;
}

void guard_fixture::release_tool() {
  sys.send(script.now, release{});
  sim.run();
}

tree_node guard_fixture::describe() {
  auto result = tree_node{};
  cast.push_back(sys.spawn(std::make_unique<viewer>(guard, result)));
  sim.run();
  return result;
}

} // namespace stanchion::test

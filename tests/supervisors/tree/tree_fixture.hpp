#pragma once

#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>
#include <stanchion/supervisors/tree/supervisor.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

/// Actors that do as they are told, and a system in virtual time to watch a
/// supervisor handle them.
namespace stanchion::test {

using log_lines = std::vector<std::string>;

/// How a worker is told to end.
enum class end_as { normal, shutdown, failed, killed };

/// Told to a worker.
struct end_now {
  end_as how = end_as::normal;
  std::string text;
};

/// What the next incarnation of a worker does instead of starting well.
enum class start_as { fine, throws, quits, hangs, factory_throws, no_actor };

/// Everything that lives outside the actors, shared with them.
struct stage {
  log_lines log;
  std::map<std::string, std::vector<start_as>> starts; // next at the front
  std::map<std::string, bool> deaf;                    // ignores stop
  std::map<std::string, fabric::actor_ref> now;
  std::map<std::string, int> started;

  void say(const std::string& line) {
    log.push_back(line);
  }
  start_as next_start(const std::string& id) {
    auto& all = starts[id];
    if (all.empty())
      return start_as::fine;
    const auto result = all.front();
    all.erase(all.begin());
    return result;
  }
};

class worker : public fabric::actor {
public:
  worker(std::string id, stage& s, start_as how)
    : id_(std::move(id)), stage_(&s), how_(how) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return id_;
  }

protected:
  void start() override {
    if (how_ == start_as::throws)
      throw std::runtime_error{"no start"};
    if (how_ == start_as::quits)
      quit(fabric::exit_kind::normal);
    stage_->say("+" + id_);
    ++stage_->started[id_];
  }
  void receive(fabric::envelope& e) override {
    if (const auto* x = e.body.as<end_now>())
      end(*x);
    else if (e.body.is<await_start>() && how_ == start_as::hangs)
      kept_ = e.take_promise();
    else if (e.body.is<describe_tree>() && how_ == start_as::hangs)
      kept_ = e.take_promise();
  }
  void on_stop() override {
    if (stage_->deaf[id_])
      return;
    stage_->say("-" + id_);
    quit(fabric::exit_kind::shutdown);
  }

private:
  void end(const end_now& x) {
    switch (x.how) {
    case end_as::normal:
      return quit();
    case end_as::shutdown:
      return quit(fabric::exit_kind::shutdown);
    case end_as::killed:
      return quit(fabric::exit_kind::killed);
    case end_as::failed:
      throw std::runtime_error{x.text};
    }
  }

  std::string id_;
  stage* stage_;
  start_as how_;
  fabric::promise kept_;
};

/// Watches the end of one actor, asks one, and stands in for a parent.
class observer : public fabric::actor {
public:
  struct heard {
    std::vector<std::pair<fabric::exit_kind, std::string>> ends;
    std::vector<escalation> escalations;
    std::vector<fabric::reply> replies;
  };
  struct watch {
    fabric::actor_ref who;
  };
  struct ask {
    fabric::actor_ref who;
    fabric::message what;
  };

  explicit observer(heard& to) : heard_(&to) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "observer";
  }

protected:
  void receive(fabric::envelope& e) override {
    if (const auto* w = e.body.as<watch>())
      monitor(w->who);
    else if (const auto* a = e.body.as<ask>())
      request(a->who, a->what,
              [this](fabric::reply& r) { heard_->replies.push_back(r); });
    else if (const auto* x = e.body.as<escalation>())
      heard_->escalations.push_back(*x);
  }
  void on_down(const fabric::down& d) override {
    heard_->ends.emplace_back(d.kind, d.text);
  }

private:
  heard* heard_;
};

/// A system in virtual time with one supervisor under test.
struct tree_fixture {
  explicit tree_fixture(std::uint64_t seed = 1)
    : sys(fabric::system_options{.virtual_seed = seed}), sim(sys) {
    parent = sys.spawn(std::make_unique<observer>(heard));
  }

  stage on;
  observer::heard heard;
  fabric::system sys;
  fabric::simulation sim;
  fabric::actor_ref parent;
  fabric::actor_ref top;

  /// Restarts at once, and without jitter.
  static constexpr backoff_options at_once{
    .first = 0s, .factor = 1.0, .cap = 0s, .jitter = jitter::none};

  child_spec spec(const std::string& id,
                  restart_type type = restart_type::permanent) {
    child_spec x;
    x.id = id;
    x.restart = type;
    x.backoff = at_once;
    x.start
      = [this, id](const fabric::actor_ref&) -> std::unique_ptr<fabric::actor> {
      const auto how = on.next_start(id);
      if (how == start_as::factory_throws)
        throw std::runtime_error{"no factory"};
      if (how == start_as::no_actor)
        return nullptr;
      return std::make_unique<worker>(id, on, how);
    };
    return x;
  }

  supervisor_options options(const std::string& name,
                             std::vector<child_spec> children,
                             strategy how = strategy::one_for_one) {
    supervisor_options x;
    x.name = name;
    x.strategy = how;
    x.children = std::move(children);
    x.parent = parent;
    x.random = seeded_random(1);
    x.on_child = [this](const std::string& id, const fabric::actor_ref& ref) {
      on.now[id] = ref;
    };
    return x;
  }

  void begin(supervisor_options x) {
    top = sys.spawn(make_supervisor(std::move(x)));
    sys.send(parent, observer::watch{top});
    sim.run();
  }

  void end(const std::string& id, end_as how = end_as::failed,
           const std::string& text = "boom") {
    if (how == end_as::killed)
      sys.kill(on.now.at(id));
    else
      sys.send(on.now.at(id), end_now{how, text});
    sim.run();
  }

  bool up(const std::string& id) {
    return static_cast<bool>(on.now[id]);
  }

  bool ended() const {
    return !heard.ends.empty();
  }

  /// Sends a request and runs until nothing moves; the answer is the last of
  /// `heard.replies`.
  template <class T>
  fabric::reply ask(T what) {
    sys.send(parent, observer::ask{top, fabric::message::of(std::move(what))});
    const auto before = heard.replies.size();
    sim.run_until([&] { return heard.replies.size() > before; }, 1min);
    if (heard.replies.size() == before)
      throw std::runtime_error{"no answer"};
    return heard.replies.back();
  }

  tree_node tree() {
    auto r = ask(describe_tree{});
    return *r.body.as<tree_node>();
  }

  log_lines taken() {
    return std::exchange(on.log, {});
  }
};

} // namespace stanchion::test

#include "bench/floor_caf.hpp"

#include "bench/harness.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::bench::bare {

namespace {

using done_atom = caf::atom_constant<caf::atom("done")>;

/// As the product sets the library up.
struct settings : caf::actor_system_config {
  settings() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{2});
    set("scheduler.max-throughput", std::size_t{50});
  }
};

caf::behavior worker() {
  return {[](std::string& x) { return std::move(x); }};
}

caf::behavior relay(caf::event_based_actor* self, const caf::actor& to) {
  return {[self, to](std::string& x) {
    auto answer = self->make_response_promise<std::string>();
    self->request(to, caf::infinite, std::move(x))
      .then([answer](std::string& y) mutable { answer.deliver(std::move(y)); });
    return answer;
  }};
}

class caller {
public:
  caller(caf::event_based_actor* self, caf::actor to, std::uint64_t calls,
         caf::actor tell)
    : self_(self), to_(std::move(to)), left_(calls), tell_(std::move(tell)) {
    // nop
  }

  void next() {
    if (left_-- == 0) {
      self_->send(tell_, done_atom::value);
      self_->quit();
      return;
    }
    self_->request(to_, caf::infinite, std::string{R"({"n":1,"s":"ab"})"})
      .then([this](std::string&) { next(); });
  }

private:
  caf::event_based_actor* self_;
  caf::actor to_;
  std::uint64_t left_;
  caf::actor tell_;
};

// -- crash and answer ---------------------------------------------------------

struct crash_times {
  clock::time_point thrown;
  std::vector<double> seconds;
};

caf::behavior crashing(caf::event_based_actor* self, crash_times* times) {
  // The library's own handler would print each of them.
  self->set_exception_handler(
    [](std::exception_ptr&) -> caf::error { return caf::sec::runtime_error; });
  return {[times](std::string& x) -> std::string {
    if (x != "crash")
      return std::move(x);
    times->thrown = clock::now();
    throw std::runtime_error{"crash"};
  }};
}

/// Keeps a worker alive and its caller's request until it is answered.
class keeper {
public:
  keeper(caf::event_based_actor* self, crash_times* times)
    : self_(self), times_(times) {
    self->set_down_handler([this](caf::down_msg&) {
      start();
      ask("again");
    });
    start();
  }

  caf::response_promise take(std::string& x) {
    answer_ = self_->make_response_promise();
    ask(std::move(x));
    return answer_;
  }

private:
  void start() {
    worker_ = self_->spawn<caf::monitored>(crashing, times_);
  }

  void ask(std::string x) {
    self_->request(worker_, caf::infinite, std::move(x))
      .then([this](std::string& y) { answer_.deliver(std::move(y)); },
            [](const caf::error&) {
              // its end tells
            });
  }

  caf::event_based_actor* self_;
  crash_times* times_;
  caf::actor worker_;
  caf::response_promise answer_;
};

} // namespace

double calls_per_second(std::uint64_t pairs, std::uint64_t calls) {
  auto config = settings{};
  auto system = caf::actor_system{config};
  auto self = caf::scoped_actor{system};
  const auto me = caf::actor{self};
  const auto begin = clock::now();
  for (auto i = std::uint64_t{0}; i < pairs; ++i) {
    const auto to = system.spawn(relay, system.spawn(worker));
    system.spawn([to, calls, me](caf::event_based_actor* x) -> caf::behavior {
      auto c = std::make_shared<caller>(x, to, calls, me);
      c->next();
      return {[c](done_atom) {}};
    });
  }
  for (auto i = std::uint64_t{0}; i < pairs; ++i)
    self->receive([](done_atom) {});
  return static_cast<double>(pairs * calls) / seconds_since(begin);
}

double crash_to_answer(std::uint64_t crashes) {
  auto config = settings{};
  auto system = caf::actor_system{config};
  auto times = crash_times{};
  const auto guard
    = system.spawn([&times](caf::event_based_actor* x) -> caf::behavior {
        auto k = std::make_shared<keeper>(x, &times);
        return {[k](std::string& text) { return k->take(text); }};
      });
  auto self = caf::scoped_actor{system};
  const auto me = caf::actor{self};
  system.spawn([&, guard, me](caf::event_based_actor* x) -> caf::behavior {
    auto next = std::make_shared<std::function<void()>>();
    *next = [&times, crashes, guard, me, x, next = next.get()] {
      if (times.seconds.size() == crashes) {
        x->send(me, done_atom::value);
        return;
      }
      x->request(guard, caf::infinite, std::string{"crash"})
        .then([&times, next](std::string&) {
          times.seconds.push_back(seconds_since(times.thrown));
          (*next)();
        });
    };
    (*next)();
    return {[next](done_atom) {}};
  });
  self->receive([](done_atom) {});
  caf::anon_send_exit(guard, caf::exit_reason::kill);
  return quantile(times.seconds, 0.5);
}

void first_answer(void (*done)()) {
  auto config = settings{};
  auto system = caf::actor_system{config};
  auto self = caf::scoped_actor{system};
  self->request(system.spawn(worker), caf::infinite, std::string{"x"})
    .receive([done](const std::string&) { done(); }, [](const caf::error&) {});
}

} // namespace stanchion::bench::bare

#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <stanchion/fabric/actor.hpp>
#include <stanchion/fabric/simulation.hpp>
#include <stanchion/fabric/system.hpp>

#include <future>
#include <mutex>
#include <vector>

using namespace stanchion;
using namespace stanchion::fabric;

namespace {

/// Does what it is told to.
class obedient final : public actor {
public:
  using task = std::function<void()>;

  explicit obedient(task at_start = {}) : at_start_(std::move(at_start)) {
    // nop
  }
  [[nodiscard]] std::string name() const override {
    return "obedient";
  }

protected:
  void start() override {
    if (at_start_)
      at_start_();
  }
  void receive(envelope& e) override {
    if (const auto* x = e.body.as<task>())
      (*x)();
  }

private:
  task at_start_;
};

/// Looks are the only time here.
struct watched {
  ~watched() {
    sys.shutdown(1s);
  }

  system_options options() {
    return {.virtual_seed = 1,
            .on_overload = [this](const overload& x) { heard.push_back(x); },
            .slow_after = 1s,
            .long_mailbox = 5};
  }
  void look(int times) {
    for (auto i = 0; i < times; ++i)
      sys.watch();
  }
  void tell(const actor_ref& to, obedient::task what) {
    sys.send(to, std::move(what));
  }

  std::vector<overload> heard;
  fabric::system sys{options()};
  simulation sim{sys};
};

} // namespace

TEST_CASE_METHOD(watched, "a handler that runs too long is told once",
                 "[fabric][watch]") {
  const auto x = sys.spawn(std::make_unique<obedient>());
  tell(x, [&] { look(10); });
  sim.run();
  CHECK(heard.empty());
  tell(x, [&] { look(30); });
  sim.run();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].kind == overload_kind::slow_handler);
  CHECK(heard[0].actor == "obedient");
  CHECK(heard[0].busy == 1s);
  tell(x, [&] { look(11); });
  sim.run();
  CHECK(heard.size() == 2);
}

TEST_CASE_METHOD(watched, "a slow start, and a slow end of an actor, are told",
                 "[fabric][watch]") {
  const auto x = sys.spawn(std::make_unique<obedient>([this] { look(11); }));
  sim.run();
  CHECK(heard.size() == 1);
  sys.kill(x);
  look(30);
  sim.run();
  CHECK(heard.size() == 1); // nobody is in a handler
}

TEST_CASE_METHOD(watched, "many short handlers are none that is slow",
                 "[fabric][watch]") {
  const auto x = sys.spawn(std::make_unique<obedient>());
  for (auto i = 0; i < 50; ++i)
    tell(x, [&] { look(1); });
  sim.run();
  look(50);
  for (const auto& y : heard)
    CHECK(y.kind == overload_kind::long_mailbox);
}

TEST_CASE_METHOD(watched, "a long mailbox is told once until it is short again",
                 "[fabric][watch]") {
  const auto x = sys.spawn(std::make_unique<obedient>());
  sim.run();
  const auto pile_up = [&](int messages) {
    for (auto i = 0; i < messages; ++i)
      sys.send(x, i);
    look(1);
  };
  pile_up(5);
  sim.run();
  CHECK(heard.empty());
  pile_up(6);
  tell(x, [&] { pile_up(6); }); // still as many when it looks next
  sim.run();
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].kind == overload_kind::long_mailbox);
  CHECK(heard[0].actor == "obedient");
  CHECK(heard[0].waiting > 5);
  pile_up(1);
  sim.run();
  pile_up(6);
  sim.run();
  CHECK(heard.size() == 2);
}

TEST_CASE("a handler that hangs is told while it hangs", "[fabric][watch]") {
  auto told = std::promise<std::string>{};
  const auto name = told.get_future().share();
  auto once = std::once_flag{};
  fabric::system sys{{.threads = 2,
                      .on_overload =
                        [&](const overload& x) {
                          std::call_once(once,
                                         [&] { told.set_value(x.actor); });
                        },
                      .slow_after = defaults::watch_period}};
  const auto x = sys.spawn(std::make_unique<obedient>());
  sys.send(x, obedient::task{[name] { name.wait(); }});
  CHECK(name.get() == "obedient");
  CHECK(sys.shutdown(30s));
}

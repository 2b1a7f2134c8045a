#include <stanchion/actors/run/history.hpp>
#include <stanchion/actors/tool/coroutine_host.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

coroutine_host::coroutine_host(tool_context ctx, sleeper sleep)
  : context_(std::move(ctx)), sleep_(std::move(sleep)),
    self_(std::make_shared<coroutine_host*>(this)),
    engine_(*this, {}, context_.time->now()) {
  // nop
}

coroutine_host::~coroutine_host() {
  *self_ = nullptr;
}

void coroutine_host::start(const tool_coroutine& fn, value arguments,
                           std::function<void()> ended) {
  ended_ = std::move(ended);
  engine_.start(fn(context_, std::move(arguments)), {});
  check_end();
}

json coroutine_host::take_result() {
  if (const auto thrown = engine_.thrown())
    std::rethrow_exception(thrown);
  return engine_.take_result();
}

void coroutine_host::begin(step& s) {
  sleep_(*s.due - context_.time->now(), [self = self_, path = s.path] {
    if (*self != nullptr)
      (*self)->wake(path);
  });
}

void coroutine_host::wake(const step_path& path) {
  engine_.deliver(path, outcome{value{}}, context_.time->now());
  check_end();
}

void coroutine_host::check_end() {
  if (engine_.ended())
    std::exchange(ended_, nullptr)();
}

// -- what tools cannot ask for ------------------------------------------------

void coroutine_host::resume(step&) {
  // nop: there is no journal
}

void coroutine_host::record_side_value(const step_path&, std::string_view,
                                       const value&) {
  // nop
}

void coroutine_host::record_patch(std::string_view, bool) {
  // nop
}

void coroutine_host::abandoned(step&) {
  // nop: a timer that is not waited for finds nobody
}

void coroutine_host::drifted(const step&) {
  // nop
}

void coroutine_host::say(event_kind, severity, std::string_view) {
  // nop
}

} // namespace stanchion

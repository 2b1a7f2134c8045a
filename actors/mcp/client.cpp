#include <stanchion/actors/mcp/client.hpp>

#include <atomic>
#include <exception>
#include <map>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// Counts on when the clock of the wall is set.
instant steady_now() {
  return from_micros(std::chrono::duration_cast<duration>(
                       poll_loop::clock::now().time_since_epoch())
                       .count());
}

failure not_connected() {
  return {.kind = failure_kind::network,
          .effect = side_effect::not_started,
          .message = "the server is not connected"};
}

} // namespace

/// Lives on the loop, which keeps it until nothing is left of the connection.
struct mcp_client::impl final : mcp_session_host,
                                std::enable_shared_from_this<mcp_client::impl> {
  impl(poll_loop& on, mcp_client_options x, mcp_client_listener to)
    : on_(on), options(std::move(x)), listener(std::move(to)),
      session(*this, options.session) {
    // nop
  }

  poll_loop& loop() const {
    return on_;
  }

  // -- from the handle, on the loop -------------------------------------------

  void open() {
    loop().keep(shared_from_this());
    try {
      transport = options.connect(
        loop(), {.on_frame =
                   [this](std::string_view x) {
                     session.received(x, steady_now());
                     settle();
                   },
                 .on_refused =
                   [this](std::int64_t request, const mcp_refusal& x) {
                     session.refused(request, x, steady_now());
                     settle();
                   },
                 .on_lost =
                   [this](const std::string& x) {
                     session.lost(x);
                     give_up(x);
                     settle();
                   },
                 .on_note = [this](severity level,
                                   const std::string& x) { note(level, x); }});
    } catch (const std::exception& wrong) {
      over = wrong.what();
      return finish();
    }
    session.start(steady_now());
    settle();
  }

  void begin_call(mcp_call_id id, mcp_call what, call_listener who) {
    if (over || !session.is_ready())
      return who.on_end(not_connected());
    calls.emplace(id, std::move(who));
    session.call(id, std::move(what), steady_now());
    settle();
  }

  void cancel_call(mcp_call_id id) {
    session.cancel(id, steady_now());
    settle();
  }

  void hear(mcp_client_listener to) {
    listener = std::move(to);
    if (over && transport == nullptr)
      listener.on_lost(*over);
    else if (listing && !over)
      listener.on_listed(*listing);
  }

  /// Closes it, unless that is under way.
  void give_up(const std::string& why) {
    if (over)
      return;
    over = why;
    closing = true;
  }

  /// What had to wait until the session's members have returned.
  void settle() {
    if (std::exchange(closing, false))
      return transport->close([mine = weak_from_this()] { // which is our own
        if (const auto me = mine.lock())
          me->finish();
      });
    if (over)
      return;
    const auto due = session.next_due();
    if (due == armed_for)
      return;
    if (timer)
      loop().cancel(*std::exchange(timer, std::nullopt));
    armed_for = due;
    if (due)
      timer = loop().at(poll_loop::clock::now() + (*due - steady_now()),
                        [this] { on_time(); });
  }

  void on_time() {
    timer.reset();
    armed_for.reset();
    session.tick(steady_now());
    settle();
  }

  void finish() {
    if (timer)
      loop().cancel(*std::exchange(timer, std::nullopt));
    transport.reset();
    const auto me = shared_from_this();
    loop().let_go(this);
    if (listener.on_lost)
      listener.on_lost(*over);
    listener = {};
  }

  void close() {
    if (over)
      return;
    session.lost("it was closed");
    give_up("it was closed");
    settle();
  }

  // -- from the session -------------------------------------------------------

  void send(mcp_outgoing x) override {
    transport->send(x);
  }
  void abandon(std::int64_t request) override {
    transport->abandon(request);
  }
  void listed(const mcp_greeting& from, std::vector<mcp_tool> tools,
              std::vector<std::string> dropped) override {
    transport->agreed(from);
    listing = mcp_listing{from, std::move(tools), std::move(dropped)};
    if (listener.on_listed)
      listener.on_listed(*listing);
  }
  void ended(mcp_call_id call, outcome x) override {
    auto node = calls.extract(call);
    if (!node.empty())
      node.mapped().on_end(std::move(x));
  }
  void progressed(mcp_call_id call) override {
    const auto found = calls.find(call);
    if (found != calls.end() && found->second.on_progress)
      found->second.on_progress();
  }
  void failed(const std::string& why) override {
    give_up(why);
  }
  void note(severity level, const std::string& text) override {
    if (listener.on_note)
      listener.on_note(level, text);
  }

  poll_loop& on_; // owned by the handle: it may not end on its own thread
  mcp_client_options options;
  mcp_client_listener listener;
  mcp_session session;
  std::unique_ptr<mcp_transport> transport;
  std::optional<mcp_listing> listing;
  std::optional<std::string> over;
  bool closing = false;
  std::map<mcp_call_id, call_listener> calls;
  std::optional<poll_loop::timer_id> timer;
  std::optional<instant> armed_for;
  std::atomic<mcp_call_id> last_call = 0;
};

mcp_client::mcp_client(std::shared_ptr<poll_loop> loop,
                       mcp_client_options options, mcp_client_listener listener)
  : loop_(std::move(loop)),
    impl_(
      std::make_shared<impl>(*loop_, std::move(options), std::move(listener))) {
  loop_->post([x = impl_] { x->open(); });
}

mcp_client::~mcp_client() {
  close();
}

void mcp_client::listen(mcp_client_listener to) {
  loop_->post(
    [x = impl_, to = std::move(to)]() mutable { x->hear(std::move(to)); });
}

mcp_call_id mcp_client::call(mcp_call what, call_listener who) {
  const auto id = ++impl_->last_call;
  loop_->post(
    [x = impl_, id, what = std::move(what), who = std::move(who)]() mutable {
      x->begin_call(id, std::move(what), std::move(who));
    });
  return id;
}

void mcp_client::cancel(mcp_call_id id) {
  loop_->post([x = impl_, id] { x->cancel_call(id); });
}

void mcp_client::close() {
  loop_->post([x = impl_] { x->close(); });
}

} // namespace stanchion

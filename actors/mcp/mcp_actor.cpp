#include <stanchion/actors/mcp/mcp_actor.hpp>
#include <stanchion/actors/tool/tool_context.hpp>
#include <stanchion/actors/tool/tool_work.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/fabric/gate.hpp>
#include <stanchion/fabric/system.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <stop_token>
#include <variant>

namespace stanchion {

namespace {

using fabric::completion;
using fabric::envelope;
using fabric::message;
using fabric::promise;

failure not_started(failure_kind kind, std::string why) {
  return {.kind = kind,
          .effect = side_effect::not_started,
          .message = std::move(why)};
}

struct lost {
  std::string why;
};
struct noted {
  severity level = severity::info;
  std::string text;
};
using news = std::variant<mcp_listing, lost, noted>;

/// What the loop's thread tells an actor, however often: it rings once, and
/// the actor takes all there is.
///
/// Threads: any.
class news_box {
public:
  news_box(fabric::gate to, fabric::actor_id who)
    : gate_(std::move(to)), who_(who) {
    // nop
  }
  void put(news x) {
    auto id = std::uint64_t{0};
    {
      const std::lock_guard guard{mutex_};
      all_.push_back(std::move(x));
      std::swap(id, bell_);
    }
    if (id != 0)
      gate_.set(who_, id, message::of(true));
  }
  /// What has come; `bell` is rung for the next. Empty: nothing has come, and
  /// it will be.
  std::vector<news> take(std::uint64_t bell) {
    const std::lock_guard guard{mutex_};
    bell_ = all_.empty() ? bell : 0;
    return std::exchange(all_, {});
  }

private:
  std::mutex mutex_;
  std::vector<news> all_;  // guarded by mutex_
  std::uint64_t bell_ = 0; // guarded by mutex_; 0 while it needs no ring
  fabric::gate gate_;
  fabric::actor_id who_;
};

class mcp_actor final : public fabric::actor {
public:
  explicit mcp_actor(mcp_actor_options options) : options_(std::move(options)) {
    if (options_.random == nullptr)
      options_.random = entropy_random();
  }

  std::string name() const override {
    return options_.name;
  }

protected:
  void start() override {
    box_ = std::make_shared<news_box>(sys().gate(), self().id());
    await_news();
    if (auto first = std::exchange(options_.first, nullptr)) {
      client_ = std::move(first);
      client_->listen(listener());
    } else {
      connect();
    }
  }

  void receive(envelope& e) override {
    if (const auto* job = e.body.as<mcp_job>())
      begin(*job, e);
    else if (e.body.as<describe_tree>() != nullptr)
      e.take_promise().deliver(description());
  }

  void on_stop() override {
    stopping_ = true;
    if (client_ == nullptr)
      return quit(fabric::exit_kind::shutdown);
    client_->close();
  }

private:
  enum class state : std::uint8_t { connecting, up, waiting };
  using stopper = std::stop_callback<std::function<void()>>;
  struct open_call {
    promise to;
    std::unique_ptr<stopper> on_stop;
  };
  struct held_job {
    mcp_job job;
    promise to;
  };

  // -- the connection ---------------------------------------------------------

  mcp_client_listener listener() const {
    return {.on_listed = [box = box_](const mcp_listing& x) { box->put(x); },
            .on_lost
            = [box = box_](const std::string& why) { box->put(lost{why}); },
            .on_note =
              [box = box_](severity level, const std::string& text) {
                box->put(noted{level, text});
              }};
  }

  void connect() {
    state_ = state::connecting;
    client_ = options_.connect(listener());
  }

  void await_news() {
    const auto bell = expect([this](completion&) { await_news(); });
    auto all = box_->take(bell);
    if (all.empty())
      return;
    forget(bell);
    for (auto& x : all)
      std::visit([this](auto& one) { on(one); }, x);
    await_news();
  }

  void on(const mcp_listing& x) {
    if (state_ != state::up)
      up_since_ = now();
    state_ = state::up;
    tools_ = x.tools.size();
    era_ = x.from.version;
    for (const auto& dropped : x.dropped)
      say(severity::warning, "left out " + dropped);
    if (options_.on_listed)
      options_.on_listed(x);
    for (auto& held : std::exchange(held_, {}))
      send(held.job, std::move(held.to));
  }

  void on(const noted& x) {
    say(x.level, x.text);
  }

  void on(const lost& x) {
    client_ = nullptr;
    for (auto& held : std::exchange(held_, {}))
      answer(held.to, not_started(failure_kind::network,
                                  "the server cannot be reached: " + x.why));
    if (stopping_)
      return quit(fabric::exit_kind::shutdown);
    if (state_ == state::up && now() - up_since_ > options_.backoff.cap)
      tries_ = 0;
    const auto wait = delay(options_.backoff, tries_++,
                            unit_interval(options_.random->next()));
    state_ = state::waiting;
    again_at_ = now() + wait;
    last_loss_ = x.why;
    say(severity::warning,
        "lost: " + x.why + "; connecting again in " + to_text(wait));
    after(wait, [this] {
      if (!stopping_)
        connect();
    });
  }

  // -- calls ------------------------------------------------------------------

  void begin(const mcp_job& x, envelope& e) {
    if (state_ == state::up)
      return send(x, e.take_promise());
    if (state_ == state::waiting || stopping_) {
      auto why = not_started(failure_kind::network,
                             "the server is not connected: " + last_loss_);
      why.retry_after = std::max(again_at_ - now(), duration{0});
      return answer(e.take_promise(), std::move(why));
    }
    if (held_.size() >= options_.stash)
      return answer(e.take_promise(),
                    not_started(failure_kind::bulkhead_full,
                                "too many calls wait for the server"));
    hold(x, e.take_promise());
  }

  /// Until it is connected, or until the guard would take it for begun.
  void hold(const mcp_job& x, promise to) {
    constexpr auto margin = 200ms;
    held_.push_back({x, std::move(to)});
    after(std::max<duration>(x.job.deadline - now() - margin, 0s),
          [this, key = x.job.key, attempt = x.job.attempt] {
            const auto is_it = [&](const held_job& h) {
              return h.job.job.key == key && h.job.job.attempt == attempt;
            };
            for (auto& h : held_)
              if (is_it(h))
                answer(h.to, not_started(failure_kind::timeout,
                                         "the server was not connected in "
                                         "time"));
            std::erase_if(held_, is_it);
          });
  }

  void send(const mcp_job& x, promise to) {
    if (x.job.stop.stop_requested())
      return answer(to, not_started(failure_kind::cancelled,
                                    "nobody waited any more when its turn "
                                    "came"));
    const auto id = expect([this](completion& c) { on_end(c); });
    auto what = mcp_call{.tool = x.tool,
                         .arguments = x.job.arguments,
                         .structured = x.structured,
                         .traceparent = traceparent_of(x.job),
                         .headers = x.headers};
    const auto call = client_->call(
      std::move(what),
      {.on_end =
         [id, gate = sys().gate(), me = self().id()](outcome done) mutable {
           if (done.ok())
             done = checked(done.get());
           gate.set(me, id, message::of(std::move(done)));
         },
       .on_progress =
         [alive = x.job.alive] {
           if (alive != nullptr)
             alive->beat(system_clock().now());
         }});
    auto& open = calls_[id];
    open.to = std::move(to);
    open.on_stop = std::make_unique<stopper>(
      x.job.stop, [client = client_, call] { client->cancel(call); });
  }

  void on_end(completion& c) {
    auto node = calls_.extract(c.id);
    node.mapped().on_stop.reset();
    answer(node.mapped().to, std::move(*c.body.edit<outcome>()));
  }

  static void answer(promise to, outcome x) {
    to.deliver(tool_answer{std::move(x)});
  }

  // -- telling ----------------------------------------------------------------

  void say(severity level, const std::string& text) const {
    if (options_.events == nullptr
        || !options_.events->wants(event_kind::run_log))
      return;
    options_.events->publish({.kind = event_kind::run_log,
                              .severity = level,
                              .at = now(),
                              .subject = options_.name,
                              .fields = json_text({{"text", text}})});
  }

  tree_node description() const {
    auto x = tree_node{.name = options_.name, .kind = "server"};
    x.restarts = tries_;
    if (state_ == state::up) {
      x.state = "running";
      x.detail = "mcp " + era_ + ", " + std::to_string(tools_) + " tools";
    } else if (state_ == state::connecting) {
      x.state = "starting";
    } else {
      x.state = "restarting";
      x.detail = last_loss_;
      x.next_at = again_at_;
    }
    return x;
  }

  mcp_actor_options options_;
  std::shared_ptr<news_box> box_;
  std::shared_ptr<mcp_client> client_;
  state state_ = state::connecting;
  bool stopping_ = false;
  std::uint32_t tries_ = 0;
  instant up_since_;
  instant again_at_;
  std::string last_loss_ = "it was never reached";
  std::string era_;
  std::size_t tools_ = 0;
  std::vector<held_job> held_;
  std::map<std::uint64_t, open_call> calls_;
};

// -- one tool of it -----------------------------------------------------------

class mcp_tool_actor final : public fabric::actor {
public:
  mcp_tool_actor(std::string name, mcp_tool what,
                 std::shared_ptr<mcp_link> link)
    : name_(std::move(name)), what_(std::move(what)), link_(std::move(link)) {
    // nop
  }
  std::string name() const override {
    return name_;
  }

protected:
  void receive(envelope& e) override {
    const auto* job = e.body.as<tool_job>();
    if (job == nullptr)
      return;
    const auto id = ++last_;
    promises_.emplace(id, e.take_promise());
    const auto server = link_->get();
    if (!server)
      return finish(id, being_replaced());
    request(server,
            message::of(mcp_job{*job, what_.name, what_.output.has_value(),
                                what_.headers}),
            [this, id](fabric::reply& r) { on_reply(id, r); });
  }

private:
  static tool_answer being_replaced() {
    auto why = not_started(failure_kind::network,
                           "what speaks to the server is being restarted");
    why.retry_after = defaults::restart_backoff;
    return {outcome{std::move(why)}};
  }

  void on_reply(std::uint64_t id, fabric::reply& r) {
    if (auto* answer = r.body.edit<tool_answer>())
      return finish(id, std::move(*answer));
    if (r.how == fabric::reply::status::bounced)
      return finish(id, being_replaced());
    finish(id, {outcome{failure{.kind = failure_kind::crashed,
                                .effect = side_effect::unknown,
                                .message = r.text}}});
  }

  void finish(std::uint64_t id, tool_answer x) {
    promises_.extract(id).mapped().deliver(std::move(x));
  }

  std::string name_;
  mcp_tool what_;
  std::shared_ptr<mcp_link> link_;
  std::uint64_t last_ = 0;
  std::map<std::uint64_t, promise> promises_;
};

} // namespace

std::unique_ptr<fabric::actor> make_mcp_actor(mcp_actor_options options) {
  return std::make_unique<mcp_actor>(std::move(options));
}

std::unique_ptr<fabric::actor> make_mcp_tool(std::string name, mcp_tool what,
                                             std::shared_ptr<mcp_link> link) {
  return std::make_unique<mcp_tool_actor>(std::move(name), std::move(what),
                                          std::move(link));
}

} // namespace stanchion

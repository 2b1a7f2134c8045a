#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/encode.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/mode.hpp>
#include <stanchion/core/ticket_document.hpp>
#include <stanchion/runtime/api/event_feed.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/reports.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <nlohmann/json.hpp>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

/// Lets threads wait until a run has ended or parked, or a moment has passed.
class pulse {
public:
  explicit pulse(event_bus& bus)
    : bus_(bus), subscription_(
                   bus.subscribe([this](const event& x) { hear(x.kind); },
                                 {event_kind::run_ended, event_kind::run_parked,
                                  event_kind::runtime_stopping})) {
    // nop
  }
  pulse(const pulse&) = delete;
  pulse& operator=(const pulse&) = delete;
  ~pulse() {
    bus_.unsubscribe(subscription_);
  }

  /// False once the runtime stops.
  bool wait() {
    // A record may be durable before or after the event about it.
    constexpr auto look_again = std::chrono::milliseconds{50};
    auto lock = std::unique_lock{mutex_};
    const auto before = beats_;
    changed_.wait_for(lock, look_again,
                      [&] { return beats_ != before || stopping_; });
    return !stopping_;
  }

private:
  void hear(event_kind x) {
    const std::lock_guard guard{mutex_};
    ++beats_;
    stopping_ = stopping_ || x == event_kind::runtime_stopping;
    changed_.notify_all();
  }

  event_bus& bus_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t beats_ = 0; // guarded by mutex_
  bool stopping_ = false;   // guarded by mutex_
  std::uint64_t subscription_;
};

/// What a run may use up, in the form of an extension.
budget limits_of(const json& request) try {
  const auto found = request.find("budget");
  return found == request.end() ? budget{} : extension_from_json(*found);
} catch (const error& e) {
  throw error{error_code::usage, "\"budget\": " + std::string{detail_of(e)}};
}

class owner_operations final : public store_operations {
public:
  explicit owner_operations(runtime& of)
    : store_operations(data_dir{of.settings().data_dir}.tokens()), runtime_(of),
      pulse_(of.events()) {
    // nop
  }

  json start_run(const json& request) override {
    const auto input = request.find("input");
    const auto key = text_member(request, "key");
    const auto known
      = !key.empty()
        && reads().find_run(text_member(request, "agent"), key).has_value();
    const auto row = runtime_.submit(
      {.agent = text_member(request, "agent"),
       .input = input == request.end() ? args() : value{*input},
       .key = key,
       .submitter = text_member(request, "submitter"),
       .limits = limits_of(request),
       .traceparent = text_member(request, "traceparent")});
    auto run = json(row);
    if (!known)
      audit(request, text_member(request, "submitter"), "run.start",
            to_string(row.id), {}, run);
    return run;
  }

  json cancel_run(const std::string& id, const json& request) override {
    const auto row = resolve_run(reads(), id);
    const auto by = text_member(request, "by", "somebody");
    runtime_.cancel(row.id,
                    text_member(request, "reason", "cancelled by " + by), by);
    auto run = find_run(to_string(row.id));
    audit(request, by, "run.cancel", to_string(row.id), json(row), run);
    return run;
  }

  json resume_run(const std::string& id, const json& request) override {
    const auto row = resolve_run(reads(), id);
    runtime_.resume(row.id);
    auto run = find_run(to_string(row.id));
    audit(request, text_member(request, "by", "somebody"), "run.resume",
          to_string(row.id), json(row), run);
    return run;
  }

  json signal_run(const std::string& id, const json& request) override {
    const auto row = resolve_run(reads(), id);
    const auto content = request.find("content");
    const auto by = text_member(request, "by", "somebody");
    const auto name = text_member(request, "name");
    runtime_.signal(
      row.id, {.name = name,
               .id = text_member(request, "id"),
               .content = content == request.end() ? value{} : value{*content},
               .by = by});
    auto run = find_run(to_string(row.id));
    audit(request, by, "run.signal", to_string(row.id), json(row), run);
    return run;
  }

  json set_mode(const std::string& agent, const json& request) override {
    const auto before = runtime_.set_mode(agent, read_mode(request));
    static_cast<void>(before);      // audited with the change
    const auto all = list_agents(); // which the loop must not outlive
    for (const auto& x : all.at("agents"))
      if (x.at("name") == agent)
        return x;
    throw error{error_code::unknown_agent, "there is no agent named " + agent};
  }

  json stop_all(const json& request) override {
    const auto by = text_member(request, "by", "somebody");
    const auto lift = request.find("lift");
    if (lift != request.end() && *lift == true)
      runtime_.lift_stop(by, required_reason(request));
    else
      runtime_.stop_all(by, required_reason(request));
    return mode_document(runtime_.mode_of({}));
  }

  json decide(const std::string& id, const json& request) override {
    const auto words = read_decision(request);
    return document_of(runtime_.decide({.ticket = id,
                                        .version = words.version,
                                        .verb = words.verb,
                                        .by = words.by,
                                        .comment = words.comment,
                                        .payload = words.payload,
                                        .roles = words.roles}));
  }

  [[nodiscard]] json tree() override {
    return tree_document(runtime_.tree());
  }

  [[nodiscard]] json list_agents() override {
    auto all = json::array();
    for (const auto& x : runtime_.agents())
      all.push_back(agent_document(x, runtime_.mode_of(x.name)));
    return {{"agents", std::move(all)}};
  }

  [[nodiscard]] json list_tools() override {
    return {{"tools", tool_list(runtime_.tools(), runtime_.tree())}};
  }

  [[nodiscard]] json find_tool(const std::string& name) override {
    for (const auto& x : runtime_.tools())
      if (x.name == name) {
        auto found = tool_list({x}, runtime_.tree()).at(0);
        found["input"] = x.input.get();
        found["output"] = x.output.get();
        return found;
      }
    throw error{error_code::unknown_tool,
                "there is no tool named " + name
                  + "; `tool list` shows what there is"};
  }

  json set_breaker(const std::string& tool, const json& request) override {
    const auto state = text_member(request, "state");
    const auto reason = required_reason(request);
    const auto by = text_member(request, "by", "somebody");
    if (state != "isolated" && state != "closed")
      throw error{error_code::usage, "\"state\" must be isolated or closed"};
    const auto before = find_tool(tool);
    runtime_.set_breaker(tool, state == "isolated", by + ": " + reason);
    auto after = find_tool(tool);
    audit(request, by,
          state == "isolated" ? "breaker.isolate" : "breaker.close", tool,
          before, after);
    return after;
  }

  [[nodiscard]] std::shared_ptr<event_feed> events() override {
    const std::lock_guard guard{mutex_};
    if (feed_ == nullptr)
      feed_ = std::make_shared<event_feed>(runtime_.events());
    return feed_;
  }

  [[nodiscard]] json readiness() override {
    if (!runtime_.running())
      return {{"ready", false}, {"why", "the runtime is stopped"}};
    if (const auto why = reads().problem(); !why.empty())
      return {{"ready", false}, {"why", "the journal cannot be written"}};
    return {{"ready", true}};
  }

protected:
  [[nodiscard]] store& reads() override {
    return runtime_.journal();
  }

  [[nodiscard]] people_watch::predicate left_alone() const override {
    return [this](const run_row& row) { return runtime_.leaves_alone(row); };
  }

  void pause() override {
    if (!pulse_.wait())
      throw error{error_code::not_running, "the process that drives the run is "
                                           "stopping"};
  }

  void change(
    const std::function<void(store&, const commit_function&)>& work) override {
    // One that is tried again finds what it was to do done.
    work(reads(),
         [this](const batch& x) { runtime_.commit(x, [] { return false; }); });
  }

  forking begin_fork(const run_row& origin, const fork_wish& wish) override {
    return runtime_.fork(origin.id, wish);
  }

  void note(const std::function<audit_entry()>& change) override {
    const std::lock_guard guard{writing_};
    runtime_.note(change());
  }

private:
  void audit(const json& request, const std::string& by, const char* act,
             const std::string& subject, const json& before,
             const json& after) {
    auto entry = audit_of(request, act, subject);
    entry.by = by.empty() ? "somebody" : by;
    entry.before = before.is_null() ? "" : gist_of(before);
    entry.after = gist_of(after);
    runtime_.note(std::move(entry));
  }

  runtime& runtime_;
  pulse pulse_;
  std::mutex writing_; // one token file, one writer
  std::mutex mutex_;
  std::shared_ptr<event_feed> feed_; // guarded by mutex_
};

} // namespace

std::unique_ptr<operations> make_owner_operations(runtime& of) {
  return std::make_unique<owner_operations>(of);
}

} // namespace stanchion

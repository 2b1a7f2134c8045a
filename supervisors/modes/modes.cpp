#include <stanchion/core/append.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/run_control.hpp>
#include <stanchion/core/tree.hpp>
#include <stanchion/supervisors/modes/modes.hpp>
#include <stanchion/supervisors/policy/mode_watch.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

using nlohmann::json;

/// A change on its way to the disk.
struct under_way {
  std::string agent;
  mode_setting before;
  mode_setting to;
  std::function<void(const mode_setting&)> answer;
};

class modes final : public fabric::actor {
public:
  explicit modes(modes_options options) : options_(std::move(options)) {
    // nop
  }

  [[nodiscard]] std::string name() const override {
    return "modes";
  }

protected:
  void start() override {
    // What was said while there were no modes is lost.
    if (options_.ledger)
      for (const auto& [agent, window] : options_.ledger->windows())
        look_at_budget(agent);
  }

  void receive(fabric::envelope& e) override {
    if (auto* x = e.body.edit<set_mode>())
      change(x->agent, x->to, std::move(x->answer));
    else if (const auto* failed = e.body.as<agent_failed>())
      note(failed->agent,
           watch_of(failed->agent)
             .failed(options_.directory->find(failed->agent), now()));
    else if (const auto* spent = e.body.as<agent_spent>())
      look_at_budget(spent->agent);
    else if (const auto* judged = e.body.as<proposal_judged>())
      note(judged->agent, watch_of(judged->agent)
                            .judged(options_.directory->find(judged->agent),
                                    judged->tool, judged->record));
    else if (const auto* done = e.body.as<appended>())
      on_durable(done->token);
    else if (e.body.is<describe_tree>())
      e.take_promise().deliver(tree_node{
        .name = "modes", .kind = "system", .state = "running", .children = {}});
  }

private:
  mode_watch& watch_of(const std::string& agent) {
    const auto found = watches_.find(agent);
    return found != watches_.end()
             ? found->second
             : watches_.emplace(agent, mode_watch{options_.rules(agent)})
                 .first->second;
  }

  void look_at_budget(const std::string& agent) {
    if (!options_.ledger)
      return;
    if (const auto figures = options_.ledger->spent(agent, now()))
      note(agent,
           watch_of(agent).spent(options_.directory->find(agent), *figures));
  }

  void note(const std::string& agent, std::optional<mode_setting> verdict) {
    if (verdict)
      change(agent, *std::move(verdict), {});
  }

  void change(const std::string& agent, const mode_setting& to,
              std::function<void(const mode_setting&)> answer) {
    const auto before = options_.directory->find(agent);
    auto content = batch{};
    content.facts.push_back({mode_fact(agent), to_text(to)});
    content.audits.push_back({.at = now(),
                              .by = to.by,
                              .act = "mode.set",
                              .subject = agent,
                              .reason = to.reason,
                              .before = json(to_string(before.mode)).dump(),
                              .after = json(to_string(to.mode)).dump()});
    const auto allows_more = to.mode < before.mode;
    if (!allows_more)
      hold(agent, to);
    if (allows_more && to.by != mode_rule && options_.ledger)
      options_.ledger->forget(agent);
    latest_[agent] = ++last_token_;
    commits_.emplace(last_token_,
                     under_way{agent, before, to, std::move(answer)});
    send(options_.journal, append{.content = std::move(content),
                                  .token = last_token_,
                                  .acknowledge = true});
  }

  void on_durable(std::uint64_t token) {
    auto node = commits_.extract(token);
    if (node.empty())
      return;
    const auto& x = node.mapped();
    const auto allows_more = x.to.mode < x.before.mode;
    if (allows_more && latest_[x.agent] == token) // else it was lowered since
      hold(x.agent, x.to);
    if (x.answer)
      x.answer(x.before);
  }

  /// From now on it holds.
  void hold(const std::string& agent, const mode_setting& to) {
    options_.directory->set(agent, to);
    if (options_.events != nullptr)
      options_.events->publish({.kind = event_kind::mode_changed,
                                .severity = severity::warning,
                                .at = now(),
                                .subject = agent,
                                .fields = json{{"mode", to_string(to.mode)},
                                               {"by", to.by},
                                               {"reason", to.reason}}
                                            .dump()});
    send(options_.router, mode_changed{});
    if (options_.on_changed)
      options_.on_changed(agent);
  }

  modes_options options_;
  std::map<std::string, mode_watch> watches_;
  std::map<std::uint64_t, under_way> commits_;
  std::map<std::string, std::uint64_t> latest_; // by agent: its last change
  std::uint64_t last_token_ = 0;
};

} // namespace

std::string mode_fact(std::string_view agent) {
  return std::string{"mode/"}.append(agent);
}

std::string to_text(const mode_setting& x) {
  return json_text(
    {{"mode", to_string(x.mode)}, {"by", x.by}, {"reason", x.reason}});
}

mode_setting parse_mode_setting(std::string_view text) {
  const auto unread
    = mode_setting{mode::stopped, "stanchion", "its mode could not be read"};
  const auto x = json::parse(text, nullptr, false);
  if (!x.is_object())
    return unread;
  try {
    const auto found = parse_mode(x.value("mode", std::string{}));
    return found ? mode_setting{*found, x.value("by", std::string{}),
                                x.value("reason", std::string{})}
                 : unread;
  } catch (const json::exception&) {
    return unread;
  }
}

std::unique_ptr<fabric::actor> make_modes(modes_options options) {
  return std::make_unique<modes>(std::move(options));
}

} // namespace stanchion

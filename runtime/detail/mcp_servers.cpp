#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/runtime/detail/mcp_servers.hpp>

#include <nlohmann/json.hpp>

#include <future>
#include <set>
#include <utility>
#include <variant>

namespace stanchion::detail {

namespace {

constexpr auto pin_prefix = "mcp_pin:";

std::string pin_key(const std::string& tool) {
  return pin_prefix + tool;
}

fact pin_of(const std::string& tool, const value& definition) {
  return {pin_key(tool), canonical(definition)};
}

/// A tool as its pinned definition says; nothing where that is damaged.
std::optional<mcp_tool> tool_from(const std::string& text) {
  try {
    auto page
      = read_tools(args("tools", value(json::array({parse_json(text).get()}))));
    if (page && page->tools.size() == 1)
      return std::move(page->tools.front());
  } catch (const error&) {
    // damaged
  }
  return std::nullopt;
}

/// What came of the first attempt to connect.
using first_word = std::variant<mcp_listing, std::string>;

/// Told once at most, by whichever word comes first.
struct first_hearing {
  std::promise<first_word> to;
  bool told = false; // on the loop's thread only

  void tell(first_word x) {
    if (!std::exchange(told, true))
      to.set_value(std::move(x));
  }
};

} // namespace

void mcp_servers::add(mcp_server x) {
  auto name = x.name();
  if (servers_.contains(name))
    throw error{error_code::invalid_spec,
                "there is an mcp server named " + name + " already"};
  servers_.emplace(std::move(name), known_server{.spec = std::move(x)});
}

std::vector<std::string> mcp_servers::names() const {
  auto all = std::vector<std::string>{};
  for (const auto& [name, x] : servers_)
    all.push_back(name);
  return all;
}

void mcp_servers::say(severity level, const std::string& subject,
                      const std::string& text) const {
  events_->publish({.kind = event_kind::run_log,
                    .severity = level,
                    .at = system_clock().now(),
                    .subject = subject,
                    .fields = json_text({{"text", text}})});
}

// -- before the start ---------------------------------------------------------

std::vector<tool> mcp_servers::discover(store& in, instant) {
  loop_ = std::make_shared<poll_loop>();
  auto answers = std::map<std::string, std::future<first_word>>{};
  for (auto& [name, x] : servers_) {
    auto hearing = std::make_shared<first_hearing>();
    answers.emplace(name, hearing->to.get_future());
    auto to = mcp_client_listener{};
    to.on_listed = [hearing](const mcp_listing& all) { hearing->tell(all); };
    to.on_lost = [hearing](const std::string& why) { hearing->tell(why); };
    x.first = x.spec.connect(loop_, std::move(to));
  }
  auto found = std::vector<tool>{};
  auto pins = batch{};
  for (auto& [name, x] : servers_) {
    const auto word = answers.at(name).get(); // within its connect_timeout
    if (const auto* all = std::get_if<mcp_listing>(&word)) {
      take_listing(x, *all, in, found, pins);
      continue;
    }
    x.first = nullptr;
    take_pins(x, in, std::get<std::string>(word), found);
  }
  const auto* all = &pins;
  if (!pins.facts.empty() && in.commit({&all, 1}) != commit_status::done)
    throw error{error_code::store_io,
                "what the servers' tools are cannot be written down: "
                  + in.problem()};
  return found;
}

void mcp_servers::take_listing(known_server& x, const mcp_listing& all,
                               store& in, std::vector<tool>& to, batch& pins) {
  for (const auto& text : all.dropped)
    say(severity::warning, x.spec.name(), "left out " + text);
  for (const auto& one : all.tools) {
    const auto name = x.spec.full_name(one.name);
    if (!x.spec.uses(one.name) || tools_.contains(name))
      continue;
    const auto before = tool_from(in.find_fact(pin_key(name)));
    if (!before)
      pins.facts.push_back(pin_of(name, one.definition));
    const auto& known = before ? *before : one;
    tools_[name].pinned = known.definition;
    put(x, known, to);
  }
  static_cast<void>(compare(x.spec, all)); // disputes are kept
}

/// It cannot be reached: what is known of it is used.
void mcp_servers::take_pins(known_server& x, store& in, const std::string& why,
                            std::vector<tool>& to) {
  const auto before = to.size();
  const auto prefix = pin_key(x.spec.name() + ".");
  for (const auto& pin : in.list_facts(prefix))
    if (const auto one = tool_from(pin.text); one && x.spec.uses(one->name)) {
      tools_[x.spec.full_name(one->name)].pinned = one->definition;
      put(x, *one, to);
    }
  const auto known = to.size() > before;
  if (!known && !x.spec.is_optional())
    throw error{error_code::invalid_spec,
                "mcp server " + x.spec.name() + " cannot be reached: " + why
                  + ". Its tools are not known from before; mend it, or let "
                    "it be absent (may_be_absent)"};
  say(severity::warning, x.spec.name(),
      "cannot be reached: " + why
        + (known ? "; its tools are taken to be what they were"
                 : "; its tools are not there"));
}

void mcp_servers::put(const known_server& x, const mcp_tool& one,
                      std::vector<tool>& to) {
  auto ignored = std::vector<std::string>{};
  auto name = x.spec.full_name(one.name);
  auto worker
    = tool_worker{[name, one, link = x.link](const tool_surroundings&) {
        return make_mcp_tool(name, one, link);
      }};
  to.push_back(x.spec.make_tool(one, std::move(worker), ignored));
  for (const auto& pointer : ignored)
    say(severity::warning, name,
        "not checked here, but by the server: " + pointer);
}

// -- while it runs ------------------------------------------------------------

/// Which tools it says something else about than it did, and what.
std::vector<std::pair<std::string, std::string>>
mcp_servers::compare(const mcp_server& x, const mcp_listing& all) {
  auto changed = std::vector<std::pair<std::string, std::string>>{};
  auto unknown = std::vector<std::string>{};
  {
    const std::lock_guard guard{mutex_};
    for (const auto& one : all.tools) {
      const auto name = x.full_name(one.name);
      const auto found = tools_.find(name);
      if (found == tools_.end()) {
        if (x.uses(one.name))
          unknown.push_back(name);
        continue;
      }
      auto& [pinned, offered] = found->second;
      const auto what = differences(pinned, one.definition);
      const auto is_news
        = !what.empty()
          && (!offered || !differences(*offered, one.definition).empty());
      offered = what.empty() ? std::nullopt : std::optional{one.definition};
      if (is_news)
        changed.emplace_back(name, what);
    }
  }
  for (const auto& name : unknown)
    say(severity::warning, name,
        "is new; it can be used once this program is started again");
  return changed;
}

std::unique_ptr<fabric::actor> mcp_servers::make_server(
  const std::string& name, std::shared_ptr<random_source> random,
  std::function<void(const std::string&, const std::string&)> on_changed) {
  auto& x = servers_.at(name);
  auto options = mcp_actor_options{};
  options.name = name;
  options.connect = [&x, loop = loop_](mcp_client_listener to) {
    return x.spec.connect(loop, std::move(to));
  };
  options.first = std::exchange(x.first, nullptr);
  options.backoff = x.spec.restart_backoff();
  options.events = events_;
  options.random = std::move(random);
  options.on_listed
    = [this, &x, on_changed = std::move(on_changed)](const mcp_listing& all) {
        for (const auto& [tool, what] : compare(x.spec, all))
          on_changed(tool, disputed(tool));
      };
  return make_mcp_actor(std::move(options));
}

void mcp_servers::server_changed(const std::string& name,
                                 const fabric::actor_ref& now) {
  servers_.at(name).link->set(now);
}

std::string mcp_servers::disputed(const std::string& tool) const {
  const std::lock_guard guard{mutex_};
  const auto found = tools_.find(tool);
  return found == tools_.end() ? std::string{} : dispute(found->second);
}

std::string mcp_servers::dispute(const known_tool& x) {
  if (!x.offered)
    return {};
  return "its server describes it otherwise than before ("
         + differences(x.pinned, *x.offered) + "; now "
         + to_string(sha256(canonical(*x.offered))).substr(0, 12)
         + "); let calls pass again to agree to that";
}

std::optional<fact> mcp_servers::accept(const std::string& tool,
                                        const std::string& why) {
  const std::lock_guard guard{mutex_};
  const auto found = tools_.find(tool);
  if (found == tools_.end() || why.empty() || dispute(found->second) != why)
    return std::nullopt;
  auto& [pinned, offered] = found->second;
  pinned = *std::exchange(offered, std::nullopt);
  return pin_of(tool, pinned);
}

} // namespace stanchion::detail

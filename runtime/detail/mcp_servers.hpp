#pragma once

#include <stanchion/actors/mcp/mcp_actor.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/random.hpp>
#include <stanchion/core/store.hpp>
#include <stanchion/runtime/mcp_server.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stanchion::detail {

/// The servers of a runtime: asks them for their tools before it starts, and
/// remembers, in facts, what people know of each tool.
///
/// Threads: `add` and `discover` before the start, from one; all else from any.
class mcp_servers {
public:
  explicit mcp_servers(std::shared_ptr<event_sink> events)
    : events_(std::move(events)) {
    // nop
  }

  /// Errors: `invalid_spec` when the name repeats.
  void add(mcp_server x);
  [[nodiscard]] bool empty() const {
    return servers_.empty();
  }
  [[nodiscard]] std::vector<std::string> names() const;

  /// Connects to all, and returns the tools of all. Those that are seen for the
  /// first time are pinned in `in`.
  /// Errors: `invalid_spec` for a server that cannot be reached and whose tools
  /// are not known from before.
  [[nodiscard]] std::vector<tool> discover(store& in, instant now);

  /// The actor that keeps the connection. `on_changed` is told, in its context,
  /// of each tool of which the server says something new, with the reason for
  /// people.
  [[nodiscard]] std::unique_ptr<fabric::actor> make_server(
    const std::string& name, std::shared_ptr<random_source> random,
    std::function<void(const std::string& tool, const std::string& why)>
      on_changed);
  /// It is up, or, with an empty handle, down.
  void server_changed(const std::string& name, const fabric::actor_ref& now);

  /// Why no call of this tool may leave until a person agrees; empty for
  /// nothing.
  [[nodiscard]] std::string disputed(const std::string& tool) const;
  /// A person agrees to what `why`, which `disputed` said, is about: the fact
  /// to remember. Nothing if it is about something else by now.
  [[nodiscard]] std::optional<fact> accept(const std::string& tool,
                                           const std::string& why);

private:
  struct known_server {
    mcp_server spec;
    std::shared_ptr<mcp_link> link = std::make_shared<mcp_link>();
    std::shared_ptr<mcp_client> first; // until its actor takes it
  };
  struct known_tool {
    value pinned;                 // its definition
    std::optional<value> offered; // another one
  };

  [[nodiscard]] static std::string dispute(const known_tool& x);

  void take_listing(known_server& x, const mcp_listing& all, store& in,
                    std::vector<tool>& to, batch& pins);
  void take_pins(known_server& x, store& in, const std::string& why,
                 std::vector<tool>& to);
  void put(const known_server& x, const mcp_tool& one, std::vector<tool>& to);
  [[nodiscard]] std::vector<std::pair<std::string, std::string>>
  compare(const mcp_server& x, const mcp_listing& all);
  void say(severity level, const std::string& subject,
           const std::string& text) const;

  std::shared_ptr<event_sink> events_;
  std::shared_ptr<poll_loop> loop_;
  std::map<std::string, known_server> servers_;
  mutable std::mutex mutex_;
  std::map<std::string, known_tool> tools_; // guarded by mutex_
};

} // namespace stanchion::detail

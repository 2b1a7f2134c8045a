#pragma once

#include <stanchion/actors/mcp/client.hpp>
#include <stanchion/actors/mcp/stdio_transport.hpp>
#include <stanchion/core/backoff.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/tool.hpp>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion {

/// A server of the Model Context Protocol whose tools are tools of this
/// program, named `<server>.<tool>`. It is a program that is started and kept
/// running: `docs/mcp.md`.
///
/// Its tools have the policies of any tool, and the effect class `once` unless
/// something is known about them. What they are is what the server said when
/// they were seen first: a tool of which it says something else later is
/// isolated, with a ticket, until a person agrees.
class mcp_server {
public:
  /// Errors: `invalid_spec` for a name that is empty or has a dot or a space,
  /// and for a program without a name.
  mcp_server(std::string name, mcp_stdio_options how);

  /// What it hints about its tools is believed: `readOnlyHint` makes one
  /// `read_only`, `idempotentHint` `idempotent`. Default: hints mean nothing.
  mcp_server& trusted() {
    trusted_ = true;
    return *this;
  }
  /// What is known about one of its tools, whatever it hints.
  mcp_server& effect_of(std::string tool, effect x) {
    effects_.insert_or_assign(std::move(tool), x);
    return *this;
  }
  /// Only these of its tools are used, by the names that it gives them.
  /// Default: all.
  mcp_server& only(std::vector<std::string> tools) {
    only_ = std::move(tools);
    return *this;
  }
  /// Called with each of its tools before it is added, to give it policies.
  mcp_server& each(std::function<void(tool& x)> shape) {
    shape_ = std::move(shape);
    return *this;
  }
  /// The program starts without it, and without its tools, when it cannot be
  /// reached and they are not known from before. Default: it does not start.
  mcp_server& may_be_absent() {
    optional_ = true;
    return *this;
  }
  /// How it is spoken to: time limits and bounds.
  mcp_server& session(const mcp_session_options& x) {
    session_ = x;
    return *this;
  }
  /// Delays before it is connected to again. Default 0.5 s × 2 to 60 s, full
  /// jitter.
  mcp_server& backoff(const backoff_options& x) {
    backoff_ = x;
    return *this;
  }

  [[nodiscard]] const std::string& name() const {
    return name_;
  }
  [[nodiscard]] bool is_optional() const {
    return optional_;
  }
  [[nodiscard]] const backoff_options& restart_backoff() const {
    return backoff_;
  }
  [[nodiscard]] duration patience() const {
    return session_.connect_timeout;
  }
  /// Whether this tool of the server's is used.
  [[nodiscard]] bool uses(std::string_view tool) const;
  /// The name of its tool in this program.
  [[nodiscard]] std::string full_name(std::string_view tool) const {
    return name_ + "." + std::string{tool};
  }
  /// The tool without its worker's ways: what it is for, its schemas, its
  /// class, its policies. `ignored` is told what its schemas say that is not
  /// checked here.
  [[nodiscard]] tool make_tool(const mcp_tool& x, tool_worker worker,
                               std::vector<std::string>& ignored) const;
  /// Begins to connect.
  [[nodiscard]] std::shared_ptr<mcp_client>
  connect(const std::shared_ptr<poll_loop>& loop, mcp_client_listener to) const;

private:
  std::string name_;
  mcp_stdio_options how_;
  bool trusted_ = false;
  bool optional_ = false;
  std::map<std::string, effect> effects_;
  std::optional<std::vector<std::string>> only_;
  std::function<void(tool&)> shape_;
  mcp_session_options session_;
  backoff_options backoff_;
};

} // namespace stanchion

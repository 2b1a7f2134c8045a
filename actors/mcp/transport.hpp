#pragma once

#include <stanchion/actors/mcp/session.hpp>
#include <stanchion/core/event.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace stanchion {

/// Who hears of a transport; on the loop's thread.
struct mcp_transport_listener {
  std::function<void(std::string_view frame)> on_frame;
  std::function<void(std::int64_t request, const mcp_refusal& x)> on_refused;
  /// Nothing comes any more; to be closed all the same.
  std::function<void(const std::string& why)> on_lost;
  std::function<void(severity level, const std::string& text)> on_note;
};

/// How messages get to a server and back.
///
/// Threads: the loop's only.
class mcp_transport {
public:
  virtual ~mcp_transport() = default;
  virtual void send(const mcp_outgoing& x) = 0;
  virtual void abandon(std::int64_t request) = 0;
  /// The session is agreed upon: what servers say unasked may come now.
  virtual void agreed(const mcp_greeting& x) = 0;
  /// Ends what there is of it in good order; `then` is called when nothing is
  /// left, after this returned. Nothing is told to the listener any more.
  virtual void close(std::function<void()> then) = 0;
};

} // namespace stanchion

#pragma once

#include <stanchion/actors/mcp/protocol.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stanchion {

struct mcp_session_options {
  /// Time that a server has to say whether it is modern, before it is taken for
  /// a legacy one; it may still say so later. Positive; default 5 s.
  duration probe_timeout = 5s;
  /// Time until its tools are known, and for a later list of them. Positive;
  /// default 30 s.
  duration connect_timeout = 30s;
  /// How long changes of the list are gathered: servers tell of several at
  /// once. Default 200 ms.
  duration gather_changes = 200ms;
  /// How long a call that nobody waits for may still be answered; then it is
  /// forgotten. Default 1 min.
  duration late_answers = 1min;
  /// From when a modern server stopped to tell of changes until it is asked to
  /// once more. Default 30 s.
  duration listen_again = 30s;
  /// The most that a list of tools may have. Default 100 pages, 1,000 tools.
  std::size_t most_pages = 100;
  std::size_t most_tools = 1'000;
  /// Times that a server may have a call made again before it answers.
  /// Default 8.
  std::uint32_t most_rounds = 8;
  /// Whether each request has a stream of its own, whose end is its own.
  bool over_http = false;
};

/// One message for the server.
struct mcp_outgoing {
  std::string frame;
  /// The era and, of requests, what else HTTP's headers say.
  mcp_era era = mcp_era::legacy;
  std::string version; ///< empty before it is agreed
  std::string method;
  std::optional<std::int64_t> id; ///< of a request
  std::string tool;               ///< that is called
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What is called.
struct mcp_call {
  std::string tool;
  value arguments;
  /// Its answer has to be structured.
  bool structured = false;
  std::string traceparent;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Why a request over HTTP got no answer of the protocol.
struct mcp_refusal {
  int status = 0; ///< 0 where there was no answer at all
  std::optional<rpc_error> error;
  failure why;
};

using mcp_call_id = std::uint64_t;

/// What a session does. Called inside its members; must not call it back.
class mcp_session_host {
public:
  virtual ~mcp_session_host() = default;
  virtual void send(mcp_outgoing x) = 0;
  /// Nobody waits for this request any more: its stream is closed.
  virtual void abandon(std::int64_t request) = 0;
  /// The tools are known; comes again when they have changed.
  virtual void listed(const mcp_greeting& from, std::vector<mcp_tool> tools,
                      std::vector<std::string> dropped)
    = 0;
  virtual void ended(mcp_call_id call, outcome x) = 0;
  virtual void progressed(mcp_call_id call) = 0;
  /// It can go on no more: the connection has to be given up.
  virtual void failed(const std::string& why) = 0;
  virtual void note(severity level, const std::string& text) = 0;
};

/// One connection to a server of the Model Context Protocol, as a state
/// machine: finds out its era, lists its tools, calls them, answers what it
/// asks. Does no I/O and reads no clock.
///
///   start ─▶ probing ──modern──────────▶ listing ─▶ ready ⇄ listing again
///               └─ legacy ─▶ shaking hands ─┘
///
/// A server that asks for people or models is refused: nobody here answers.
///
/// Threads: not synchronised. `now` never goes back.
class mcp_session {
public:
  mcp_session(mcp_session_host& host, const mcp_session_options& options);

  void start(instant now);
  /// Precondition: its tools were listed. Ends with `ended`, once.
  void call(mcp_call_id id, mcp_call what, instant now);
  /// Nobody waits any more. It may still be answered.
  void cancel(mcp_call_id id, instant now);

  /// One message has come, or something that is none.
  void received(std::string_view frame, instant now);
  /// A request of ours was refused before the protocol could answer it, or its
  /// stream has ended without an answer.
  void refused(std::int64_t request, const mcp_refusal& x, instant now);
  /// The server is gone: all open calls end, and nobody can say how.
  void lost(const std::string& why);

  /// When `tick` is to be called next.
  [[nodiscard]] std::optional<instant> next_due() const;
  void tick(instant now);

  /// What came that was no message.
  [[nodiscard]] std::size_t skipped() const {
    return skipped_;
  }
  [[nodiscard]] bool is_ready() const {
    return ready_;
  }

private:
  enum class purpose : std::uint8_t { probe, handshake, list, call, listen };
  struct pending {
    purpose what = purpose::probe;
    mcp_call_id call = 0;
  };
  struct open_call {
    mcp_call what;
    std::int64_t request = 0;
    std::uint32_t rounds = 0;
    std::optional<instant> forget_at; // set once nobody waits
  };

  std::int64_t ask(purpose what, std::string_view method, const json& params,
                   mcp_call_id call = 0);
  void tell(std::string_view method, const json& params);
  void send_call(mcp_call_id id, const std::optional<value>& state);
  void shake_hands();
  void on_probe(const rpc_response& x, instant now);
  void on_probe_error(const rpc_error& x);
  void on_handshake(const rpc_response& x, instant now);
  void greeted(mcp_greeting x, instant now);
  void list(instant now);
  void on_page(const rpc_response& x, instant now);
  void listed();
  void listen();
  void on_called(mcp_call_id id, const rpc_response& x);
  void end(mcp_call_id id, outcome x);
  void answer(const rpc_request& x);
  void heard(const rpc_notification& x, instant now);
  void responded(const rpc_response& x, instant now);
  void fail(const std::string& why);
  void end_all(const failure& why);

  mcp_session_host& host_;
  mcp_session_options options_;
  mcp_greeting greeting_;
  bool agreed_ = false; // on era and version
  bool ready_ = false;
  bool over_ = false;
  std::int64_t last_id_ = 0;
  std::int64_t probe_id_ = 0;
  std::map<std::int64_t, pending> pending_;
  std::map<mcp_call_id, open_call> calls_;
  std::vector<mcp_tool> tools_; // of the list that is being read
  std::vector<std::string> dropped_;
  std::size_t pages_ = 0;
  std::optional<instant> probe_ends_;
  std::optional<instant> list_ends_;
  std::optional<instant> list_again_;
  std::optional<instant> listen_at_;
  std::size_t skipped_ = 0;
};

} // namespace stanchion

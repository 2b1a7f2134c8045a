#pragma once

#include <stanchion/actors/mcp/frames.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/effect.hpp>
#include <stanchion/core/outcome.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/value.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the Model Context Protocol says in the messages of JSON-RPC, in both
/// of its eras. Pure.
///
/// Threads: values; functions may be called from any thread.
/// Source:  the specification's versions 2024-11-05 to 2026-07-28.
namespace stanchion {

/// How a server is spoken to: `legacy` shakes hands (`initialize`), `modern`
/// says everything with each request.
enum class mcp_era : std::uint8_t { legacy, modern };

inline constexpr std::string_view mcp_modern_version = "2026-07-28";
/// Newest first.
inline constexpr auto mcp_legacy_versions = std::array<std::string_view, 4>{
  "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"};

// -- requests -----------------------------------------------------------------

/// `params` with the `_meta` that a request needs: of the era, and whatever of
/// the other two there is.
[[nodiscard]] json with_meta(json params, mcp_era era,
                             std::optional<std::int64_t> progress_token = {},
                             std::string_view traceparent = {});

[[nodiscard]] json initialize_params();

// -- answers ------------------------------------------------------------------

/// What a server says of itself.
struct mcp_greeting {
  mcp_era era = mcp_era::legacy;
  std::string version;
  std::string name;          ///< empty where it does not say
  bool tools_change = false; ///< it says when its list of tools changes
};

/// The answer to `server/discover`; nothing when it supports no modern version
/// that is known here.
[[nodiscard]] std::optional<mcp_greeting> read_discovered(const value& result);
/// The answer to `initialize`; nothing when its version is not known.
[[nodiscard]] std::optional<mcp_greeting> read_initialized(const value& result);
/// Whether only a modern server answers so.
[[nodiscard]] bool is_modern(const rpc_error& x);

/// What a server hints about a tool. The defaults are the protocol's.
struct mcp_hints {
  bool read_only = false;
  bool destructive = true;
  bool idempotent = false;
  bool open_world = true;
};

struct mcp_tool {
  std::string name;
  std::string title;
  std::string description;
  value input;
  std::optional<value> output;
  mcp_hints hints;
  /// Header and JSON pointer of each argument that also goes into a header.
  std::vector<std::pair<std::string, std::string>> headers;
  /// All that the server says of it.
  value definition;
};

struct mcp_tool_page {
  std::vector<mcp_tool> tools;
  /// Those that cannot be used, and why: `name: …`.
  std::vector<std::string> dropped;
  /// Where the list goes on.
  std::optional<std::string> next;
};

/// The answer to `tools/list`; nothing when it is none.
[[nodiscard]] std::optional<mcp_tool_page> read_tools(const value& result);

/// Of name, title, description, schemas and annotations: what a person agreed
/// to.
[[nodiscard]] digest digest_of(const mcp_tool& x);

/// Which of those differ, for people: `description, inputSchema`.
[[nodiscard]] std::string differences(const value& before, const value& now);

/// The effect class of a tool whose hints may be believed; of others it is
/// `once`.
[[nodiscard]] effect effect_of(const mcp_hints& x);

/// A schema as far as it can be checked here, and what of it cannot: then
/// nothing is checked here, and the server does.
struct mcp_schema {
  schema use = any();
  std::vector<std::string> ignored;
};
[[nodiscard]] mcp_schema schema_of(const value& document);

/// What else the server needs before it answers a call.
struct mcp_input_wanted {
  value requests; ///< by key: what is asked
  std::optional<value> state;
};

/// What the answer to `tools/call` means.
using mcp_call_result = std::variant<outcome, mcp_input_wanted>;

/// `structured` when the tool has an output schema: its content is the value
/// then. Else that is `{"content": […], "text": "…"}`, with `structured` where
/// there is any.
[[nodiscard]] mcp_call_result read_called(const value& result, bool structured);

/// What an error of the protocol means for a call. The request was refused;
/// only `internal_error` may have changed something.
[[nodiscard]] failure failure_of(const rpc_error& x);

} // namespace stanchion

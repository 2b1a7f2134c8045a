#pragma once

#include <stanchion/core/value.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a language model is asked and what it answers, the same for all
/// providers. As JSON it is what a model's guard takes and gives, and so what
/// the journal holds.
namespace stanchion {

/// A call that a model wants made: {"id", "name", "arguments"}, or "malformed"
/// instead of the last.
struct chat_tool_call {
  /// The model's own; made up where it gave none, or one that is taken.
  std::string id;
  std::string name;
  value arguments; ///< an object; null where `malformed` says what came
  /// The text that should have been a JSON object; empty if it was one.
  std::string malformed;
};

enum class chat_role : std::uint8_t { user = 1, assistant, tool };

/// {"role", "text"?, "tool_calls"?, "tool_call_id"?, "is_error"?}
struct chat_message {
  chat_role role = chat_role::user;
  std::string text;
  std::vector<chat_tool_call> tool_calls; ///< of an assistant's
  std::string tool_call_id;               ///< of a tool's: which call it ends
  bool is_error = false;                  ///< of a tool's
};

/// A tool that a model may ask for: {"name", "description"?, "parameters"?}.
struct chat_tool {
  std::string name;
  std::string description;
  value parameters; ///< a JSON Schema of objects; null: any
};

enum class tool_choice : std::uint8_t { automatic = 1, none, required };

/// {"messages": […], "instructions"?, "tools"?, "tool_choice"?, "output"?,
///  "max_tokens"?, "temperature"?, "stop"?, "seed"?}
struct chat_request {
  std::vector<chat_message> messages;
  std::string instructions; ///< the system's; empty for none
  std::vector<chat_tool> tools;
  tool_choice choice = tool_choice::automatic;
  std::optional<value> output; ///< a JSON Schema that the answer has to fit
  std::optional<std::uint32_t> max_tokens; ///< of the answer, at least 1
  std::optional<double> temperature;       ///< 0 to 2; Anthropic's end at 1
  std::vector<std::string> stop;
  std::optional<std::int64_t> seed; ///< Anthropic has none and gets none
};

/// {"input", "output", "cached"?}, in tokens.
struct chat_usage {
  std::uint64_t input = 0; ///< all of it, what was cached included
  std::uint64_t output = 0;
  std::uint64_t cached = 0; ///< of the input
};

enum class chat_finish : std::uint8_t { stop = 1, tool_calls };

/// {"text", "tool_calls"?, "finish", "output"?, "usage"?, "model"?,
///  "request_id"?}
struct chat_reply {
  std::string text;
  std::vector<chat_tool_call> tool_calls;
  chat_finish finish = chat_finish::stop;
  /// What `text` says as JSON, where an output schema was asked for.
  std::optional<value> output;
  std::optional<chat_usage> usage; ///< nothing where the server does not say
  std::string model;               ///< as the server names it
  std::string request_id;
};

/// Without what is empty or at its default.
void to_json(json& to, const chat_request& from);
/// Throws `error{usage}` that names the pointer of what does not fit, and what
/// would; also for what `require_sendable` refuses.
[[nodiscard]] chat_request chat_request_from_json(const json& from);
void to_json(json& to, const chat_reply& from);
/// Throws `error{usage}` in the same way.
[[nodiscard]] chat_reply chat_reply_from_json(const json& from);

/// JSON Schemas of the two.
[[nodiscard]] const json& chat_request_schema();
[[nodiscard]] const json& chat_reply_schema();

/// A request with one message of a user's.
[[nodiscard]] value prompt(std::string text);

/// The ids of calls that have no result among the messages that follow theirs,
/// before a user or the model says something else. Providers refuse a
/// conversation with such (400).
[[nodiscard]] std::vector<std::string>
open_tool_calls(const std::vector<chat_message>& messages);

/// Throws `error{usage}` for what every provider would refuse: no messages, or
/// one that says nothing; calls without results, results without calls; two
/// calls of one id in a message, two tools of one name; a call that is required
/// where there are no tools.
void require_sendable(const chat_request& x);

} // namespace stanchion

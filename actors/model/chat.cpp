#include <stanchion/actors/model/chat.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

using names = std::initializer_list<std::string_view>;

template <class Enum>
struct named {
  std::string_view name;
  Enum meaning;
};

constexpr auto roles
  = std::array{named<chat_role>{"user", chat_role::user},
               named<chat_role>{"assistant", chat_role::assistant},
               named<chat_role>{"tool", chat_role::tool}};
constexpr auto choices
  = std::array{named<tool_choice>{"automatic", tool_choice::automatic},
               named<tool_choice>{"none", tool_choice::none},
               named<tool_choice>{"required", tool_choice::required}};
constexpr auto finishes
  = std::array{named<chat_finish>{"stop", chat_finish::stop},
               named<chat_finish>{"tool_calls", chat_finish::tool_calls}};

template <class Table, class Enum>
std::string name_of(const Table& table, Enum x) {
  return std::string{std::ranges::find(table, x, [](const auto& each) {
                       return each.meaning;
                     })->name};
}

// -- strict reading -----------------------------------------------------------

[[noreturn]] void refuse(const std::string& pointer, const std::string& why) {
  throw error{error_code::usage,
              (pointer.empty() ? "the document" : pointer) + " " + why};
}

std::string list_of(const auto& words) {
  auto to = std::string{};
  for (const auto& word : words)
    to.append(to.empty() ? "" : ", ").append(word);
  return to;
}

/// A document, and where it stands.
struct place {
  const json& doc;
  std::string pointer;

  [[noreturn]] void refuse(const std::string& why) const {
    stanchion::refuse(pointer, why);
  }
};

const std::string& text_at(const place& x) {
  if (!x.doc.is_string())
    x.refuse("must be a text");
  return x.doc.get_ref<const std::string&>();
}

const std::string& words_at(const place& x) {
  if (text_at(x).empty())
    x.refuse("must not be empty");
  return text_at(x);
}

bool flag_at(const place& x) {
  if (!x.doc.is_boolean())
    x.refuse("must be true or false");
  return x.doc.get<bool>();
}

/// Takes 5.0 for 5, as all of JSON here.
std::int64_t integer_at(const place& x, std::int64_t least, std::int64_t most) {
  const auto why = "must be an integer from " + std::to_string(least) + " to "
                   + std::to_string(most);
  auto result = std::int64_t{0};
  if (x.doc.is_number_unsigned()) {
    const auto number = x.doc.get<std::uint64_t>();
    if (most < 0 || number > static_cast<std::uint64_t>(most))
      x.refuse(why);
    result = static_cast<std::int64_t>(number);
  } else if (x.doc.is_number_integer()) {
    result = x.doc.get<std::int64_t>();
  } else if (const auto number = x.doc.is_number()
                                   ? x.doc.get<double>()
                                   : std::numeric_limits<double>::quiet_NaN();
             number == std::trunc(number) && std::abs(number) < 0x1p53) {
    result = static_cast<std::int64_t>(number);
  } else {
    x.refuse(why);
  }
  if (result < least || result > most)
    x.refuse(why);
  return result;
}

std::uint64_t count_at(const place& x) {
  if (x.doc.is_number_unsigned())
    return x.doc.get<std::uint64_t>();
  return static_cast<std::uint64_t>(
    integer_at(x, 0, std::numeric_limits<std::int64_t>::max()));
}

template <class Table>
auto word_at(const place& x, const Table& table) {
  const auto found = std::ranges::find_if(table, [&x](const auto& each) {
    return x.doc.is_string()
           && x.doc.get_ref<const std::string&>() == each.name;
  });
  if (found != table.end())
    return found->meaning;
  auto words = std::vector<std::string_view>{};
  for (const auto& each : table)
    words.push_back(each.name);
  x.refuse("must be one of " + list_of(words));
}

const json& schema_at(const place& x) {
  if (!x.doc.is_object() && !x.doc.is_boolean())
    x.refuse("must be a JSON Schema: an object, true or false");
  return x.doc;
}

/// An object with no members but these.
class members {
public:
  members(const place& of, names allowed) : of_(of) {
    if (!of.doc.is_object())
      of.refuse("must be an object with " + list_of(allowed));
    for (const auto& [name, content] : of.doc.items())
      if (std::ranges::find(allowed, name) == allowed.end())
        refuse(below(name),
               "is not known; allowed there are " + list_of(allowed));
  }

  /// Calls `use` with that member, if there is one.
  template <class F>
  void optional(const char* name, F use) const {
    if (const auto found = of_.doc.find(name); found != of_.doc.end())
      use(place{*found, below(name)});
  }

  [[nodiscard]] place required(const char* name) const {
    const auto found = of_.doc.find(name);
    if (found == of_.doc.end())
      of_.refuse("lacks the member \"" + std::string{name} + "\"");
    return {*found, below(name)};
  }

  [[nodiscard]] bool has(const char* name) const {
    return of_.doc.contains(name);
  }

private:
  [[nodiscard]] std::string below(const std::string& name) const {
    return of_.pointer + (json::json_pointer{} / name).to_string();
  }

  const place& of_;
};

template <class Read>
auto list_at(const place& x, Read read) {
  if (!x.doc.is_array())
    x.refuse("must be an array");
  auto to = std::vector<std::decay_t<decltype(read(x))>>{};
  for (const auto& each : x.doc)
    to.push_back(
      read(place{each, x.pointer + "/" + std::to_string(to.size())}));
  return to;
}

chat_tool_call call_at(const place& x) {
  const auto of = members{x, {"id", "name", "arguments", "malformed"}};
  auto to = chat_tool_call{};
  to.id = words_at(of.required("id"));
  to.name = words_at(of.required("name"));
  if (of.has("arguments") == of.has("malformed"))
    x.refuse("needs one of \"arguments\" and \"malformed\"");
  of.optional("arguments", [&to](const place& at) {
    if (!at.doc.is_object())
      at.refuse("must be an object; what is none belongs into \"malformed\"");
    to.arguments = at.doc;
  });
  of.optional("malformed",
              [&to](const place& at) { to.malformed = words_at(at); });
  return to;
}

chat_message message_at(const place& x) {
  const auto of
    = members{x, {"role", "text", "tool_calls", "tool_call_id", "is_error"}};
  auto to = chat_message{};
  to.role = word_at(of.required("role"), roles);
  of.optional("text", [&to](const place& at) { to.text = text_at(at); });
  const auto only = [&to](const place& at, chat_role role) {
    if (to.role != role)
      at.refuse("belongs to messages of role " + name_of(roles, role));
  };
  of.optional("tool_calls", [&](const place& at) {
    only(at, chat_role::assistant);
    to.tool_calls = list_at(at, call_at);
  });
  of.optional("tool_call_id", [&](const place& at) {
    only(at, chat_role::tool);
    to.tool_call_id = words_at(at);
  });
  of.optional("is_error", [&](const place& at) {
    only(at, chat_role::tool);
    to.is_error = flag_at(at);
  });
  if (to.role == chat_role::tool)
    (void)of.required("tool_call_id");
  return to;
}

chat_tool tool_at(const place& x) {
  const auto of = members{x, {"name", "description", "parameters"}};
  auto to = chat_tool{.name = words_at(of.required("name"))};
  of.optional("description",
              [&to](const place& at) { to.description = text_at(at); });
  of.optional("parameters",
              [&to](const place& at) { to.parameters = schema_at(at); });
  return to;
}

double temperature_at(const place& x) {
  const auto number = x.doc.is_number()
                        ? x.doc.get<double>()
                        : std::numeric_limits<double>::quiet_NaN();
  if (!(number >= 0 && number <= 2))
    x.refuse("must be a number from 0 to 2");
  return number;
}

chat_usage usage_at(const place& x) {
  const auto of = members{x, {"input", "output", "cached"}};
  auto to = chat_usage{.input = count_at(of.required("input")),
                       .output = count_at(of.required("output"))};
  of.optional("cached", [&to](const place& at) { to.cached = count_at(at); });
  return to;
}

// -- writing ------------------------------------------------------------------

void put(json& to, const char* name, const std::string& text) {
  if (!text.empty())
    to[name] = text;
}

json written(const chat_tool_call& from) {
  auto to = json{{"id", from.id}, {"name", from.name}};
  if (!from.malformed.empty())
    to["malformed"] = from.malformed;
  else if (from.arguments.is_null())
    to["arguments"] = json::object();
  else
    to["arguments"] = from.arguments;
  return to;
}

json written(const chat_message& from) {
  auto to = json{{"role", name_of(roles, from.role)}};
  put(to, "text", from.text);
  for (const auto& call : from.tool_calls)
    to["tool_calls"].push_back(written(call));
  put(to, "tool_call_id", from.tool_call_id);
  if (from.is_error)
    to["is_error"] = true;
  return to;
}

json written(const chat_tool& from) {
  auto to = json{{"name", from.name}};
  put(to, "description", from.description);
  if (!from.parameters.is_null())
    to["parameters"] = from.parameters;
  return to;
}

json written(const chat_usage& from) {
  auto to = json{{"input", from.input}, {"output", from.output}};
  if (from.cached != 0)
    to["cached"] = from.cached;
  return to;
}

// -- what providers refuse ----------------------------------------------------

void require_words(const chat_message& x, const std::string& pointer) {
  const auto says
    = !x.text.empty() || x.role == chat_role::tool
      || (x.role == chat_role::assistant && !x.tool_calls.empty());
  if (!says)
    refuse(pointer, "says nothing; give it a text, or leave it out");
  auto ids = std::set<std::string>{};
  for (const auto& call : x.tool_calls)
    if (!ids.insert(call.id).second)
      refuse(pointer, "has two calls with the id \"" + call.id
                        + "\"; give each its own");
}

/// Calls that were made and not answered yet, in order; `seen` says of each
/// message what it leaves open.
template <class Open, class Orphan>
void follow(const std::vector<chat_message>& messages, Open left_open,
            Orphan orphan) {
  auto open = std::vector<std::string>{};
  for (auto i = std::size_t{0}; i < messages.size(); ++i) {
    const auto& x = messages[i];
    if (x.role == chat_role::tool) {
      const auto found = std::ranges::find(open, x.tool_call_id);
      if (found == open.end())
        orphan(i);
      else
        open.erase(found);
      continue;
    }
    left_open(open);
    open.clear();
    for (const auto& call : x.tool_calls)
      open.push_back(call.id);
  }
  left_open(open);
}

} // namespace

void to_json(json& to, const chat_request& from) {
  to = json::object();
  to["messages"] = json::array();
  for (const auto& message : from.messages)
    to["messages"].push_back(written(message));
  put(to, "instructions", from.instructions);
  for (const auto& tool : from.tools)
    to["tools"].push_back(written(tool));
  if (from.choice != tool_choice::automatic)
    to["tool_choice"] = name_of(choices, from.choice);
  if (from.output)
    to["output"] = *from.output;
  if (from.max_tokens)
    to["max_tokens"] = *from.max_tokens;
  if (from.temperature)
    to["temperature"] = *from.temperature;
  if (!from.stop.empty())
    to["stop"] = from.stop;
  if (from.seed)
    to["seed"] = *from.seed;
}

chat_request chat_request_from_json(const json& from) {
  const auto whole = place{from, {}};
  const auto of
    = members{whole,
              {"messages", "instructions", "tools", "tool_choice", "output",
               "max_tokens", "temperature", "stop", "seed"}};
  auto to = chat_request{};
  to.messages = list_at(of.required("messages"), message_at);
  of.optional("instructions",
              [&to](const place& at) { to.instructions = text_at(at); });
  of.optional("tools",
              [&to](const place& at) { to.tools = list_at(at, tool_at); });
  of.optional("tool_choice",
              [&to](const place& at) { to.choice = word_at(at, choices); });
  of.optional("output",
              [&to](const place& at) { to.output = value{schema_at(at)}; });
  of.optional("max_tokens", [&to](const place& at) {
    to.max_tokens = static_cast<std::uint32_t>(
      integer_at(at, 1, std::numeric_limits<std::uint32_t>::max()));
  });
  of.optional("temperature",
              [&to](const place& at) { to.temperature = temperature_at(at); });
  of.optional("stop",
              [&to](const place& at) { to.stop = list_at(at, words_at); });
  of.optional("seed", [&to](const place& at) {
    to.seed = integer_at(at, std::numeric_limits<std::int64_t>::min(),
                         std::numeric_limits<std::int64_t>::max());
  });
  require_sendable(to);
  return to;
}

void to_json(json& to, const chat_reply& from) {
  to = json{{"text", from.text}, {"finish", name_of(finishes, from.finish)}};
  for (const auto& call : from.tool_calls)
    to["tool_calls"].push_back(written(call));
  if (from.output)
    to["output"] = *from.output;
  if (from.usage)
    to["usage"] = written(*from.usage);
  put(to, "model", from.model);
  put(to, "request_id", from.request_id);
}

chat_reply chat_reply_from_json(const json& from) {
  const auto whole = place{from, {}};
  const auto of = members{
    whole,
    {"text", "tool_calls", "finish", "output", "usage", "model", "request_id"}};
  auto to = chat_reply{};
  to.text = text_at(of.required("text"));
  of.optional("tool_calls",
              [&to](const place& at) { to.tool_calls = list_at(at, call_at); });
  to.finish = word_at(of.required("finish"), finishes);
  of.optional("output", [&to](const place& at) { to.output = value{at.doc}; });
  of.optional("usage", [&to](const place& at) { to.usage = usage_at(at); });
  of.optional("model", [&to](const place& at) { to.model = text_at(at); });
  of.optional("request_id",
              [&to](const place& at) { to.request_id = text_at(at); });
  return to;
}

const json& chat_request_schema() {
  static const auto schema = json::parse(R"({
    "type": "object", "required": ["messages"], "additionalProperties": false,
    "properties": {
      "messages": {"type": "array", "minItems": 1, "items": {
        "type": "object", "required": ["role"], "additionalProperties": false,
        "properties": {
          "role": {"enum": ["user", "assistant", "tool"]},
          "text": {"type": "string"},
          "tool_calls": {"type": "array", "items": {
            "type": "object", "required": ["id", "name"],
            "additionalProperties": false,
            "oneOf": [{"required": ["arguments"]}, {"required": ["malformed"]}],
            "properties": {
              "id": {"type": "string", "minLength": 1},
              "name": {"type": "string", "minLength": 1},
              "arguments": {"type": "object"},
              "malformed": {"type": "string", "minLength": 1}}}},
          "tool_call_id": {"type": "string", "minLength": 1},
          "is_error": {"type": "boolean"}}}},
      "instructions": {"type": "string"},
      "tools": {"type": "array", "items": {
        "type": "object", "required": ["name"], "additionalProperties": false,
        "properties": {
          "name": {"type": "string", "minLength": 1},
          "description": {"type": "string"},
          "parameters": {"type": ["object", "boolean"]}}}},
      "tool_choice": {"enum": ["automatic", "none", "required"]},
      "output": {"type": ["object", "boolean"]},
      "max_tokens": {"type": "integer", "minimum": 1, "maximum": 4294967295},
      "temperature": {"type": "number", "minimum": 0, "maximum": 2},
      "stop": {"type": "array", "items": {"type": "string", "minLength": 1}},
      "seed": {"type": "integer"}}})");
  return schema;
}

const json& chat_reply_schema() {
  static const auto schema = json::parse(R"({
    "type": "object", "required": ["text", "finish"],
    "additionalProperties": false,
    "properties": {
      "text": {"type": "string"},
      "tool_calls": {"type": "array", "items": {
        "type": "object", "required": ["id", "name"],
        "additionalProperties": false,
        "oneOf": [{"required": ["arguments"]}, {"required": ["malformed"]}],
        "properties": {
          "id": {"type": "string", "minLength": 1},
          "name": {"type": "string", "minLength": 1},
          "arguments": {"type": "object"},
          "malformed": {"type": "string", "minLength": 1}}}},
      "finish": {"enum": ["stop", "tool_calls"]},
      "output": true,
      "usage": {"type": "object", "required": ["input", "output"],
        "additionalProperties": false,
        "properties": {
          "input": {"type": "integer", "minimum": 0},
          "output": {"type": "integer", "minimum": 0},
          "cached": {"type": "integer", "minimum": 0}}},
      "model": {"type": "string"},
      "request_id": {"type": "string"}}})");
  return schema;
}

value prompt(std::string text) {
  auto to = chat_request{};
  to.messages.push_back({.text = std::move(text)});
  return json(to);
}

std::vector<std::string>
open_tool_calls(const std::vector<chat_message>& messages) {
  auto to = std::vector<std::string>{};
  follow(
    messages,
    [&to](const std::vector<std::string>& open) {
      to.insert(to.end(), open.begin(), open.end());
    },
    [](std::size_t) {});
  return to;
}

void require_sendable(const chat_request& x) {
  if (x.messages.empty())
    refuse("/messages", "must not be empty; a user's words come first");
  const auto at
    = [](std::size_t i) { return "/messages/" + std::to_string(i); };
  for (auto i = std::size_t{0}; i < x.messages.size(); ++i)
    require_words(x.messages[i], at(i));
  if (const auto open = open_tool_calls(x.messages); !open.empty())
    refuse("/messages", "has calls without results: " + list_of(open)
                          + "; answer each by a message of role tool, before "
                            "anything else is said");
  follow(
    x.messages, [](const std::vector<std::string>&) {},
    [&](std::size_t i) {
      refuse(at(i), "is the result of \"" + x.messages[i].tool_call_id
                      + "\", which the assistant's message before it does "
                        "not call; leave it out");
    });
  auto tools = std::set<std::string>{};
  for (const auto& tool : x.tools)
    if (!tools.insert(tool.name).second)
      refuse("/tools", "has two tools named \"" + tool.name + "\"");
  if (x.choice == tool_choice::required && x.tools.empty())
    refuse("/tool_choice", "is required, but there are no tools to choose of");
}

} // namespace stanchion

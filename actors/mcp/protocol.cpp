#include <stanchion/actors/mcp/protocol.hpp>
#include <stanchion/core/ascii.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/schema_keywords.hpp>
#include <stanchion/core/version.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <set>

namespace stanchion {

namespace {

constexpr auto meta = "_meta";
constexpr auto prefix = "io.modelcontextprotocol/";
/// The members of a definition that people agree to.
constexpr auto agreed = std::array{
  "name", "title", "description", "inputSchema", "outputSchema", "annotations"};

json client_info() {
  return {{"name", "stanchion"}, {"version", stanchion::version()}};
}

const json* member(const json& x, const char* name) {
  if (!x.is_object())
    return nullptr;
  const auto found = x.find(name);
  return found == x.end() ? nullptr : &*found;
}

bool flag(const json* x, const char* name, bool otherwise) {
  const auto* found = x == nullptr ? nullptr : member(*x, name);
  return found != nullptr && found->is_boolean() ? found->get<bool>()
                                                 : otherwise;
}

bool tools_change(const json& result) {
  const auto* capabilities = member(result, "capabilities");
  return capabilities != nullptr
         && flag(member(*capabilities, "tools"), "listChanged", false);
}

bool is_name(std::string_view x) {
  constexpr std::size_t longest = 128;
  return !x.empty() && x.size() <= longest
         && std::ranges::all_of(x, [](unsigned char c) {
              return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
            });
}

mcp_hints read_hints(const json* x) {
  auto hints = mcp_hints{};
  hints.read_only = flag(x, "readOnlyHint", hints.read_only);
  hints.destructive = flag(x, "destructiveHint", hints.destructive);
  hints.idempotent = flag(x, "idempotentHint", hints.idempotent);
  hints.open_world = flag(x, "openWorldHint", hints.open_world);
  return hints;
}

// -- x-mcp-header -------------------------------------------------------------

bool is_token(std::string_view x) {
  constexpr std::string_view others = "!#$%&'*+-.^_`|~";
  return !x.empty() && std::ranges::all_of(x, [&](unsigned char c) {
    return std::isalnum(c) != 0
           || others.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool may_be_header(const json& x) {
  const auto type = text_in(x, "type");
  return type == "string" || type == "integer" || type == "boolean";
}

/// Collects them, and says what is wrong with one.
class header_reader {
public:
  std::optional<std::string> read(const json& x) {
    walk(x, "", true);
    return std::move(wrong_);
  }
  std::vector<std::pair<std::string, std::string>> found;

private:
  void walk(const json& x, const std::string& pointer, bool reachable) {
    if (x.is_array())
      for (const auto& part : x)
        walk(part, pointer, false);
    if (!x.is_object())
      return;
    if (const auto* name = member(x, "x-mcp-header"))
      take(*name, x, pointer, reachable && !pointer.empty());
    for (const auto& [key, part] : x.items())
      if (key == "properties" && part.is_object())
        for (const auto& [name, property] : part.items())
          walk(property, pointer + "/" + escaped(name), reachable);
      else if (part.is_structured() && key != "enum" && key != "const"
               && key != "default" && key != "examples")
        walk(part, pointer, false);
  }

  void take(const json& name, const json& property, const std::string& pointer,
            bool reachable) {
    const auto* text = name.get_ptr<const std::string*>();
    if (text == nullptr || !is_token(*text))
      wrong_ = "x-mcp-header is no name of a header";
    else if (!reachable || !may_be_header(property))
      wrong_ = "x-mcp-header stands where no argument can be found";
    else if (!names_.insert(lower_case(*text)).second)
      wrong_ = "x-mcp-header " + *text + " stands there twice";
    else
      found.emplace_back("Mcp-Param-" + *text, pointer);
  }

  static std::string escaped(std::string_view x) {
    auto to = std::string{};
    for (const auto c : x)
      to += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return to;
  }

  std::optional<std::string> wrong_;
  std::set<std::string> names_;
};

// -- tools --------------------------------------------------------------------

/// What is wrong with it, or nothing.
std::optional<std::string> read_tool(const json& x, mcp_tool& to) {
  to.name = text_in(x, "name");
  if (!is_name(to.name))
    return "a name has 1 to 128 letters, digits, dots, dashes and underscores";
  const auto* input = member(x, "inputSchema");
  if (input == nullptr || !input->is_object())
    return "it has no inputSchema";
  if (const auto* how = member(x, "execution");
      how != nullptr && text_in(*how, "taskSupport") == "required")
    return "it can only be called as a task, which is not supported";
  auto headers = header_reader{};
  if (auto wrong = headers.read(*input))
    return wrong;
  to.title = text_in(x, "title");
  to.description = text_in(x, "description");
  to.input = value(*input);
  if (const auto* output = member(x, "outputSchema");
      output != nullptr && output->is_object())
    to.output = value(*output);
  to.hints = read_hints(member(x, "annotations"));
  to.headers = std::move(headers.found);
  to.definition = value(x);
  return std::nullopt;
}

json agreed_parts(const json& definition) {
  auto parts = json::object();
  for (const auto* name : agreed)
    if (const auto* x = member(definition, name))
      parts[name] = *x;
  return parts;
}

// -- results ------------------------------------------------------------------

std::string joined_text(const json& content) {
  auto text = std::string{};
  for (const auto& x : content) {
    if (text_in(x, "type") != "text")
      continue;
    if (!text.empty())
      text += '\n';
    text += text_in(x, "text");
  }
  return text;
}

failure wrong_answer(std::string why) {
  return {.kind = failure_kind::malformed_output,
          .effect = side_effect::unknown,
          .message = std::move(why)};
}

/// Servers that are made with the SDKs tell of wrong arguments so.
failure_kind kind_of_text(std::string_view text) {
  if (text.starts_with("MCP error -32602"))
    return failure_kind::bad_arguments;
  if (text.starts_with("MCP error -32601"))
    return failure_kind::unknown_tool;
  return failure_kind::internal;
}

/// The tool says that it failed.
failure failed_tool(const json& content) {
  auto text = joined_text(content);
  const auto kind = kind_of_text(text);
  const auto refused = kind != failure_kind::internal;
  if (text.empty())
    text = "the tool says that it failed, and not how";
  return {.kind = kind,
          .effect = refused ? side_effect::none : side_effect::unknown,
          .message = std::move(text)};
}

} // namespace

json with_meta(json params, mcp_era era, std::optional<std::int64_t> token,
               std::string_view traceparent) {
  auto about = json::object();
  if (era == mcp_era::modern) {
    about[std::string{prefix} + "protocolVersion"] = mcp_modern_version;
    about[std::string{prefix} + "clientCapabilities"] = json::object();
    about[std::string{prefix} + "clientInfo"] = client_info();
  }
  if (token)
    about["progressToken"] = *token;
  if (!traceparent.empty())
    about["traceparent"] = traceparent;
  if (!about.empty())
    params[meta] = std::move(about);
  return params;
}

json initialize_params() {
  return {{"protocolVersion", mcp_legacy_versions.front()},
          {"capabilities", json::object()},
          {"clientInfo", client_info()}};
}

std::optional<mcp_greeting> read_discovered(const value& result) {
  const auto& x = result.get();
  const auto* versions = member(x, "supportedVersions");
  if (versions == nullptr || !versions->is_array()
      || std::ranges::find(*versions, json(mcp_modern_version))
           == versions->end())
    return std::nullopt;
  auto to = mcp_greeting{.era = mcp_era::modern,
                         .version = std::string{mcp_modern_version},
                         .name = {},
                         .tools_change = tools_change(x)};
  if (const auto* about = member(x, meta))
    if (const auto* server
        = member(*about, "io.modelcontextprotocol/serverInfo"))
      to.name = text_in(*server, "name");
  return to;
}

std::optional<mcp_greeting> read_initialized(const value& result) {
  const auto& x = result.get();
  auto to = mcp_greeting{};
  if (!x.is_object())
    return std::nullopt;
  to.version = text_in(x, "protocolVersion");
  if (std::ranges::find(mcp_legacy_versions, to.version)
      == mcp_legacy_versions.end())
    return std::nullopt;
  if (const auto* server = member(x, "serverInfo"))
    to.name = text_in(*server, "name");
  to.tools_change = tools_change(x);
  return to;
}

bool is_modern(const rpc_error& x) {
  return x.code == rpc_code::header_mismatch
         || x.code == rpc_code::missing_capability
         || x.code == rpc_code::unsupported_version;
}

std::optional<mcp_tool_page> read_tools(const value& result) {
  const auto* all = member(result.get(), "tools");
  if (all == nullptr || !all->is_array())
    return std::nullopt;
  auto page = mcp_tool_page{};
  for (const auto& x : *all) {
    auto one = mcp_tool{};
    if (const auto wrong = read_tool(x, one))
      page.dropped.push_back((one.name.empty() ? "a tool" : one.name) + ": "
                             + *wrong);
    else
      page.tools.push_back(std::move(one));
  }
  if (const auto* next = member(result.get(), "nextCursor");
      next != nullptr && next->is_string())
    page.next = next->get<std::string>();
  return page;
}

digest digest_of(const mcp_tool& x) {
  return sha256(canonical(agreed_parts(x.definition.get())));
}

std::string differences(const value& before, const value& now) {
  const auto old_parts = agreed_parts(before.get());
  const auto new_parts = agreed_parts(now.get());
  auto text = std::string{};
  for (const auto* name : agreed)
    if (old_parts.value(name, json{}) != new_parts.value(name, json{}))
      text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

effect effect_of(const mcp_hints& x) {
  if (x.read_only)
    return effect::read_only;
  return x.idempotent ? effect::idempotent : effect::once;
}

mcp_schema schema_of(const value& document) {
  auto ignored = unsupported_keywords(document.get());
  if (!ignored.empty())
    return {unchecked_schema(document.get()), std::move(ignored)};
  try {
    return {schema{document.get()}, {}};
  } catch (const error& wrong) {
    return {unchecked_schema(document.get()), {std::string{detail_of(wrong)}}};
  }
}

mcp_call_result read_called(const value& result, bool structured) {
  const auto& x = result.get();
  if (!x.is_object())
    return outcome{wrong_answer("the server's answer is no object")};
  const auto type = text_in(x, "resultType");
  if (type == "input_required") {
    auto wanted = mcp_input_wanted{result.get("inputRequests", args()), {}};
    if (x.contains("requestState"))
      wanted.state = result["requestState"];
    return wanted;
  }
  if (!type.empty() && type != "complete")
    return outcome{
      wrong_answer("the server's answer is of an unknown type, " + type)};
  const auto* given = member(x, "content");
  const auto content
    = given != nullptr && given->is_array() ? *given : json::array();
  if (flag(&x, "isError", false))
    return outcome{failed_tool(content)};
  const auto* data = member(x, "structuredContent");
  if (structured && data == nullptr)
    return outcome{failure{.kind = failure_kind::schema_violation,
                           .effect = side_effect::unknown,
                           .message = "the tool has an output schema, and its "
                                      "answer no structuredContent"}};
  if (structured)
    return outcome{value(*data)};
  auto to = json{{"content", content}, {"text", joined_text(content)}};
  if (data != nullptr)
    to["structured"] = *data;
  return outcome{value(std::move(to))};
}

failure failure_of(const rpc_error& x) {
  auto why = failure{.kind = failure_kind::internal,
                     .effect = side_effect::unknown,
                     .message = x.message,
                     .code = std::to_string(x.code)};
  if (x.code == rpc_code::invalid_params)
    why.kind = failure_kind::bad_arguments;
  else if (x.code == rpc_code::unknown_method)
    why.kind = failure_kind::unknown_tool;
  else if (x.code == rpc_code::parse_error
           || x.code == rpc_code::invalid_request || is_modern(x))
    why.kind = failure_kind::invalid_input;
  else
    return why;
  why.effect = side_effect::none;
  return why;
}

} // namespace stanchion

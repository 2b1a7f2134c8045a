#include <stanchion/actors/model/detail/draft.hpp>
#include <stanchion/actors/model/model_failure.hpp>
#include <stanchion/actors/model/provider.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <variant>

namespace stanchion {

namespace {

using detail::count_in;
using detail::draft;
using detail::draft_call;
using detail::member;
using detail::request_names;

// -- requests -----------------------------------------------------------------

/// Keywords that OpenAI's strict mode takes; with others a schema is sent as a
/// wish.
constexpr auto strict_keywords = std::to_array<std::string_view>(
  {"type", "properties", "required", "additionalProperties", "items", "enum",
   "anyOf", "description", "title"});

/// Whether every object below names all its members, and requires each.
bool allows_strict(const json& schema) {
  if (!schema.is_object())
    return false;
  for (const auto& [keyword, content] : schema.items())
    if (std::ranges::find(strict_keywords, keyword) == strict_keywords.end())
      return false;
  const auto& properties = member(schema, "properties");
  if (member(schema, "type") == "object" || !properties.is_null()) {
    auto required = std::set<json>{};
    for (const auto& name : member(schema, "required"))
      required.insert(name);
    if (!properties.is_object()
        || member(schema, "additionalProperties") != false
        || required.size() != properties.size())
      return false;
    for (const auto& [name, content] : properties.items())
      if (!required.contains(name) || !allows_strict(content))
        return false;
  }
  const auto& items = member(schema, "items");
  const auto& choices = member(schema, "anyOf");
  return (items.is_null() || allows_strict(items))
         && std::ranges::all_of(choices, allows_strict);
}

bool is_strict(const json& output) {
  return member(output, "type") == "object" && allows_strict(output);
}

json response_format(const json& output) {
  auto form = json{{"name", "answer"}, {"strict", is_strict(output)}};
  form["schema"] = output.is_object() ? output : json::object();
  return {{"type", "json_schema"}, {"json_schema", std::move(form)}};
}

json parameters_of(const chat_tool& x) {
  auto to = x.parameters.is_object() ? x.parameters.get() : json::object();
  if (!to.contains("type"))
    to["type"] = "object";
  return to;
}

json wire_call(const chat_tool_call& x, const request_names& names) {
  auto to = json{{"id", names.calls.to_wire(x.id)}, {"type", "function"}};
  to["function"]
    = {{"name", names.tools.to_wire(x.name)},
       {"arguments",
        x.arguments.is_object() ? json_text(x.arguments.get()) : "{}"}};
  return to;
}

json wire_message(const chat_message& x, const request_names& names) {
  auto to = json{{"content", x.text}};
  switch (x.role) {
  case chat_role::user:
    to["role"] = "user";
    break;
  case chat_role::assistant:
    to["role"] = "assistant";
    for (const auto& call : x.tool_calls)
      to["tool_calls"].push_back(wire_call(call, names));
    if (x.text.empty())
      to["content"] = nullptr;
    break;
  case chat_role::tool:
    to["role"] = "tool";
    to["tool_call_id"] = names.calls.to_wire(x.tool_call_id);
    if (x.is_error) // there is no member for it
      to["content"] = "error: " + x.text;
    break;
  }
  return to;
}

json wire_tool(const chat_tool& x, const request_names& names) {
  auto function = json{{"name", names.tools.to_wire(x.name)},
                       {"parameters", parameters_of(x)}};
  if (!x.description.empty())
    function["description"] = x.description;
  return {{"type", "function"}, {"function", std::move(function)}};
}

void put_tools(json& to, const chat_request& x, const request_names& names) {
  if (x.tools.empty())
    return;
  for (const auto& tool : x.tools)
    to["tools"].push_back(wire_tool(tool, names));
  if (x.choice == tool_choice::none)
    to["tool_choice"] = "none";
  else if (x.choice == tool_choice::required)
    to["tool_choice"] = "required";
}

std::optional<std::uint32_t> limit_of(const model_endpoint& where,
                                      const chat_request& x) {
  return x.max_tokens ? x.max_tokens : where.max_tokens;
}

json body_of(const model_endpoint& where, const chat_request& x,
             bool streamed) {
  const auto names = request_names{x};
  auto to = json{{"model", where.model}, {"messages", json::array()}};
  if (!x.instructions.empty())
    to["messages"].push_back({{"role", "system"}, {"content", x.instructions}});
  for (const auto& message : x.messages)
    to["messages"].push_back(wire_message(message, names));
  put_tools(to, x, names);
  if (x.output)
    to["response_format"] = response_format(x.output->get());
  if (const auto limit = limit_of(where, x))
    to[where.old_max_tokens ? "max_tokens" : "max_completion_tokens"] = *limit;
  if (x.temperature)
    to["temperature"] = *x.temperature;
  if (!x.stop.empty())
    to["stop"] = x.stop;
  if (x.seed)
    to["seed"] = *x.seed;
  if (streamed) {
    to["stream"] = true;
    to["stream_options"] = {{"include_usage", true}};
  }
  return to;
}

// -- answers ------------------------------------------------------------------

std::optional<chat_usage> usage_in(const json& body) {
  const auto& x = member(body, "usage");
  const auto input = count_in(x, "prompt_tokens");
  const auto output = count_in(x, "completion_tokens");
  if (!input && !output)
    return std::nullopt;
  const auto& details = member(x, "prompt_tokens_details");
  return chat_usage{.input = input.value_or(0),
                    .output = output.value_or(0),
                    .cached
                    = std::min(count_in(details, "cached_tokens").value_or(0),
                               input.value_or(0))};
}

/// A text, or the texts of parts.
std::string content_in(const json& message) {
  const auto& content = member(message, "content");
  if (content.is_string())
    return content.get<std::string>();
  auto to = std::string{};
  if (content.is_array())
    for (const auto& part : content)
      to += text_in(part, "text");
  return to;
}

/// A text; where a server means well, an object.
std::string arguments_in(const json& function) {
  const auto& x = member(function, "arguments");
  if (x.is_string())
    return x.get<std::string>();
  return x.is_null() ? std::string{} : json_text(x);
}

/// What all chunks of a stream, and a whole answer, say beside the answer.
void take_frame(draft& to, const json& body) {
  if (to.model.empty())
    to.model = text_in(body, "model");
  if (to.request_id.empty())
    to.request_id = text_in(body, "id");
  if (auto usage = usage_in(body))
    to.usage = usage;
}

/// The choice that was asked for; null if there is none.
const json& first_choice(const json& body) {
  static const auto none = json{};
  const auto& choices = member(body, "choices");
  if (choices.is_array())
    for (const auto& choice : choices)
      if (count_in(choice, "index").value_or(0) == 0)
        return choice;
  return none;
}

void take_stop(draft& to, const json& choice) {
  if (auto word = text_in(choice, "finish_reason"); !word.empty())
    to.finish = std::move(word);
}

draft begin_draft(const model_endpoint& where, const chat_request& asked,
                  const http_headers& head) {
  return {.limit = limit_of(where, asked),
          .request_id
          = std::string{find_header(head, "x-request-id").value_or("")}};
}

chat_result finished(draft x, const chat_request& asked) {
  if (!x.refusal.empty())
    x.finish = "refusal";
  return detail::settled(std::move(x), asked, request_names{asked}.tools);
}

chat_result read_whole(const json& body, draft to, const chat_request& asked) {
  take_frame(to, body);
  const auto& choice = first_choice(body);
  if (choice.is_null())
    return detail::useless(failure_kind::malformed_output,
                           "the answer has no choices");
  const auto& message = member(choice, "message");
  to.text = content_in(message);
  to.refusal = text_in(message, "refusal");
  const auto& calls = member(message, "tool_calls");
  if (calls.is_array())
    for (const auto& call : calls)
      to.calls.push_back({text_in(call, "id"),
                          text_in(member(call, "function"), "name"),
                          arguments_in(member(call, "function"))});
  take_stop(to, choice);
  return finished(std::move(to), asked);
}

class openai_stream final : public chat_stream {
public:
  openai_stream(model_endpoint where, chat_request asked,
                const http_headers& head)
    : where_(std::move(where)), asked_(std::move(asked)), names_(asked_),
      draft_(begin_draft(where_, asked_, head)) {
    // nop
  }

  std::vector<chat_delta> add(const sse_event& x) override {
    auto to = std::vector<chat_delta>{};
    if (over_ || x.data.empty())
      return to;
    if (x.data == "[DONE]")
      over_ = true;
    else if (const auto chunk = detail::object_in(x.data))
      take(*chunk, to);
    else
      fail(detail::useless(failure_kind::malformed_output,
                           "an event of the stream is no JSON object"));
    return to;
  }

  bool over() const override {
    return over_;
  }

  bool begun() const override {
    return !draft_.text.empty() || !draft_.refusal.empty()
           || !draft_.calls.empty();
  }

  chat_result finish() override {
    if (failure_)
      return *failure_;
    if (!over_ && draft_.finish.empty())
      return interrupted(begun());
    return finished(draft_, asked_);
  }

  std::optional<chat_usage> usage() const override {
    return draft_.usage;
  }

private:
  void fail(failure why) {
    over_ = true;
    failure_ = std::move(why);
  }

  void take(const json& chunk, std::vector<chat_delta>& told) {
    take_frame(draft_, chunk);
    if (auto why = provider_error_in(chunk))
      return fail(detail::failed(*std::move(why), where_));
    const auto& choice = first_choice(chunk);
    const auto& delta = member(choice, "delta");
    if (auto text = content_in(delta); !text.empty()) {
      draft_.text += text;
      told.push_back({.text = std::move(text)});
    }
    draft_.refusal += text_in(delta, "refusal");
    const auto& calls = member(delta, "tool_calls");
    if (calls.is_array())
      for (const auto& call : calls)
        take_call(call, told);
    take_stop(draft_, choice);
  }

  void take_call(const json& x, std::vector<chat_delta>& told) {
    const auto& function = member(x, "function");
    auto& to = call_of(x, text_in(x, "id"), text_in(function, "name"));
    if (to.id.empty())
      to.id = text_in(x, "id");
    if (to.name.empty()) {
      to.name = text_in(function, "name");
      if (!to.name.empty())
        told.push_back({.tool = names_.tools.from_wire(to.name)});
    }
    to.arguments += arguments_in(function);
  }

  /// The call that a piece belongs to. Servers leave out the index, or have
  /// the same one for all calls: then an id that is new begins a call, and
  /// without an id, a name.
  draft_call& call_of(const json& x, const std::string& id,
                      const std::string& name) {
    const auto index = count_in(x, "index");
    const auto known = std::find_if(
      places_.rbegin(), places_.rend(),
      [&index](const auto& place) { return !index || place == index; });
    const auto at = static_cast<std::size_t>(places_.rend() - known) - 1;
    if (known != places_.rend() && continues(draft_.calls[at], index, id, name))
      return draft_.calls[at];
    places_.push_back(index);
    return draft_.calls.emplace_back();
  }

  static bool continues(const draft_call& x, std::optional<std::uint64_t> index,
                        const std::string& id, const std::string& name) {
    if (!id.empty() && !x.id.empty())
      return id == x.id;
    return index || name.empty() || x.name.empty();
  }

  model_endpoint where_;
  chat_request asked_;
  request_names names_;
  draft draft_;
  std::vector<std::optional<std::uint64_t>> places_; // one a call
  std::optional<failure> failure_;
  bool over_ = false;
};

class openai final : public chat_format {
public:
  transfer_request request(const model_endpoint& where,
                           const chat_request& what,
                           bool streamed) const override {
    require_sendable(what);
    auto headers = http_headers{};
    if (!where.key.empty())
      headers.emplace_back("authorization", "Bearer " + where.key);
    return detail::post(where, "/chat/completions", std::move(headers),
                        body_of(where, what, streamed), streamed);
  }

  chat_result read(const model_endpoint& where, const chat_request& asked,
                   const transfer_response& from, instant now) const override {
    auto body = detail::whole_body(from, where, now);
    if (auto* why = std::get_if<failure>(&body))
      return std::move(*why);
    return read_whole(std::get<json>(body),
                      begin_draft(where, asked, from.headers), asked);
  }

  std::optional<chat_usage>
  usage(const transfer_response& from) const override {
    const auto body = detail::object_in(from.body);
    return body ? usage_in(*body) : std::nullopt;
  }

  std::unique_ptr<chat_stream> stream(const model_endpoint& where,
                                      const chat_request& asked,
                                      const http_headers& head,
                                      instant) const override {
    return std::make_unique<openai_stream>(where, asked, head);
  }
};

} // namespace

const chat_format& openai_format() {
  static const openai only;
  return only;
}

} // namespace stanchion

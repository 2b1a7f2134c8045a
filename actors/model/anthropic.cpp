#include <stanchion/actors/model/detail/draft.hpp>
#include <stanchion/actors/model/model_failure.hpp>
#include <stanchion/actors/model/provider.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

namespace stanchion {

namespace {

using detail::count_in;
using detail::draft;
using detail::draft_call;
using detail::member;
using detail::request_names;

constexpr auto version = "2023-06-01";

/// The names of a request, and what the tool is called that takes the answer.
struct anthropic_names : request_names {
  explicit anthropic_names(const chat_request& of)
    : request_names(of), answer(tools.unused("answer")) {
    // nop
  }

  std::string answer;
};

// -- requests -----------------------------------------------------------------

/// The member that holds an answer which is not always an object: tools take
/// nothing else.
constexpr auto wrapper = "answer";

bool needs_wrapper(const json& output) {
  return member(output, "type") != "object";
}

/// An object around any schema. What it refers to stays where it was.
json wrapped(const json& output) {
  auto to = json{{"type", "object"},
                 {"required", {wrapper}},
                 {"additionalProperties", false}};
  auto content = output;
  if (content.is_object())
    for (const auto* shared : {"$defs", "definitions"})
      if (const auto found = content.find(shared); found != content.end()) {
        to[shared] = *found;
        content.erase(shared);
      }
  to["properties"][wrapper] = std::move(content);
  return to;
}

json answer_tool(const json& output, const std::string& name) {
  return {{"name", name},
          {"description", "Takes the final answer. Call it once, when you have "
                          "the answer, and with nothing else."},
          {"input_schema", needs_wrapper(output) ? wrapped(output) : output}};
}

json wire_tool(const chat_tool& x, const request_names& names) {
  auto schema = x.parameters.is_object() ? x.parameters.get() : json::object();
  if (!schema.contains("type"))
    schema["type"] = "object";
  auto to = json{{"name", names.tools.to_wire(x.name)},
                 {"input_schema", std::move(schema)}};
  if (!x.description.empty())
    to["description"] = x.description;
  return to;
}

/// Whether the tool for the answer is offered: where tools have to be called,
/// the answer comes later.
bool offers_answer(const chat_request& x) {
  return x.output && x.choice != tool_choice::required;
}

json choice_of(const chat_request& x, const anthropic_names& names) {
  if (offers_answer(x)) {
    if (x.tools.empty() || x.choice == tool_choice::none)
      return {{"type", "tool"},
              {"name", names.answer},
              {"disable_parallel_tool_use", true}};
    return {{"type", "any"}};
  }
  if (x.choice == tool_choice::none)
    return {{"type", "none"}};
  return {{"type", x.choice == tool_choice::required ? "any" : "auto"}};
}

void put_tools(json& to, const chat_request& x, const anthropic_names& names) {
  for (const auto& tool : x.tools)
    to["tools"].push_back(wire_tool(tool, names));
  if (offers_answer(x))
    to["tools"].push_back(answer_tool(x.output->get(), names.answer));
  if (to.contains("tools"))
    to["tool_choice"] = choice_of(x, names);
}

json text_block(const std::string& text) {
  return {{"type", "text"}, {"text", text}};
}

json result_block(const chat_message& x, const request_names& names) {
  auto to = json{{"type", "tool_result"},
                 {"tool_use_id", names.calls.to_wire(x.tool_call_id)},
                 {"content", x.text}};
  if (x.is_error)
    to["is_error"] = true;
  return to;
}

json call_block(const chat_tool_call& x, const request_names& names) {
  auto to = json{{"type", "tool_use"},
                 {"id", names.calls.to_wire(x.id)},
                 {"name", names.tools.to_wire(x.name)}};
  to["input"] = x.arguments.is_object() ? x.arguments.get() : json::object();
  return to;
}

json blocks_of(const chat_message& x, const request_names& names) {
  auto to = json::array();
  if (x.role == chat_role::tool) {
    to.push_back(result_block(x, names));
    return to;
  }
  if (!detail::is_blank(x.text)) // which are refused
    to.push_back(text_block(x.text));
  for (const auto& call : x.tool_calls)
    to.push_back(call_block(call, names));
  return to;
}

/// Turns: what one side says is one message, so that the results of a turn
/// stand together at the beginning of the next.
json turns_of(const chat_request& x, const request_names& names) {
  auto to = json::array();
  for (const auto& message : x.messages) {
    const auto* role
      = message.role == chat_role::assistant ? "assistant" : "user";
    auto blocks = blocks_of(message, names);
    if (blocks.empty())
      continue;
    if (to.empty() || to.back()["role"] != role)
      to.push_back({{"role", role}, {"content", json::array()}});
    for (auto& block : blocks)
      to.back()["content"].push_back(std::move(block));
  }
  return to;
}

std::uint32_t limit_of(const model_endpoint& where, const chat_request& x) {
  return x.max_tokens.value_or(
    where.max_tokens.value_or(model_endpoint::anthropic_max_tokens));
}

json body_of(const model_endpoint& where, const chat_request& x,
             bool streamed) {
  const auto names = anthropic_names{x};
  auto to = json{{"model", where.model}, {"max_tokens", limit_of(where, x)}};
  to["messages"] = turns_of(x, names);
  if (!x.instructions.empty())
    to["system"] = x.instructions;
  put_tools(to, x, names);
  if (x.temperature)
    to["temperature"] = *x.temperature;
  if (!x.stop.empty())
    to["stop_sequences"] = x.stop;
  if (streamed)
    to["stream"] = true;
  return to;
}

// -- answers ------------------------------------------------------------------

/// What an answer or an event says of tokens, on top of what others said: the
/// counts of a stream are cumulative.
class usage_sum {
public:
  void take(const json& usage) {
    take(input_, usage, "input_tokens");
    take(written_, usage, "cache_creation_input_tokens");
    take(cached_, usage, "cache_read_input_tokens");
    take(output_, usage, "output_tokens");
  }

  [[nodiscard]] std::optional<chat_usage> total() const {
    if (!input_ && !output_)
      return std::nullopt;
    const auto cached = cached_.value_or(0);
    return chat_usage{.input
                      = detail::sum(input_.value_or(0),
                                    detail::sum(written_.value_or(0), cached)),
                      .output = output_.value_or(0),
                      .cached = cached};
  }

private:
  using count = std::optional<std::uint64_t>;

  static void take(count& to, const json& usage, const char* name) {
    if (const auto x = count_in(usage, name))
      to = x;
  }

  count input_;
  count written_;
  count cached_;
  count output_;
};

draft begin_draft(const model_endpoint& where, const chat_request& asked,
                  const http_headers& head) {
  return {.limit = limit_of(where, asked),
          .request_id
          = std::string{find_header(head, "request-id").value_or("")}};
}

void take_frame(draft& to, const json& message) {
  to.model = text_in(message, "model");
  if (to.request_id.empty())
    to.request_id = text_in(message, "id");
}

void take_stop(draft& to, const json& from) {
  if (auto word = text_in(from, "stop_reason"); !word.empty())
    to.finish = std::move(word);
  to.refusal += text_in(member(from, "stop_details"), "explanation");
}

/// Makes the answer's words of what the tool for it was given. A call of other
/// tools beside it counts for more: it was made without their results.
void take_answer(draft& to, const chat_request& asked,
                 const std::string& name) {
  const auto is_answer
    = [&name](const draft_call& x) { return x.name == name; };
  const auto found = std::ranges::find_if(to.calls, is_answer);
  if (!offers_answer(asked) || found == to.calls.end())
    return;
  to.text = std::move(found->arguments);
  std::erase_if(to.calls, is_answer);
  if (!to.calls.empty()) {
    to.text.clear();
    return;
  }
  const auto input = detail::object_in(to.text);
  if (!input)
    return; // told as what had to be JSON and is not
  const auto& content
    = needs_wrapper(asked.output->get()) && input->contains(wrapper)
        ? member(*input, wrapper)
        : *input;
  to.text = json_text(content);
}

chat_result finished(draft x, const chat_request& asked) {
  const auto names = anthropic_names{asked};
  take_answer(x, asked, names.answer);
  return detail::settled(std::move(x), asked, names.tools);
}

draft_call call_in(const json& block) {
  const auto& input = member(block, "input");
  return {.id = text_in(block, "id"),
          .name = text_in(block, "name"),
          .arguments = input.empty() ? std::string{} : json_text(input)};
}

chat_result read_whole(const json& body, draft to, const chat_request& asked) {
  const auto& content = member(body, "content");
  if (!content.is_array())
    return detail::useless(failure_kind::malformed_output,
                           "the answer has no content");
  take_frame(to, body);
  auto usage = usage_sum{};
  usage.take(member(body, "usage"));
  to.usage = usage.total();
  for (const auto& block : content)
    if (const auto type = text_in(block, "type"); type == "text")
      to.text += text_in(block, "text");
    else if (type == "tool_use")
      to.calls.push_back(call_in(block));
  take_stop(to, body);
  return finished(std::move(to), asked);
}

class anthropic_stream final : public chat_stream {
public:
  anthropic_stream(model_endpoint where, chat_request asked,
                   const http_headers& head)
    : where_(std::move(where)), asked_(std::move(asked)), names_(asked_),
      draft_(begin_draft(where_, asked_, head)) {
    // nop
  }

  std::vector<chat_delta> add(const sse_event& x) override {
    auto to = std::vector<chat_delta>{};
    if (over_ || x.data.empty())
      return to;
    if (const auto event = detail::object_in(x.data))
      take(*event, event->contains("type") ? text_in(*event, "type") : x.type,
           to);
    else
      fail(detail::useless(failure_kind::malformed_output,
                           "an event of the stream is no JSON object"));
    return to;
  }

  bool over() const override {
    return over_;
  }

  bool begun() const override {
    return !draft_.text.empty() || !draft_.calls.empty();
  }

  chat_result finish() override {
    if (failure_)
      return *failure_;
    if (!over_ && draft_.finish.empty())
      return interrupted(begun());
    auto whole = draft_;
    whole.usage = usage_.total();
    return finished(std::move(whole), asked_);
  }

  std::optional<chat_usage> usage() const override {
    return usage_.total();
  }

private:
  void fail(failure why) {
    over_ = true;
    failure_ = std::move(why);
  }

  void take(const json& x, const std::string& type,
            std::vector<chat_delta>& told) {
    if (type == "message_start") {
      take_frame(draft_, member(x, "message"));
      usage_.take(member(member(x, "message"), "usage"));
    } else if (type == "content_block_start") {
      take_start(x, told);
    } else if (type == "content_block_delta") {
      take_delta(x, told);
    } else if (type == "message_delta") {
      take_stop(draft_, member(x, "delta"));
      usage_.take(member(x, "usage"));
    } else if (type == "message_stop") {
      over_ = true;
    } else if (type == "error") {
      fail(detail::failed(provider_error_in(x).value_or(provider_error{}),
                          where_));
    }
  }

  void take_start(const json& x, std::vector<chat_delta>& told) {
    const auto& block = member(x, "content_block");
    const auto type = text_in(block, "type");
    if (type == "text")
      take_text(text_in(block, "text"), told);
    if (type != "tool_use")
      return;
    calls_[count_in(x, "index").value_or(0)] = draft_.calls.size();
    draft_.calls.push_back(call_in(block));
    if (!is_answer(draft_.calls.back()))
      told.push_back(
        {.tool = names_.tools.from_wire(draft_.calls.back().name)});
  }

  void take_delta(const json& x, std::vector<chat_delta>& told) {
    const auto& delta = member(x, "delta");
    const auto type = text_in(delta, "type");
    if (type == "text_delta")
      take_text(text_in(delta, "text"), told);
    if (type != "input_json_delta")
      return;
    const auto found = calls_.find(count_in(x, "index").value_or(0));
    if (found == calls_.end())
      return;
    auto& call = draft_.calls[found->second];
    auto piece = text_in(delta, "partial_json");
    call.arguments += piece;
    if (is_answer(call) && !needs_wrapper(asked_.output->get())
        && !piece.empty())
      told.push_back({.text = std::move(piece)});
  }

  void take_text(std::string text, std::vector<chat_delta>& told) {
    if (text.empty())
      return;
    draft_.text += text;
    told.push_back({.text = std::move(text)});
  }

  [[nodiscard]] bool is_answer(const draft_call& x) const {
    return offers_answer(asked_) && x.name == names_.answer;
  }

  model_endpoint where_;
  chat_request asked_;
  anthropic_names names_;
  draft draft_;
  usage_sum usage_;
  std::map<std::uint64_t, std::size_t> calls_; // by their blocks
  std::optional<failure> failure_;
  bool over_ = false;
};

class anthropic final : public chat_format {
public:
  transfer_request request(const model_endpoint& where,
                           const chat_request& what,
                           bool streamed) const override {
    require_sendable(what);
    auto headers = http_headers{{"anthropic-version", version}};
    if (!where.key.empty())
      headers.emplace_back("x-api-key", where.key);
    return detail::post(where, "/messages", std::move(headers),
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
    auto to = usage_sum{};
    if (const auto body = detail::object_in(from.body))
      to.take(member(*body, "usage"));
    return to.total();
  }

  std::unique_ptr<chat_stream> stream(const model_endpoint& where,
                                      const chat_request& asked,
                                      const http_headers& head,
                                      instant) const override {
    return std::make_unique<anthropic_stream>(where, asked, head);
  }
};

} // namespace

const chat_format& anthropic_format() {
  static const anthropic only;
  return only;
}

} // namespace stanchion

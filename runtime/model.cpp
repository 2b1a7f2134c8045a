#include <stanchion/core/defaults.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/http_address.hpp>
#include <stanchion/runtime/model.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

tool with_schemas(tool x) {
  x.input(schema{chat_request_schema()}).output(schema{chat_reply_schema()});
  return x;
}

/// What is set aside for an attempt before it leaves.
std::function<spending(const value&)> most_of_prices(const model_settings& x) {
  return [price = x.price, limit = x.max_tokens](const value& arguments) {
    const auto asked = chat_request_from_json(arguments.get());
    const auto usual = limit.value_or(defaults::model_answer_tokens);
    return most_of(asked, price, asked.max_tokens.value_or(usual));
  };
}

tool model_tool(std::string name, const model_settings& x,
                const chat_format& format) {
  if (const auto wrong = why_not_sent_to(x.url, x.insecure_non_loopback))
    throw error{error_code::invalid_spec, "model " + name + ": url: " + *wrong};
  auto options = model_options{};
  options.name = name;
  options.endpoint = {.url = x.url,
                      .model = x.model,
                      .key = read_credential(x.key, "model " + name + ": key"),
                      .headers = x.headers,
                      .max_tokens = x.max_tokens,
                      .old_max_tokens = x.old_max_tokens};
  options.format = &format;
  options.streamed = x.streamed;
  options.safe_to_repeat = x.safe_to_repeat;
  options.price = x.price;
  options.ca = x.ca;
  options.on_delta = x.on_delta;
  auto make = [options = std::move(options)](const tool_surroundings& with) {
    auto mine = options;
    mine.events = with.events;
    mine.http = with.http;
    return make_model_actor(
      std::make_shared<const model_options>(std::move(mine)));
  };
  auto made = with_schemas(
    tool{std::move(name), effect::read_only, tool_worker{std::move(make)}});
  made.timeout(defaults::model_timeout).costs(most_of_prices(x));
  if (x.streamed)
    made.idle_timeout(defaults::model_idle_timeout);
  return made;
}

} // namespace

tool openai_model(std::string name, const model_settings& x) {
  return model_tool(std::move(name), x, openai_format());
}

tool anthropic_model(std::string name, const model_settings& x) {
  return model_tool(std::move(name), x, anthropic_format());
}

tool scripted_model(std::string name, model_script script) {
  auto answer = [script = std::move(script)](const value& arguments,
                                             tool_context& ctx) -> json {
    const auto reply = script(chat_request_from_json(arguments.get()));
    if (reply.usage)
      ctx.spent(cost_of(*reply.usage, {}));
    return reply;
  };
  return with_schemas(
    tool{std::move(name), effect::read_only, std::move(answer)});
}

} // namespace stanchion

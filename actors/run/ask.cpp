#include <stanchion/actors/model/chat.hpp>
#include <stanchion/actors/run/agent_context.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

value request_of(const value& what, const value& schema) {
  auto request = what.is_string() ? prompt(what.as_string()).get() : what.get();
  if (!schema.is_null())
    request["output"] = schema.get();
  return value{std::move(request)};
}

/// As sure as it says itself.
value answer_of(const value& reply) {
  if (!reply.contains("output"))
    return reply["text"];
  auto answer = reply["output"];
  if (!answer.contains("confidence"))
    return answer;
  const auto& said = answer["confidence"].get();
  const auto sure = said.is_number() ? said.get<double>() : -1;
  return sure >= 0 && sure <= 1 ? answer.with_confidence(sure) : answer;
}

task<value> ask_model(const agent_context& ctx, std::string model,
                      value request) {
  auto reply = co_await ctx.call(std::move(model), std::move(request));
  co_return answer_of(reply);
}

} // namespace

task<value> agent_context::ask(std::string model, value what,
                               value schema) const {
  return ask_model(*this, std::move(model), request_of(what, schema));
}

task<value> agent_context::ask(std::string model, value what) const {
  return ask(std::move(model), std::move(what), {});
}

} // namespace stanchion

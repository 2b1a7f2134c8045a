#include <stanchion/actors/mcp/frames.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion {

namespace {

constexpr auto version = "2.0";

rpc_garbage garbage(std::string why) {
  return {std::move(why)};
}

bool is_id(const json& x) {
  return x.is_string() || x.is_number_integer();
}

rpc_message read_call(const json& x, value params) {
  const auto& method = x.at("method");
  if (!method.is_string())
    return garbage("its method is no text");
  auto name = method.get<std::string>();
  if (!x.contains("id"))
    return rpc_notification{std::move(name), std::move(params)};
  if (!is_id(x.at("id")))
    return garbage("its id is neither text nor an integer");
  return rpc_request{value(x.at("id")), std::move(name), std::move(params)};
}

rpc_message read_error(value id, const json& x) {
  if (!x.is_object() || !x.contains("code")
      || !x.at("code").is_number_integer())
    return garbage("its error has no code");
  auto why = rpc_error{.code = x.at("code").get<std::int64_t>(),
                       .message = text_in(x, "message")};
  if (x.contains("data"))
    why.data = value(x.at("data"));
  return rpc_response{std::move(id), std::move(why)};
}

rpc_message read_response(const json& x) {
  auto id = value{};
  if (x.contains("id")) {
    if (!is_id(x.at("id")) && !x.at("id").is_null())
      return garbage("its id is neither text nor an integer");
    id = value(x.at("id"));
  }
  if (x.contains("error"))
    return read_error(std::move(id), x.at("error"));
  if (!x.contains("result"))
    return garbage("it has no method, no result and no error");
  return rpc_response{std::move(id), value(x.at("result"))};
}

json frame() {
  return json{{"jsonrpc", version}};
}

} // namespace

rpc_message parse_frame(std::string_view text) {
  auto doc = value{};
  try {
    doc = parse_json(text);
  } catch (const error& e) {
    return garbage(std::string{detail_of(e)});
  }
  const auto& x = doc.get();
  if (!x.is_object() || text_in(x, "jsonrpc") != version)
    return garbage("it is no message of JSON-RPC 2.0");
  if (x.contains("method"))
    return read_call(x, doc.get("params", value{}));
  return read_response(x);
}

std::string request_frame(std::int64_t id, std::string_view method,
                          const json& params) {
  auto x = frame();
  x["id"] = id;
  x["method"] = method;
  x["params"] = params;
  return x.dump();
}

std::string notification_frame(std::string_view method, const json& params) {
  auto x = frame();
  x["method"] = method;
  if (!params.empty())
    x["params"] = params;
  return x.dump();
}

std::string response_frame(const value& id, const json& result) {
  auto x = frame();
  x["id"] = id.get();
  x["result"] = result;
  return x.dump();
}

std::string refusal_frame(const value& id, std::int64_t code,
                          std::string_view message) {
  auto x = frame();
  x["id"] = id.get();
  x["error"] = {{"code", code}, {"message", message}};
  return x.dump();
}

} // namespace stanchion

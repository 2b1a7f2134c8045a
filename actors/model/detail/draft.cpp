#include <stanchion/actors/model/detail/draft.hpp>
#include <stanchion/actors/model/model_failure.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/http_address.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/plain_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace stanchion::detail {

namespace {

constexpr auto longest_tool = std::size_t{64};
constexpr auto longest_call = std::size_t{40};
/// Bytes that are kept of arguments that are no JSON object.
constexpr auto longest_malformed = std::size_t{4096};

std::vector<std::string> names_of(const std::vector<chat_tool>& tools) {
  auto to = std::vector<std::string>{};
  for (const auto& tool : tools)
    to.push_back(tool.name);
  return to;
}

/// Of all calls and results among the messages.
template <class Of>
std::vector<std::string> all_in(const chat_request& x, Of of) {
  auto to = std::vector<std::string>{};
  for (const auto& message : x.messages)
    for (const auto& call : message.tool_calls)
      to.push_back(of(call));
  return to;
}

/// Ids that are taken, and new ones.
class id_register {
public:
  explicit id_register(const chat_request& asked) {
    for (auto& id : all_in(asked, [](const auto& call) { return call.id; }))
      taken_.insert(std::move(id));
  }

  std::string next(const std::string& wanted) {
    if (!wanted.empty() && taken_.insert(wanted).second)
      return wanted;
    for (auto i = 1;; ++i)
      if (auto made = "call_" + std::to_string(i); taken_.insert(made).second)
        return made;
  }

private:
  std::set<std::string> taken_;
};

/// Nothing for what is no JSON object.
std::optional<value> arguments_in(std::string_view text) {
  if (is_blank(text))
    return args();
  try {
    const auto read = parse_json(text);
    if (read.is_null())
      return args();
    if (read.is_object())
      return read;
  } catch (const error&) {
    return std::nullopt; // the model's fault: told by `malformed`
  }
  return std::nullopt;
}

/// Puts the answer itself, as JSON, into `to`. What is wrong with it.
std::optional<failure> take_output(chat_reply& to) {
  try {
    to.output = parse_json(to.text);
    return std::nullopt;
  } catch (const error& x) {
    return useless(failure_kind::malformed_output,
                   "the answer had to be JSON and is not: "
                     + std::string{detail_of(x)});
  }
}

} // namespace

failure useless(failure_kind kind, std::string message) {
  return {
    .kind = kind, .effect = side_effect::none, .message = std::move(message)};
}

failure no_object(std::string_view body) {
  return is_blank(body)
           ? useless(failure_kind::empty_output, "the answer is empty")
           : useless(failure_kind::malformed_output,
                     "the answer is no JSON object; does the address end "
                     "where the provider's API begins, such as in /v1?");
}

request_names::request_names(const chat_request& of)
  : tools(longest_tool), calls(longest_call) {
  tools.add(names_of(of.tools));
  tools.add(all_in(of, [](const auto& call) { return call.name; }));
  calls.add(all_in(of, [](const auto& call) { return call.id; }));
}

transfer_request post(const model_endpoint& where, std::string_view path,
                      http_headers ours, const json& body, bool streamed) {
  auto to = transfer_request{.method = "POST", .url = where.url};
  while (to.url.ends_with('/'))
    to.url.pop_back();
  to.url += path;
  ours.emplace_back("content-type", "application/json");
  ours.emplace_back("accept",
                    streamed ? "text/event-stream" : "application/json");
  for (auto& each : ours)
    if (!find_header(where.headers, each.first))
      to.headers.push_back(std::move(each));
  to.headers.insert(to.headers.end(), where.headers.begin(),
                    where.headers.end());
  to.body = json_text(body);
  // What goes without TLS stays on this machine.
  to.use_proxies
    = !to.url.starts_with("http://") || !is_loopback(host_of(to.url));
  return to;
}

failure failed(provider_error x, const model_endpoint& where) {
  return model_failure(without_key(std::move(x), where));
}

std::variant<json, failure> whole_body(const transfer_response& from,
                                       const model_endpoint& where,
                                       instant now) {
  if (from.status < 200 || from.status > 299)
    return failed(provider_error_of(from, now), where);
  auto body = object_in(from.body);
  if (!body)
    return no_object(from.body);
  if (provider_error_in(*body))
    return failed(provider_error_of(from, now), where);
  return *std::move(body);
}

chat_result settled(draft x, const chat_request& asked,
                    const wire_names& names) {
  if (auto why = stop_failure(x.finish, x.refusal, x.limit))
    return *std::move(why);
  auto to = chat_reply{.text = std::move(x.text),
                       .usage = x.usage,
                       .model = std::move(x.model),
                       .request_id = std::move(x.request_id)};
  auto ids = id_register{asked};
  for (auto& each : x.calls) {
    if (each.name.empty())
      return useless(failure_kind::malformed_output,
                     "the model made a call without a name");
    auto call = chat_tool_call{.id = ids.next(each.id),
                               .name = names.from_wire(each.name)};
    if (auto read = arguments_in(each.arguments))
      call.arguments = *std::move(read);
    else
      call.malformed = shortened(std::move(each.arguments), longest_malformed);
    to.tool_calls.push_back(std::move(call));
  }
  if (!to.tool_calls.empty()) {
    to.finish = chat_finish::tool_calls;
    return to;
  }
  if (is_blank(to.text))
    return useless(failure_kind::empty_output, "the model said nothing");
  if (asked.output)
    if (auto why = take_output(to))
      return *std::move(why);
  return to;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

std::optional<json> object_in(std::string_view text) {
  try {
    auto to = parse_json(text).get();
    if (to.is_object())
      return to;
  } catch (const error&) {
    return std::nullopt; // no answer at all, and told as such
  }
  return std::nullopt;
}

const json& member(const json& of, const char* name) {
  static const auto none = json{};
  const auto found = of.find(name);
  return found != of.end() ? *found : none;
}

std::optional<std::uint64_t> count_in(const json& of, const char* name) {
  const auto& x = member(of, name);
  return x.is_number_unsigned() ? std::optional{x.get<std::uint64_t>()}
                                : std::nullopt;
}

std::uint64_t sum(std::uint64_t x, std::uint64_t y) {
  const auto most = std::numeric_limits<std::uint64_t>::max();
  return x > most - y ? most : x + y;
}

} // namespace stanchion::detail

#include <stanchion/actors/mcp/session.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion {

namespace {

constexpr std::size_t longest_quote = 120;
/// Lines that are no messages and are shown; others are only counted.
constexpr std::size_t skipped_shown = 5;

std::string in_quotes(std::string_view x) {
  return "\"" + std::string{x.substr(0, longest_quote)}
         + (x.size() > longest_quote ? "…\"" : "\"");
}

failure unanswered(failure_kind kind, std::string why) {
  return {
    .kind = kind, .effect = side_effect::unknown, .message = std::move(why)};
}

/// A server that knows nothing of a modern request says so in many ways.
bool may_be_legacy(const mcp_refusal& x) {
  return x.status == 400 || x.status == 404 || x.status == 405
         || x.status == 406;
}

/// That our session has ended; servers do not agree how to say it.
bool is_lost_session(const mcp_refusal& x) {
  const auto code = x.error ? x.error->code : 0;
  if (x.status == 404)
    return code != rpc_code::unknown_method;
  return x.status == 400 && code == rpc_code::unspecified;
}

/// The first thing that it asks for.
std::string first_method(const value& requests) {
  const auto& all = requests.get();
  if (all.is_object())
    for (const auto& x : all)
      if (auto name = text_in(x, "method"); !name.empty())
        return name;
  return "input";
}

std::optional<instant> earlier(std::optional<instant> x,
                               std::optional<instant> y) {
  if (!x || !y)
    return x ? x : y;
  return std::min(*x, *y);
}

} // namespace

mcp_session::mcp_session(mcp_session_host& host,
                         const mcp_session_options& options)
  : host_(host), options_(options) {
  // nop
}

// -- who it is ----------------------------------------------------------------

void mcp_session::start(instant now) {
  greeting_ = {.era = mcp_era::modern,
               .version = std::string{mcp_modern_version},
               .name = {}};
  probe_ends_ = now + options_.probe_timeout;
  list_ends_ = now + options_.connect_timeout;
  probe_id_ = ask(purpose::probe, "server/discover",
                  with_meta(json::object(), mcp_era::modern));
}

void mcp_session::on_probe(const rpc_response& x, instant now) {
  probe_ends_.reset();
  if (const auto* wrong = std::get_if<rpc_error>(&x.result))
    return on_probe_error(*wrong);
  if (auto found = read_discovered(std::get<value>(x.result)))
    return greeted(*std::move(found), now);
  shake_hands();
}

/// Only a code of the modern era proves that it is not a legacy server.
void mcp_session::on_probe_error(const rpc_error& x) {
  if (!is_modern(x))
    return shake_hands();
  const auto& data = x.data.get();
  const auto speaks = [&](std::string_view version) {
    return data.is_object() && data.contains("supported")
           && std::ranges::find(data.at("supported"), json(version))
                != data.at("supported").end();
  };
  if (std::ranges::any_of(mcp_legacy_versions, speaks))
    return shake_hands();
  fail("it refuses to be spoken to: " + x.message + " (" + data.dump() + ")");
}

void mcp_session::shake_hands() {
  if (greeting_.era == mcp_era::legacy)
    return;
  greeting_ = {};
  ask(purpose::handshake, "initialize", initialize_params());
}

void mcp_session::on_handshake(const rpc_response& x, instant now) {
  if (const auto* wrong = std::get_if<rpc_error>(&x.result))
    return fail("it refused to begin: " + wrong->message);
  auto found = read_initialized(std::get<value>(x.result));
  if (!found)
    return fail("it speaks no version of the protocol that is known here: "
                + std::get<value>(x.result).dump().substr(0, longest_quote));
  greeting_ = *found;
  agreed_ = true;
  tell("notifications/initialized", json::object());
  greeted(*std::move(found), now);
}

void mcp_session::greeted(mcp_greeting x, instant now) {
  std::erase_if(pending_, [](const auto& p) {
    return p.second.what == purpose::handshake;
  });
  greeting_ = std::move(x);
  agreed_ = true;
  probe_ends_.reset();
  list(now);
}

// -- its tools ----------------------------------------------------------------

void mcp_session::list(instant now) {
  tools_.clear();
  dropped_.clear();
  pages_ = 0;
  list_again_.reset();
  list_ends_ = now + options_.connect_timeout;
  std::erase_if(pending_,
                [](const auto& p) { return p.second.what == purpose::list; });
  ask(purpose::list, "tools/list", with_meta(json::object(), greeting_.era));
}

void mcp_session::on_page(const rpc_response& x, instant) {
  if (const auto* wrong = std::get_if<rpc_error>(&x.result)) {
    if (wrong->code == rpc_code::unknown_method)
      return listed(); // it has none
    return fail("it does not list its tools: " + wrong->message);
  }
  auto page = read_tools(std::get<value>(x.result));
  if (!page)
    return fail("its list of tools is none");
  std::ranges::move(page->tools, std::back_inserter(tools_));
  std::ranges::move(page->dropped, std::back_inserter(dropped_));
  ++pages_;
  if (tools_.size() > options_.most_tools
      || (page->next && pages_ >= options_.most_pages))
    return fail("its list of tools has no end: more than "
                + std::to_string(tools_.size()) + " tools on "
                + std::to_string(pages_) + " pages");
  if (!page->next)
    return listed();
  ask(purpose::list, "tools/list",
      with_meta({{"cursor", *page->next}}, greeting_.era));
}

void mcp_session::listed() {
  list_ends_.reset();
  const auto first = !std::exchange(ready_, true);
  host_.listed(greeting_, std::exchange(tools_, {}),
               std::exchange(dropped_, {}));
  if (first)
    listen();
}

/// A modern server tells of changes only where it is asked to.
void mcp_session::listen() {
  listen_at_.reset();
  if (greeting_.era != mcp_era::modern || !greeting_.tools_change)
    return;
  ask(purpose::listen, "subscriptions/listen",
      with_meta({{"notifications", {{"toolsListChanged", true}}}},
                greeting_.era));
}

// -- calls --------------------------------------------------------------------

void mcp_session::call(mcp_call_id id, mcp_call what, instant) {
  calls_.emplace(id, open_call{.what = std::move(what)});
  send_call(id, std::nullopt);
}

void mcp_session::send_call(mcp_call_id id, const std::optional<value>& state) {
  auto& x = calls_.at(id);
  const auto request = ++last_id_;
  x.request = request;
  auto params = json{{"name", x.what.tool}, {"arguments", x.what.arguments}};
  if (state)
    params["requestState"] = *state;
  params
    = with_meta(std::move(params), greeting_.era, request, x.what.traceparent);
  pending_.emplace(request, pending{purpose::call, id});
  host_.send({.frame = request_frame(request, "tools/call", params),
              .era = greeting_.era,
              .version = greeting_.version,
              .method = "tools/call",
              .id = request,
              .tool = x.what.tool,
              .headers = x.what.headers});
}

void mcp_session::cancel(mcp_call_id id, instant now) {
  const auto found = calls_.find(id);
  if (found == calls_.end() || found->second.forget_at)
    return;
  found->second.forget_at = now + options_.late_answers;
  const auto request = found->second.request;
  if (options_.over_http && greeting_.era == mcp_era::modern)
    return host_.abandon(request);
  tell("notifications/cancelled",
       with_meta(
         {{"requestId", request}, {"reason", "nobody waits for it any more"}},
         greeting_.era));
}

void mcp_session::on_called(mcp_call_id id, const rpc_response& x) {
  if (const auto* wrong = std::get_if<rpc_error>(&x.result))
    return end(id, failure_of(*wrong));
  auto& call = calls_.at(id);
  auto result = read_called(std::get<value>(x.result), call.what.structured);
  if (auto* done = std::get_if<outcome>(&result))
    return end(id, std::move(*done));
  const auto& wanted = std::get<mcp_input_wanted>(result);
  if (wanted.requests.size() > 0)
    return end(id,
               unanswered(failure_kind::permission_denied,
                          "the server asks for " + first_method(wanted.requests)
                            + ", which nobody here answers"));
  if (!wanted.state || ++call.rounds > options_.most_rounds)
    return end(id, unanswered(failure_kind::malformed_output,
                              "the server does not come to an answer"));
  send_call(id, wanted.state);
}

void mcp_session::end(mcp_call_id id, outcome x) {
  if (calls_.erase(id) > 0)
    host_.ended(id, std::move(x));
}

// -- what comes ---------------------------------------------------------------

void mcp_session::received(std::string_view frame, instant now) {
  if (over_)
    return;
  const auto x = parse_frame(frame);
  if (const auto* asked = std::get_if<rpc_request>(&x))
    return answer(*asked);
  if (const auto* told = std::get_if<rpc_notification>(&x))
    return heard(*told, now);
  if (const auto* response = std::get_if<rpc_response>(&x))
    return responded(*response, now);
  if (++skipped_ <= skipped_shown)
    host_.note(severity::debug,
               "skipped what is no message: " + in_quotes(frame) + ": "
                 + std::get<rpc_garbage>(x).why);
}

/// Nothing was promised that it could ask for.
void mcp_session::answer(const rpc_request& x) {
  auto reply = mcp_outgoing{.era = greeting_.era, .version = greeting_.version};
  if (x.method == "ping") {
    reply.frame = response_frame(x.id, json::object());
  } else {
    reply.frame = refusal_frame(x.id, rpc_code::unknown_method,
                                x.method + " is not answered here");
    host_.note(severity::info, "refused to answer its " + in_quotes(x.method));
  }
  host_.send(std::move(reply));
}

void mcp_session::heard(const rpc_notification& x, instant now) {
  if (x.method == "notifications/tools/list_changed") {
    if (ready_ && !list_again_)
      list_again_ = now + options_.gather_changes;
    return;
  }
  if (x.method != "notifications/progress"
      || !x.params.contains("progressToken"))
    return;
  const auto token = x.params["progressToken"];
  const auto found = token.get().is_number_integer()
                       ? pending_.find(token.get().get<std::int64_t>())
                       : pending_.end();
  if (found != pending_.end() && found->second.what == purpose::call)
    host_.progressed(found->second.call);
}

void mcp_session::responded(const rpc_response& x, instant now) {
  const auto id = x.id.get().is_number_integer()
                    ? x.id.get().get<std::int64_t>()
                    : std::int64_t{0};
  const auto node = pending_.extract(id);
  if (node.empty()) {
    host_.note(severity::debug, "an answer that nobody waits for came");
    return;
  }
  switch (node.mapped().what) {
  case purpose::probe:
    // Also while hands are shaken: it was slow to start.
    if (!agreed_)
      on_probe(x, now);
    return;
  case purpose::handshake:
    return on_handshake(x, now);
  case purpose::list:
    return on_page(x, now);
  case purpose::call:
    return on_called(node.mapped().call, x);
  case purpose::listen:
    listen_at_ = now + options_.listen_again;
  }
}

void mcp_session::refused(std::int64_t request, const mcp_refusal& x,
                          instant now) {
  const auto node = pending_.extract(request);
  if (node.empty() || over_)
    return;
  switch (node.mapped().what) {
  case purpose::probe:
    probe_ends_.reset();
    if (x.error && is_modern(*x.error))
      return on_probe_error(*x.error);
    if (may_be_legacy(x))
      return shake_hands();
    return fail(to_string(x.why));
  case purpose::handshake:
  case purpose::list:
    return fail(to_string(x.why));
  case purpose::listen:
    listen_at_ = now + options_.listen_again;
    return;
  case purpose::call:
    break;
  }
  if (greeting_.era == mcp_era::legacy && is_lost_session(x)) {
    end(node.mapped().call,
        failure{.kind = failure_kind::network,
                .effect = side_effect::none,
                .message = "the server has forgotten the session",
                .status = static_cast<std::uint16_t>(x.status)});
    return fail("it has forgotten the session");
  }
  end(node.mapped().call, x.error ? failure_of(*x.error) : x.why);
}

// -- its end ------------------------------------------------------------------

void mcp_session::lost(const std::string& why) {
  if (std::exchange(over_, true))
    return;
  end_all(unanswered(failure_kind::crashed, why + " while the call was open"));
}

void mcp_session::fail(const std::string& why) {
  if (std::exchange(over_, true))
    return;
  end_all(unanswered(failure_kind::network, why));
  host_.failed(why);
}

void mcp_session::end_all(const failure& why) {
  ready_ = false;
  pending_.clear();
  for (const auto& [id, x] : std::exchange(calls_, {}))
    host_.ended(id, why);
}

// -- time ---------------------------------------------------------------------

std::optional<instant> mcp_session::next_due() const {
  if (over_)
    return std::nullopt;
  auto due = earlier(earlier(probe_ends_, list_ends_),
                     earlier(list_again_, listen_at_));
  for (const auto& [id, x] : calls_)
    due = earlier(due, x.forget_at);
  return due;
}

void mcp_session::tick(instant now) {
  const auto is_due
    = [now](const std::optional<instant>& x) { return x && *x <= now; };
  if (over_)
    return;
  if (is_due(list_ends_))
    return fail(ready_ ? "it did not list its tools in time"
                       : "it did not answer in time ("
                           + to_text(options_.connect_timeout) + ")");
  if (is_due(probe_ends_)) {
    probe_ends_.reset();
    shake_hands();
  }
  if (is_due(list_again_))
    list(now);
  if (is_due(listen_at_))
    listen();
  auto forgotten = std::vector<mcp_call_id>{};
  for (const auto& [id, x] : calls_)
    if (is_due(x.forget_at))
      forgotten.push_back(id);
  for (const auto id : forgotten) {
    pending_.erase(calls_.at(id).request);
    end(id, unanswered(failure_kind::cancelled,
                       "it was cancelled, and never answered"));
  }
}

// -- sending ------------------------------------------------------------------

std::int64_t mcp_session::ask(purpose what, std::string_view method,
                              const json& params, mcp_call_id call) {
  const auto id = ++last_id_;
  pending_.emplace(id, pending{what, call});
  host_.send({.frame = request_frame(id, method, params),
              .era = greeting_.era,
              .version = agreed_ || greeting_.era == mcp_era::modern
                           ? greeting_.version
                           : std::string{},
              .method = std::string{method},
              .id = id});
  return id;
}

void mcp_session::tell(std::string_view method, const json& params) {
  host_.send({.frame = notification_frame(method, params),
              .era = greeting_.era,
              .version = greeting_.version,
              .method = std::string{method}});
}

} // namespace stanchion

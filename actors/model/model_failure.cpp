#include <stanchion/actors/http/retry_after.hpp>
#include <stanchion/actors/model/detail/draft.hpp>
#include <stanchion/actors/model/model_failure.hpp>
#include <stanchion/core/ascii.hpp>
#include <stanchion/core/failure_rules.hpp>
#include <stanchion/core/http_failure.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/plain_text.hpp>
#include <stanchion/core/redaction.hpp>
#include <stanchion/core/secret.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace stanchion {

namespace {

/// Bytes of a provider's message that a failure keeps, and of its code.
constexpr auto longest_message = std::size_t{600};
constexpr auto longest_code = std::size_t{80};

using kind = failure_kind;

constexpr auto overflow = std::string_view{"context_overflow"};

/// Whether a word counts beside a status that is an error.
enum class beside_status : std::uint8_t { yes, no };

/// A provider's code or type.
struct word_row {
  std::string_view word;
  failure_kind kind;
  side_effect effect = side_effect::none;
  beside_status counts = beside_status::yes;
  /// What the failure has as code; empty: what the provider says.
  std::string_view code = {};
};

// Codes that say that money is used up are in `default_failure_rules`.
constexpr auto words = std::to_array<word_row>({
  // codes of OpenAI
  {"context_length_exceeded", kind::invalid_input, side_effect::none,
   beside_status::yes, overflow},
  {"invalid_api_key", kind::auth},
  {"model_not_found", kind::not_found},
  {"unsupported_country_region_territory", kind::permission_denied},
  {"rate_limit_exceeded", kind::rate_limited},
  {"slow_down", kind::rate_limited},
  {"server_is_overloaded", kind::overloaded},
  {"content_filter", kind::refused},
  {"content_policy_violation", kind::refused},
  // types of both
  {"authentication_error", kind::auth},
  {"permission_error", kind::permission_denied},
  {"not_found_error", kind::not_found},
  {"conflict_error", kind::conflict, side_effect::unknown},
  {"request_too_large", kind::invalid_input, side_effect::none,
   beside_status::yes, overflow},
  {"rate_limit_error", kind::rate_limited},
  {"overloaded_error", kind::overloaded},
  {"service_unavailable_error", kind::overloaded},
  {"timeout_error", kind::timeout, side_effect::unknown},
  {"invalid_request_error", kind::http_4xx, side_effect::none,
   beside_status::no},
  {"server_error", kind::http_5xx, side_effect::unknown, beside_status::no},
  {"api_error", kind::http_5xx, side_effect::unknown, beside_status::no},
  // types of llama.cpp
  {"exceed_context_size_error", kind::invalid_input, side_effect::none,
   beside_status::yes, overflow},
  {"unavailable_error", kind::overloaded},
});

/// Words in the message of a 400, in lower case, where the provider gives no
/// code for what is worth knowing.
struct message_row {
  std::string_view part;
  failure_kind kind;
  std::string_view code;
};

constexpr auto messages = std::to_array<message_row>({
  // Anthropic
  {"prompt is too long", kind::invalid_input, overflow},
  {"credit balance is too low", kind::budget_exhausted,
   "credit_balance_exhausted"},
  {"api usage limits", kind::budget_exhausted, "enforced_spend_limit_reached"},
  // vLLM, and OpenAI's of old
  {"maximum context length", kind::invalid_input, overflow},
  // llama.cpp of old
  {"available context size", kind::invalid_input, overflow},
});

/// Statuses that mean more of a model than of any service.
struct status_row {
  std::uint16_t status;
  failure_kind kind;
  side_effect effect;
  std::string_view code = {};
};

constexpr auto statuses = std::to_array<status_row>({
  {413, kind::invalid_input, side_effect::none, overflow},
  {503, kind::overloaded, side_effect::none},
  {504, kind::timeout, side_effect::unknown},
});

/// What providers say when a model stops.
struct stop_row {
  std::string_view word;
  std::optional<failure_kind> kind;
  std::string_view code = {};
  std::string_view message = {};
};

constexpr auto cut = std::string_view{"the answer was cut off at "};
constexpr auto declined = std::string_view{"the model declined to answer"};
constexpr auto filtered
  = std::string_view{"the provider's filter stopped the answer"};

constexpr auto stops = std::to_array<stop_row>({
  {"", std::nullopt},
  {"stop", std::nullopt},
  {"tool_calls", std::nullopt},
  {"function_call", std::nullopt},
  {"end_turn", std::nullopt},
  {"stop_sequence", std::nullopt},
  {"tool_use", std::nullopt},
  {"eos", std::nullopt},
  {"eos_token", std::nullopt},
  {"length", kind::truncated, "length", cut},
  {"max_tokens", kind::truncated, "max_tokens", cut},
  {"model_length", kind::truncated, "model_length", cut},
  {"content_filter", kind::refused, "content_filter", filtered},
  {"refusal", kind::refused, "refusal", declined},
  {"model_context_window_exceeded", kind::invalid_input, overflow,
   "the model's context is full; send less of the conversation"},
  {"pause_turn", kind::truncated, "pause_turn",
   "the provider paused the turn for tools of its own, which are not used "
   "here"},
});

/// One line of at most `most` bytes, valid UTF-8.
std::string sane(std::string_view text, std::size_t most) {
  const auto valid = json::parse(json_text(json(text.substr(0, most * 4))));
  return shortened(one_line(valid.get<std::string>()), most);
}

bool is_error_status(std::uint16_t x) {
  return x >= 400 && x <= 599;
}

void become(failure& x, failure_kind to, side_effect effect,
            std::string_view code) {
  x.kind = to;
  x.effect = effect;
  if (!code.empty())
    x.code = code;
}

bool by_word(failure& x, const std::string& word) {
  const auto found = std::ranges::find(words, word, &word_row::word);
  if (found != words.end()) {
    if (found->counts == beside_status::no && is_error_status(x.status))
      return false;
    become(x, found->kind, found->effect,
           found->code.empty() ? word : found->code);
    return true;
  }
  auto probe = x;
  probe.code = word;
  probe = default_failure_rules().classify(std::move(probe));
  if (probe.rule.empty())
    return false;
  become(x, probe.kind, side_effect::none, word);
  return true;
}

bool by_message(failure& x) {
  if (x.status != 400)
    return false;
  const auto text = lower_case(x.message);
  const auto found = std::ranges::find_if(messages, [&text](const auto& row) {
    return text.find(row.part) != std::string::npos;
  });
  if (found == messages.end())
    return false;
  become(x, found->kind, side_effect::none, found->code);
  return true;
}

void by_status(failure& x) {
  const auto found = std::ranges::find(statuses, x.status, &status_row::status);
  if (found != statuses.end())
    become(x, found->kind, found->effect, found->code);
}

bool is_tried_again(failure_kind x) {
  return x == kind::timeout || x == kind::http_5xx || x == kind::rate_limited
         || x == kind::overloaded || x == kind::network || x == kind::conflict;
}

/// Whether there is more than its type and status to say that it is final.
struct verdict {
  bool certain = false;
};

verdict classify(failure& x, const provider_error& from) {
  if (by_word(x, from.code))
    return {.certain = true};
  if (by_word(x, from.type))
    return {.certain = x.kind == kind::budget_exhausted};
  if (by_message(x))
    return {.certain = true};
  by_status(x);
  return {};
}

/// The member of the error, or of the whole, that is text or a number.
std::string word_in(const json& of, const char* name) {
  const auto& x = detail::member(of, name);
  if (x.is_number_integer())
    return std::to_string(x.get<std::int64_t>());
  return x.is_string() ? x.get<std::string>() : std::string{};
}

std::uint16_t status_in(const std::string& code) {
  const auto is_status
    = code.size() == 3 && (code[0] == '4' || code[0] == '5')
      && std::ranges::all_of(code, [](char c) { return c >= '0' && c <= '9'; });
  return is_status ? static_cast<std::uint16_t>(std::stoi(code)) : 0;
}

std::string limit_text(std::optional<std::uint32_t> limit) {
  return limit ? std::to_string(*limit)
                   + " tokens, which is its limit; give it more"
               : std::string{"the limit of its tokens; give it more"};
}

void replace_all(std::string& text, const std::string& what) {
  for (auto at = text.find(what); at != std::string::npos;
       at = text.find(what, at + redaction::mark.size()))
    text.replace(at, what.size(), redaction::mark);
}

std::vector<std::string> credentials(const model_endpoint& where) {
  auto to = std::vector<std::string>{where.key};
  const auto names = redaction{};
  for (const auto& [name, content] : where.headers)
    if (names.hides(name)) {
      to.push_back(content);
      if (const auto blank = content.rfind(' '); blank != std::string::npos)
        to.push_back(content.substr(blank + 1));
    }
  std::erase_if(
    to, [](const std::string& x) { return x.size() < secret_vault::shortest; });
  return to;
}

} // namespace

std::optional<provider_error> provider_error_in(const json& body) {
  const auto& inner = detail::member(body, "error");
  const auto bare = inner.is_null() && text_in(body, "object") == "error";
  if (inner.is_string())
    return provider_error{.message = inner.get<std::string>()};
  if (!inner.is_object() && !bare)
    return std::nullopt;
  const auto& of = bare ? body : inner;
  auto to = provider_error{
    .code = word_in(detail::member(of, "details"), "error_code"),
    .type = word_in(of, "type"),
    .message = word_in(of, "message")};
  if (to.code.empty())
    to.code = word_in(of, "code");
  to.status = status_in(to.code);
  if (to.status != 0)
    to.code.clear();
  return to;
}

provider_error provider_error_of(const transfer_response& from, instant now) {
  const auto body = detail::object_in(from.body);
  auto to = provider_error{};
  if (auto said = body ? provider_error_in(*body) : std::nullopt)
    to = std::move(*said);
  else
    to.message
      = body ? word_in(*body, "detail") + word_in(*body, "message") : from.body;
  if (from.status >= 300 || to.status == 0)
    to.status = static_cast<std::uint16_t>(from.status);
  if (const auto should = find_header(from.headers, "x-should-retry"))
    to.should_retry = *should == "true"    ? std::optional{true}
                      : *should == "false" ? std::optional{false}
                                           : std::nullopt;
  to.retry_after = retry_after(from.headers, now);
  if (const auto at = rate_reset(from.headers, now);
      at && !to.retry_after && from.status == 429)
    to.retry_after = *at - now;
  return to;
}

failure model_failure(const provider_error& from) {
  auto message = sane(from.message, longest_message);
  if (message.empty())
    message = "the provider answered with HTTP status "
              + std::to_string(from.status) + ", and said nothing of why";
  auto x = http_failure(
    from.status, std::move(message),
    sane(from.code.empty() ? from.type : from.code, longest_code),
    from.retry_after);
  if (from.status < 300)
    become(x, kind::http_5xx, side_effect::unknown, {});
  const auto known = classify(x, from);
  if (from.should_retry == false && is_tried_again(x.kind)) {
    x.kind = kind::http_4xx;
    x.message += " (and says not to try again)";
  } else if (from.should_retry == true && !is_tried_again(x.kind)
             && !known.certain) {
    x.kind = kind::http_5xx;
  }
  return x;
}

std::optional<failure> stop_failure(std::string_view finish,
                                    std::string_view said,
                                    std::optional<std::uint32_t> limit) {
  const auto found = std::ranges::find(stops, finish, &stop_row::word);
  if (found == stops.end())
    return failure{.kind = kind::malformed_output,
                   .effect = side_effect::none,
                   .message = "the model stopped for a reason that is not "
                              "known here: "
                              + sane(finish, longest_code),
                   .code = "unknown_stop"};
  if (!found->kind)
    return std::nullopt;
  auto x = failure{.kind = *found->kind,
                   .effect = side_effect::none,
                   .message = std::string{found->message},
                   .code = std::string{found->code}};
  if (found->message == cut)
    x.message += limit_text(limit);
  else if (x.kind == kind::refused && !said.empty())
    x.message += ": " + sane(said, longest_message);
  return x;
}

failure interrupted(bool begun) {
  return {.kind = begun ? kind::truncated : kind::network,
          .effect = begun ? side_effect::none : side_effect::unknown,
          .message = begun ? "the answer broke off before its end"
                           : "the stream ended before the answer began",
          .code = "interrupted"};
}

failure model_failure(const transfer_error& x, const model_endpoint& where,
                      bool begun, instant now) {
  if (x.head && x.head->status >= 400)
    return model_failure(without_key(provider_error_of(*x.head, now), where));
  const auto never = [&x](failure_kind of, std::string_view code = {}) {
    return failure{.kind = of,
                   .effect
                   = x.sent ? side_effect::unknown : side_effect::not_started,
                   .message = x.message,
                   .code = std::string{code}};
  };
  switch (x.why) {
  case transfer_failure::unreachable:
    return never(kind::network);
  case transfer_failure::refused:
    return never(kind::invalid_input, "address_refused");
  case transfer_failure::broken:
    if (begun) {
      auto to = interrupted(true);
      to.message += ": " + x.message;
      return to;
    }
    return never(kind::network, "interrupted");
  case transfer_failure::timeout:
    return never(kind::timeout);
  case transfer_failure::too_large:
    return never(kind::malformed_output, "too_large");
  case transfer_failure::malformed:
    return never(kind::malformed_output, "malformed_http");
  case transfer_failure::cancelled:
    return never(kind::cancelled);
  }
  return never(kind::internal);
}

provider_error without_key(provider_error x, const model_endpoint& where) {
  for (const auto& secret : credentials(where))
    for (auto* text : {&x.message, &x.code, &x.type})
      replace_all(*text, secret);
  return x;
}

} // namespace stanchion

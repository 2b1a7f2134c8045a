#pragma once

#include <stanchion/actors/http/sse.hpp>
#include <stanchion/actors/http/transfer.hpp>
#include <stanchion/actors/model/chat.hpp>
#include <stanchion/core/failure.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stanchion {

/// What a provider's endpoint needs to be asked.
struct model_endpoint {
  /// Such as `https://api.openai.com/v1`, `http://127.0.0.1:11434/v1`,
  /// `https://api.anthropic.com/v1`: what comes before `/chat/completions` and
  /// `/messages`.
  std::string url;
  std::string model; ///< the provider's name for it
  /// Empty: none is sent. It never stands in a failure.
  std::string key = {};
  /// Sent beside ours, or instead of ours of the same name.
  http_headers headers = {};
  /// Tokens of an answer where a request says nothing. Anthropic needs some:
  /// `anthropic_max_tokens` then.
  std::optional<std::uint32_t> max_tokens = {};
  /// The older name `max_tokens` instead of `max_completion_tokens`, for
  /// servers that know no other. OpenAI's wire format only.
  bool old_max_tokens = false;

  /// Ours: some pages of text, and what every model of theirs can give.
  static constexpr std::uint32_t anthropic_max_tokens = 4096;
};

/// A model's words as they come.
struct chat_delta {
  std::string text; ///< what was added to the text
  std::string tool; ///< the name of a call that has begun
};

using chat_result = std::variant<chat_reply, failure>;

/// Puts a streamed answer together.
///
/// Threads: not synchronised.
class chat_stream {
public:
  virtual ~chat_stream() = default;
  /// What this event adds; unknown events add nothing.
  [[nodiscard]] virtual std::vector<chat_delta> add(const sse_event& x) = 0;
  /// Whether its last event has come, or a failure inside of it.
  [[nodiscard]] virtual bool over() const = 0;
  /// Whether anything of the answer has come: words, or a call.
  [[nodiscard]] virtual bool begun() const = 0;
  /// The answer. Of a stream that ended before it was over: a failure, code
  /// `interrupted`, unless it had said why the model stopped, after which
  /// nothing of an answer comes.
  [[nodiscard]] virtual chat_result finish() = 0;
  /// What it has cost so far, as the server says; of failures as well.
  [[nodiscard]] virtual std::optional<chat_usage> usage() const = 0;
};

/// One provider's wire format: pure functions. Whatever comes is an answer or a
/// failure, never an exception.
///
/// Names of tools and ids of calls that providers do not take (they take
/// letters, digits, `_` and `-`, at most 64 and 40) are sent under others that
/// stand for nothing else in the request, and are theirs again in the answer.
/// What a model calls that was not offered, or with arguments that are no JSON
/// object, is in the reply as it said it: whoever asked tells it so.
///
/// Threads: any.
class chat_format {
public:
  virtual ~chat_format() = default;
  /// Without limits of time, which are the caller's. Throws `error{usage}` for
  /// what `require_sendable` refuses.
  [[nodiscard]] virtual transfer_request request(const model_endpoint& where,
                                                 const chat_request& what,
                                                 bool streamed) const
    = 0;
  /// A whole answer, of any status. `where` and `asked` are what it was asked
  /// with.
  [[nodiscard]] virtual chat_result
  read(const model_endpoint& where, const chat_request& asked,
       const transfer_response& from, instant now) const
    = 0;
  /// What a whole answer has cost, as the server says, whether it is of use or
  /// not.
  [[nodiscard]] virtual std::optional<chat_usage>
  usage(const transfer_response& from) const = 0;
  /// Of an answer with a 2xx status and this head.
  [[nodiscard]] virtual std::unique_ptr<chat_stream>
  stream(const model_endpoint& where, const chat_request& asked,
         const http_headers& head, instant now) const
    = 0;
};

/// `POST {url}/chat/completions`, as OpenAI, Ollama, llama.cpp, vLLM and others
/// have it. An output schema is sent as `response_format`, strictly where the
/// schema is of the kind that OpenAI takes so.
[[nodiscard]] const chat_format& openai_format();
/// `POST {url}/messages`, as Anthropic has it. An output schema is sent as that
/// of a tool which the model has to call, or may beside the request's own.
[[nodiscard]] const chat_format& anthropic_format();

/// Nobody may send before then, as the headers of an answer say: a limit of
/// requests or tokens has nothing left. Nothing when all is well, or when the
/// time is more than a year away. Reads `x-ratelimit-…` with spans such as
/// `6m0s` (OpenAI) and `anthropic-ratelimit-…` with RFC 3339 times.
[[nodiscard]] std::optional<instant> rate_reset(const http_headers& from,
                                                instant now);

} // namespace stanchion

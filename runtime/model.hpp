#pragma once

#include <stanchion/actors/model/chat.hpp>
#include <stanchion/actors/model/model_actor.hpp>
#include <stanchion/actors/model/price.hpp>
#include <stanchion/core/credential.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/tool.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

/// Language models, as tools: `read_only`, for they cost but change nothing.
/// What one is asked is a `chat_request`, what it answers a `chat_reply`
/// (actors/model/chat.hpp); `agent_context::ask` makes the one and reads the
/// other. All policies of a tool hold for it, `fallback(instead("simpler"))`
/// and `critical()` among them.
namespace stanchion {

/// Where a provider's model is and how it is asked.
struct model_settings {
  /// What comes before `/chat/completions` or `/messages`. `http://` goes to
  /// this machine only, unless `insecure_non_loopback`.
  std::string url;
  /// The provider's name for it.
  std::string model;
  /// Where its key is; none is sent by default.
  credential_source key = {};
  /// Beside those that the provider needs.
  http_headers headers = {};
  /// Tokens of an answer where a request does not say. Default: the provider's,
  /// 4,096 for Anthropic's.
  std::optional<std::uint32_t> max_tokens = {};
  /// For servers that know no `max_completion_tokens`.
  bool old_max_tokens = false;
  /// Asks for the answer bit by bit: watchers see it come, and an idle timeout
  /// means something. Default true.
  bool streamed = true;
  /// An answer that broke off after it had begun may be asked for again, though
  /// somebody may have heard the beginning. Default false.
  bool safe_to_repeat = false;
  /// What it costs; nothing by default.
  model_price price = {};
  /// Whom to believe beside whom the system believes, as PEM.
  std::filesystem::path ca = {};
  /// Lets keys and words go to other machines without TLS.
  bool insecure_non_loopback = false;
  /// Hears its words as they come.
  delta_listener on_delta = {};
};

/// A model that speaks OpenAI's `chat/completions`, as many servers do: Ollama,
/// llama.cpp, vLLM and others.
///
/// Timeout of an attempt: 10 minutes, 60 s without a word; both as of any tool.
/// Errors: `invalid_spec` for a URL that is none, or a key that is not there.
[[nodiscard]] tool openai_model(std::string name, const model_settings& x);

/// One that speaks Anthropic's `messages`. The same otherwise.
[[nodiscard]] tool anthropic_model(std::string name, const model_settings& x);

/// A model that is a function: for tests and demos without a network. Called
/// on the pool; throws `tool_error` to fail.
using model_script = std::function<chat_reply(const chat_request& asked)>;
[[nodiscard]] tool scripted_model(std::string name, model_script script);

} // namespace stanchion

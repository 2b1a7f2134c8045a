#pragma once

#include <stanchion/actors/http/http_loop.hpp>
#include <stanchion/actors/model/price.hpp>
#include <stanchion/actors/model/provider.hpp>
#include <stanchion/core/event.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/fabric/actor.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace stanchion {

/// Hears a model's words as they come, on the thread that reads them: must be
/// short and must not throw.
using delta_listener
  = std::function<void(const run_id& run, const chat_delta& x)>;

struct model_options {
  std::string name;
  model_endpoint endpoint;
  /// Outlives the actor.
  const chat_format* format = nullptr;
  std::shared_ptr<http_loop> http;
  /// Asks for the answer bit by bit. Default true.
  bool streamed = true;
  /// Whether an answer that broke off after it had begun is asked for again.
  bool safe_to_repeat = false;
  model_price price = {};
  std::filesystem::path ca = {};
  /// Hears `model_delta`; may be null.
  std::shared_ptr<event_sink> events;
  delta_listener on_delta = {};
  /// The time on the loop's thread; outlives it. Null means the machine's.
  const clock* time = nullptr;
};

/// Asks a language model, as many questions at a time as it is asked.
///
/// Accepts:  tool_job → tool_answer; the arguments are a `chat_request`, the
///           answer is a `chat_reply`
/// Emits:    model_delta
/// Errors:   none: what goes wrong is a failure of the call.
[[nodiscard]] std::unique_ptr<fabric::actor>
make_model_actor(std::shared_ptr<const model_options> options);

} // namespace stanchion

#pragma once

#include <stanchion/actors/model/chat.hpp>
#include <stanchion/core/budget.hpp>

#include <cstdint>
#include <optional>

/// What answers of a model cost. Pure functions; threads: any.
namespace stanchion {

/// What a million tokens cost, in millionths of the unit of money that the
/// program counts in (`spending::cost`): 3 dollars are 3'000'000.
struct model_price {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  /// Of input that the provider had cached; nothing: as other input.
  std::optional<std::uint64_t> cached = {};
};

/// What that cost, rounded up. Never overflows: what is too much is the most
/// that there is.
[[nodiscard]] spending cost_of(const chat_usage& x, const model_price& price);

/// Tokens of a request, estimated before it is sent: a third of the bytes of
/// its JSON, rounded up. Source: OpenAI's rule of thumb is 4 characters a token
/// for English prose, and other counts are near 3 for code and JSON. A
/// character of Chinese, at some 0.6 tokens (DeepSeek) to 1, has three bytes.
/// What surrounds the words in JSON is more than what providers add to them.
[[nodiscard]] std::uint64_t estimated_tokens(const chat_request& x);

/// What is to be set aside before a request is sent whose answer has at most
/// `max_tokens`: no input is taken for cached.
[[nodiscard]] spending most_of(const chat_request& x, const model_price& price,
                               std::uint32_t max_tokens);

} // namespace stanchion

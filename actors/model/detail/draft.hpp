#pragma once

#include <stanchion/actors/model/detail/wire_names.hpp>
#include <stanchion/actors/model/provider.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What both wire formats have in common.
namespace stanchion {

struct provider_error;

namespace detail {

/// The names of a request as they are sent.
struct request_names {
  explicit request_names(const chat_request& of);

  wire_names tools; ///< also those that its messages call
  wire_names calls; ///< ids
};

/// A request of `body`, with the headers of the endpoint and, where it has none
/// of the name, `ours`.
[[nodiscard]] transfer_request post(const model_endpoint& where,
                                    std::string_view path, http_headers ours,
                                    const json& body, bool streamed);

/// A call as it came.
struct draft_call {
  std::string id;
  std::string name;
  std::string arguments; ///< JSON text
};

/// An answer as it came, whole or bit by bit.
struct draft {
  std::string text;
  std::vector<draft_call> calls;
  std::string finish;  ///< why the model stopped, in the provider's words
  std::string refusal; ///< what it says about that
  std::optional<std::uint32_t> limit; ///< of tokens, as it was asked
  std::optional<chat_usage> usage;
  std::string model;
  std::string request_id;
};

/// What `x` answers to `asked`.
[[nodiscard]] chat_result settled(draft x, const chat_request& asked,
                                  const wire_names& names);

/// An answer that is of no use.
[[nodiscard]] failure useless(failure_kind kind, std::string message);
/// One that is no JSON object.
[[nodiscard]] failure no_object(std::string_view body);

/// What the JSON text of an answer says. Nothing for what is no object.
[[nodiscard]] std::optional<json> object_in(std::string_view text);

/// What a provider says is wrong.
[[nodiscard]] failure failed(provider_error x, const model_endpoint& where);
/// The object that a whole answer is, or why it is none.
[[nodiscard]] std::variant<json, failure>
whole_body(const transfer_response& from, const model_endpoint& where,
           instant now);

/// Whether there is nothing but white space.
[[nodiscard]] bool is_blank(std::string_view text);

/// A member; null where there is none.
[[nodiscard]] const json& member(const json& of, const char* name);
/// A member that counts something; nothing where there is none.
[[nodiscard]] std::optional<std::uint64_t> count_in(const json& of,
                                                    const char* name);
/// The sum, at most what fits.
[[nodiscard]] std::uint64_t sum(std::uint64_t x, std::uint64_t y);

} // namespace detail

} // namespace stanchion

#pragma once

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/detail/api_call.hpp>
#include <stanchion/runtime/api/store_operations.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the parameters of a request say. Errors: `usage`.
namespace stanchion::detail {

template <class Int>
Int number(const api_call& x, const std::string& key, Int otherwise) {
  const auto text = x.request.parameter(key);
  if (text.empty())
    return otherwise;
  auto result = Int{};
  const auto* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, result);
  if (problem != std::errc{} || stop != end)
    throw error{error_code::usage, "\"" + key + "\" must be a number"};
  return result;
}

/// One page of a list, at most; the owner of the directory knows what it asks
/// for.
inline std::size_t page_limit(const api_call& x) {
  return x.by.owner ? std::size_t{1'000'000} : std::size_t{1'000};
}

/// A number from 1 on; more than `most` counts as `most`.
inline std::size_t bounded(const api_call& x, const std::string& key,
                           std::size_t otherwise, std::size_t most) {
  const auto n = number(x, key, otherwise);
  if (n == 0)
    throw error{error_code::usage, "\"" + key + "\" must be at least 1"};
  return std::min(n, most);
}

/// A comma-separated list of what `parse` knows.
template <class Parse>
auto names(const api_call& x, const std::string& key, Parse parse) {
  using name = typename decltype(parse(std::string_view{}))::value_type;
  auto result = std::vector<name>{};
  const auto text = x.request.parameter(key);
  if (text.empty())
    return result;
  for (const auto word : split(text, ',')) {
    const auto known = parse(word);
    if (!known)
      throw error{error_code::usage,
                  "\"" + std::string{word} + "\" is no " + key};
    result.push_back(*known);
  }
  return result;
}

} // namespace stanchion::detail

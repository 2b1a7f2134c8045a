#pragma once

#include <stanchion/core/value.hpp>

#include <string_view>

/// What reading a `value` wrongly says. All throw `step_error{invalid_input,
/// none}` with a short message that names the JSON pointer and the types.
namespace stanchion::detail {

[[noreturn]] void refuse(std::string_view message);

/// `x` is not what was `wanted`, such as "an integer".
[[noreturn]] void refuse_type(const value& x, std::string_view wanted);

/// `x` is of the right type, but `complaint`.
[[noreturn]] void refuse_content(const value& x, std::string_view complaint);

[[noreturn]] void refuse_member(const value& x, std::string_view key);
[[noreturn]] void refuse_element(const value& x, std::string_view index);
[[noreturn]] void refuse_order(const value& x, const value& y);

} // namespace stanchion::detail

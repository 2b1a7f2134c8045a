#pragma once

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/http.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace stanchion {

/// The status of an HTTP answer.
[[nodiscard]] int http_status_of(error_code x);

/// An error as `application/problem+json`: `type, title, status, code, detail`.
[[nodiscard]] nlohmann::json problem_document(error_code code,
                                              std::string_view detail);

/// The answer with it; a `status` other than 0 replaces that of the code.
[[nodiscard]] http_response problem(error_code code, std::string_view detail,
                                    int status = 0);
[[nodiscard]] http_response problem(const error& x);

} // namespace stanchion

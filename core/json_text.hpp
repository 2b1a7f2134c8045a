#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

/// Text out of JSON that is to be shown or told, never hashed: for that there
/// is `canonical`. Threads: any.
namespace stanchion {

/// A document on one line, its keys in order. What is no UTF-8 stands as
/// U+FFFD: texts may be a tool's or a user's.
[[nodiscard]] std::string json_text(const nlohmann::json& doc);

/// A member that is text; empty where there is none.
[[nodiscard]] std::string text_in(const nlohmann::json& doc,
                                  const char* member);

/// Sets a member, unless `text` is empty. What is no UTF-8 stands as U+FFFD.
void put_text(nlohmann::json& to, const char* member, std::string_view text);

} // namespace stanchion

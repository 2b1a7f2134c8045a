#pragma once

#include <stanchion/cli/invocation.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/plain_text.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

using nlohmann::json;

/// Rows of text under column heads, as wide as their content.
struct text_table {
  std::vector<std::string> heads;
  std::vector<std::vector<std::string>> rows;
};

void print(std::ostream& to, const text_table& x);

/// JSON text on one line.
[[nodiscard]] std::string compact(const json& x);
/// JSON text for people: on one line where it fits.
[[nodiscard]] std::string pretty(const json& x);

/// A member as text: empty when there is none, a string as it is, otherwise
/// compact JSON.
[[nodiscard]] std::string text_of(const json& x, const char* member);

/// The time of day of a member that is an RFC 3339 time, or the day when it is
/// another one than that of `now`.
[[nodiscard]] std::string short_time(const json& x, const char* member,
                                     instant now);

/// A run's state as people see it, coloured where that is wanted.
[[nodiscard]] std::string colored(const terminal& to, std::string_view color,
                                  std::string_view text);

/// One document, unless the format is `table`. True when it was printed.
bool print_document(const command_context& x, const json& doc);
/// A list of documents, unless the format is `table`; `wrapped` is what `json`
/// prints.
bool print_list(const command_context& x, const json& wrapped,
                const char* member);

/// What a record says, on one line.
[[nodiscard]] std::string record_line(const json& record);

/// The last part of how a program was called.
[[nodiscard]] std::string program_name(const std::string& program);

/// `program: E-RUN-002: what; why; what to do`, or an object with `-o json`.
void print_error(const terminal& io, output_format format,
                 const std::string& program, error_code code,
                 std::string_view detail);

} // namespace stanchion

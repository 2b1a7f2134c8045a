#pragma once

#include <stanchion/actors/notifier/options.hpp>
#include <stanchion/cli/invocation.hpp>
#include <stanchion/supervisors/policy/faults.hpp>

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <vector>

/// What the words of a command stand for.
namespace stanchion {

using nlohmann::json;

class store;

/// JSON text, `@FILE`, or `-` for stdin, as JSON. Errors: `invalid_json`,
/// `input_too_large`; `usage` when the file cannot be read.
[[nodiscard]] json read_json(const std::string& word, const terminal& io);

/// What goes wrong on purpose; nothing and `none` for nothing. Errors: `usage`.
[[nodiscard]] faults read_faults(const std::optional<std::string>& word);

/// The ids of a command; `-` stands for those on stdin, between white space.
/// Errors: `usage` when that yields none.
[[nodiscard]] std::vector<std::string> read_ids(const command_context& x);

/// The journal that the words name, to read only.
[[nodiscard]] std::unique_ptr<store> journal_of(const invocation& words);

/// What a user of the system is called.
[[nodiscard]] std::string user_name(unsigned user);

/// The token that a server is shown: of `--token-file`, else of the
/// environment; empty for none. Errors: `usage` when the file cannot be read.
[[nodiscard]] std::string read_token(const invocation& x);

/// Who is told of tickets and alerts: the channels `webhook` and `command`, as
/// far as they are given.
[[nodiscard]] notification_options notifications_of(const invocation& x);

/// Who gives the command: `--by`, else the name of the user; nobody in
/// particular for a server, which knows whose token it is shown.
[[nodiscard]] std::string who(const invocation& x);

/// A command line for a hint: the program, `words`, and the data directory if
/// it is not the default.
[[nodiscard]] std::string hint(const invocation& x, const std::string& words);

} // namespace stanchion

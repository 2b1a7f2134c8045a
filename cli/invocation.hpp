#pragma once

#include <stanchion/cli/exit_code.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/time.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace stanchion {

class configuration;
class runtime;

/// How results are printed.
enum class output_format : std::uint8_t {
  table, ///< for people
  json,  ///< one document
  jsonl, ///< one document per line
  ids,   ///< one id per line, for another command's `-`
};

/// Where a command reads and writes.
struct terminal {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  /// Whether people look at `err` as it is written.
  bool shows_progress = false;
  /// Whether `out` may be coloured.
  bool colors = false;
  /// Whether `in` and `out` are a terminal on which a person can be shown
  /// something that changes.
  bool interactive = false;
};

/// The words of one command. Members that a verb does not take are as they are
/// here.
struct invocation {
  /// What to call the program in hints.
  std::string program = "stanchion";
  output_format format = output_format::table;
  std::filesystem::path data_dir = "stanchion-data";
  std::vector<std::string> ids;
  std::string agent;
  /// JSON text, `@FILE`, or `-`; nothing when not given.
  std::optional<std::string> input;
  std::optional<std::string> payload;
  std::string key;
  std::string by;
  std::string comment;
  std::string reason;
  std::string verb;
  std::string kind;
  bool dry_run = false;
  bool stuck = false;
  std::string run;
  std::string tool;
  std::string assignee;
  std::string step;
  std::string agent_version;
  std::string mode;
  std::string signal;
  std::string signal_id;
  std::vector<std::string> states;
  std::uint32_t version = 0;
  std::size_t limit = 50;
  std::optional<duration> timeout;
  std::optional<duration> since;
  std::optional<duration> older_than;
  /// As `parse_faults` reads them; nothing when not given.
  std::optional<std::string> faults;
  bool allow_faults = false;
  std::uint64_t fault_seed = 1;
  // -- of what is shown as it changes
  duration every = std::chrono::seconds{1};
  bool once = false;
  // -- of a server
  std::string url; ///< of the one that is asked; empty: the data directory's
  std::filesystem::path token_file;
  std::filesystem::path tls_ca;
  std::string listen = "127.0.0.1:7420";
  std::string log; ///< `stderr`, a file, or empty for nowhere
  std::vector<std::string> allow_hosts;
  std::filesystem::path tls_cert;
  std::filesystem::path tls_key;
  bool insecure_non_loopback = false;
  // -- of notifications
  std::string notify_webhook; ///< a URL, or `@FILE` that holds it
  std::string notify_template = "generic";
  std::filesystem::path notify_secret_file;
  std::filesystem::path notify_routing_key_file;
  std::string notify_command; ///< a program
  std::string notify_base_url;
  bool notify_resolved = false;
  // -- of tokens and the audit
  std::string name;
  std::string role;
  std::vector<std::string> decides_as;
  std::optional<duration> expires;
  std::string subject;
  std::string shell; ///< whose completion is printed
  // -- of a configuration
  std::filesystem::path config;                  ///< its file; empty: none
  std::filesystem::path file = "stanchion.json"; ///< one that is looked at
  bool origin = false;
  std::filesystem::path folder = "."; ///< of a new project
  bool cpp = false;
  // -- of a simulation
  std::uint64_t seeds = 1'000;
  std::uint64_t seed = 1;
  std::size_t runs = 3;
  std::size_t workers = 0; ///< 0: one a core
  std::optional<std::size_t> shuffled;
  bool everywhere = false;
  bool trace = false;
  bool no_wait = false;
  bool all = false;
};

/// What a verb works with.
struct command_context {
  const invocation& words;
  const terminal& io;
  /// Adds tools and agents, those of the configuration among them.
  const std::function<void(runtime&)>& setup;
  /// Set when threads had to be abandoned: the process must end at once.
  bool abandoned = false;
  /// What `--config` names; null without it.
  const configuration* configured = nullptr;
};

using command_verb = exit_code (*)(command_context&);

/// Runs one command; `words` are those after the program's name. Sets
/// `abandoned` as `command_context` does.
///
/// Threads: as `command_line`.
[[nodiscard]] exit_code run_command(const std::string& program,
                                    const std::vector<std::string>& words,
                                    const terminal& io,
                                    const std::function<void(runtime&)>& setup,
                                    bool& abandoned);

} // namespace stanchion

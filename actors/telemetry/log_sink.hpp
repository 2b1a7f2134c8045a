#pragma once

#include <stanchion/core/event.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Where log lines go.
enum class log_target : std::uint8_t {
  off,            ///< nowhere
  standard_error, ///< the process's own
  file,           ///< `log_options::file`
};

/// What is logged, and where. By default nothing: a library is silent.
struct log_options {
  log_target target = log_target::off;
  /// For `file`; its directory must exist.
  std::filesystem::path file;
  /// A file that has grown to this is put aside, as `log.1.jsonl` of
  /// `log.jsonl`, and another one begun. Positive; default 64 MiB.
  std::size_t file_bytes = std::size_t{64} << 20U;
  /// How many of those are kept. Default 5.
  std::size_t old_files = 5;
  /// The least severity that is logged. Below `info`, events come with every
  /// step.
  severity least = severity::info;
  /// Events that may wait to be written; past it the oldest are dropped.
  /// Positive; default 8,192.
  std::size_t queue = 8'192;
  /// Names of members whose values are hidden, beside those that are known,
  /// see core/redaction.hpp.
  std::vector<std::string> hidden;
};

/// What is wrong with `x`, field by field; empty when it may be used.
[[nodiscard]] std::vector<std::string> validate(const log_options& x);

/// Takes one line, without its end. Called from one thread.
using line_writer = std::function<void(severity, const std::string& line)>;

/// Writes where `x` says; null for `off`. A line that cannot be written is
/// lost. Errors: `error{store_io}` when the file cannot be opened.
[[nodiscard]] line_writer make_line_writer(const log_options& x);

/// Writes events as lines of JSON (log_line.hpp), on a thread of its own.
/// Whoever publishes never waits: when events come faster than they are
/// written, the oldest are dropped, counted, and an event says so.
///
/// Emits:   log_lines_dropped, from its own thread
/// Threads: any. Its end waits until what is queued is written.
class log_sink final : public event_sink {
public:
  /// Finds who submitted a run; empty for nobody. Called on the sink's thread;
  /// what it throws means nobody.
  using user_lookup = std::function<std::string(const run_id&)>;

  /// `tell` hears of lines that were dropped; both may be null.
  log_sink(const log_options& options, line_writer to, user_lookup user_of,
           std::shared_ptr<event_sink> tell);
  log_sink(const log_sink&) = delete;
  log_sink& operator=(const log_sink&) = delete;
  ~log_sink() override;

  void publish(event x) override;
  /// The kinds that may be severe enough.
  [[nodiscard]] bool wants(event_kind kind) const override;

  /// Events that were dropped, or could not be written, so far.
  [[nodiscard]] std::uint64_t dropped() const;

private:
  class worker;

  severity least_;
  std::unique_ptr<worker> worker_;
};

} // namespace stanchion

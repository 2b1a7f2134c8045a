#include <stanchion/actors/telemetry/log_sink.hpp>
#include <stanchion/core/error.hpp>

#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <utility>

namespace stanchion {

namespace {

spdlog::level::level_enum level_of(severity x) {
  switch (x) {
  case severity::debug:
    return spdlog::level::debug;
  case severity::info:
    return spdlog::level::info;
  case severity::warning:
    return spdlog::level::warn;
  case severity::error:
    return spdlog::level::err;
  case severity::critical:
    break;
  }
  return spdlog::level::critical;
}

spdlog::sink_ptr sink_of(const log_options& x) {
  if (x.target == log_target::standard_error)
    return std::make_shared<spdlog::sinks::stderr_sink_st>();
  try {
    return std::make_shared<spdlog::sinks::rotating_file_sink_st>(
      x.file.string(), x.file_bytes, x.old_files);
  } catch (const spdlog::spdlog_ex& e) {
    throw error{error_code::store_io, "the log " + x.file.string()
                                        + " cannot be opened: " + e.what()};
  }
}

} // namespace

line_writer make_line_writer(const log_options& x) {
  if (x.target == log_target::off)
    return {};
  // Not registered by name: several runtimes may live in one process.
  const auto to = std::make_shared<spdlog::logger>("stanchion", sink_of(x));
  to->set_pattern("%v");
  to->set_level(spdlog::level::trace);
  to->flush_on(spdlog::level::trace);
  to->set_error_handler([](const std::string&) {
    // The line is lost: there is nowhere else to say so.
  });
  return [to](severity level, const std::string& line) {
    to->log(level_of(level), spdlog::string_view_t{line});
  };
}

} // namespace stanchion

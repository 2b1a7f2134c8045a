#pragma once

#include <stanchion/runtime/configuration/object_reader.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

class runtime;
struct config;

namespace configuring {

struct parts;

} // namespace configuring

/// Models, tools, agents, supervisors and who is told, as a file says: see
/// docs/configuration.md.
///
///     const auto from = load_configuration("stanchion.json");
///     auto settings = config{};
///     from.settle(settings);
///     auto rt = runtime{settings};
///     from.apply(rt);
///     rt.start();
///
/// Threads: immutable; any.
class configuration {
public:
  configuration(std::shared_ptr<const configuring::parts> parts,
                std::vector<configuring::effective_value> values);

  /// Says who is told, and where it is logged, if the file does.
  void settle(config& to) const;

  /// Adds everything to a runtime that has not started. Errors: `invalid_spec`
  /// with all of `problems`; then nothing was added.
  void apply(runtime& to) const;

  /// What stands in the way of `apply`: names that nobody has, or two have;
  /// keys that are not there; policies that contradict each other.
  [[nodiscard]] std::vector<configuration_problem>
  problems(const runtime& with) const;

  /// Every member with what holds for it, and where it is from.
  [[nodiscard]] const std::vector<configuring::effective_value>&
  values() const {
    return values_;
  }

  /// What stands in front of problems that `apply` throws: the file's name.
  std::string file = {};

private:
  std::shared_ptr<const configuring::parts> parts_;
  std::vector<configuring::effective_value> values_;
};

/// A configuration, or all that is wrong with its text.
struct configuration_reading {
  std::optional<configuration> made; ///< nothing where there are problems
  std::vector<configuration_problem> problems; ///< in the order of the text
};

/// Reads the text of a configuration. Files that it names are read by `files`.
///
/// Errors: none.
[[nodiscard]] configuration_reading
read_configuration(std::string_view text, configuring::file_source files);

/// The files below a folder, up to 1 MiB each.
[[nodiscard]] configuring::file_source
files_below(const std::filesystem::path& folder);

/// Reads a file. Errors: `usage` when it cannot be read; `invalid_spec` with
/// all that is wrong with it, line by line.
[[nodiscard]] configuration
load_configuration(const std::filesystem::path& file);

/// What a configuration may say, as a JSON Schema (draft 7).
[[nodiscard]] json configuration_schema();

/// `FILE:` and a line for each.
[[nodiscard]] std::string
to_string(const std::vector<configuration_problem>& problems,
          const std::string& file);

} // namespace stanchion

#include <stanchion/core/error.hpp>
#include <stanchion/core/suggest.hpp>
#include <stanchion/runtime/configuration/assembly.hpp>
#include <stanchion/runtime/configuration/configuration.hpp>
#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

namespace stanchion {

namespace {

using namespace configuring;

/// Reads one of several things that have names.
using read_part = void (*)(const std::string&, object_reader&, parts&);

void read_parts(object_reader& x, const key& k, read_part read, parts& to) {
  x.named(
    k, [&](const std::string& name, object_reader& in) { read(name, in, to); });
}

void read(object_reader& x, parts& to) {
  auto schema = std::string{};
  x.field({"$schema", "The JSON Schema of this file, for editors."}, schema,
          text());
  read_parts(x, {"models", "Language models, by name."}, read_model, to);
  read_parts(x, {"tools", "Tools, by name."}, read_tool, to);
  read_parts(x, {"agents", "Agents that a model leads, by name."}, read_agent,
             to);
  read_parts(x, {"supervisors", "Parts of the supervision tree, by name."},
             read_supervisor, to);
  auto failures = failure_policy{};
  if (x.object({"failures", "How failures of all tools are read."},
               [&](object_reader& in) { read(in, failures); }))
    to.failures = std::move(failures);
  to.failures_at = place_of(x, "failures");
  auto notifications = notification_options{};
  if (x.object({"notifications", "Who is told of tickets and alerts."},
               [&](object_reader& in) { read(in, notifications); }))
    to.notifications = std::move(notifications);
  auto log = log_options{};
  if (x.object({"log", "Where it is logged, in lines of JSON."},
               [&](object_reader& in) { read(in, log); }))
    to.log = std::move(log);
}

std::string bytes_of(const std::filesystem::path& file) {
  auto in = std::ifstream{file, std::ios::binary};
  auto text = std::string(configuration_limits.bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in.is_open() || in.bad())
    throw error{error_code::usage, "the file " + file.string()
                                     + " cannot be read; is its name right?"};
  if (!in.eof())
    throw error{error_code::usage,
                "the file " + file.string() + " is longer than "
                  + std::to_string(configuration_limits.bytes) + " bytes"};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

} // namespace

configuration::configuration(std::shared_ptr<const parts> parts,
                             std::vector<effective_value> values)
  : parts_(std::move(parts)), values_(std::move(values)) {
  // nop
}

void configuration::settle(config& to) const {
  if (parts_->notifications)
    to.notifications = *parts_->notifications;
  if (parts_->log)
    to.telemetry.log = *parts_->log;
}

std::vector<configuration_problem>
configuration::problems(const runtime& with) const {
  return assembly{*parts_, with}.problems();
}

void configuration::apply(runtime& to) const {
  auto all = assembly{*parts_, to};
  if (!all.problems().empty())
    throw error{error_code::invalid_spec, to_string(all.problems(), file)};
  all.add_to(to);
}

configuration_reading read_configuration(std::string_view text,
                                         file_source files) {
  const auto located = read_located(text);
  if (const auto* wrong = std::get_if<configuration_problem>(&located))
    return {{}, {*wrong}};
  const auto& root = std::get<located_document>(located).root;
  if (!root.content->is_object())
    return {{}, {{root.at, {}, "must be an object, such as {\"models\": …}"}}};
  auto found = findings{.files = std::move(files)};
  auto all = std::make_shared<parts>();
  auto reader = object_reader{found, root, {}};
  read(reader, *all);
  reader.finish();
  std::ranges::stable_sort(found.problems, {}, &configuration_problem::at);
  if (!found.problems.empty())
    return {{}, std::move(found.problems)};
  return {configuration{std::move(all), std::move(found.values)}, {}};
}

file_source files_below(const std::filesystem::path& folder) {
  return {folder, bytes_of};
}

configuration load_configuration(const std::filesystem::path& file) {
  auto read
    = read_configuration(bytes_of(file), files_below(file.parent_path()));
  if (!read.made)
    throw error{error_code::invalid_spec,
                to_string(read.problems, file.string())};
  read.made->file = file.string();
  return *std::move(read.made);
}

json configuration_schema() {
  auto schema = describe([](object_reader& x) {
    auto nothing = parts{};
    read(x, nothing);
  });
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "stanchion.json";
  return schema;
}

std::string to_string(const std::vector<configuration_problem>& problems,
                      const std::string& file) {
  auto text = file + ":";
  for (const auto& x : problems)
    text += "\n  " + to_string(x);
  return text;
}

} // namespace stanchion

#include <stanchion/cli/new_project.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/runtime/configuration/configuration.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::verbs {

namespace {

using problems = std::vector<configuration_problem>;

/// All that is wrong with a file, as a program with these tools and agents of
/// its own takes it.
problems problems_of(const command_context& x) {
  const auto& file = x.words.file;
  const auto files = files_below(file.parent_path());
  auto read = read_configuration(files.read(file), files);
  if (!read.made)
    return std::move(read.problems);
  auto with = runtime{config{.in_memory = true}};
  if (x.setup)
    x.setup(with);
  return read.made->problems(with);
}

json document_of(const problems& all, const std::string& file) {
  auto doc
    = json{{"file", file}, {"ok", all.empty()}, {"problems", json::array()}};
  for (const auto& each : all)
    doc["problems"].push_back({{"line", each.at.line},
                               {"column", each.at.column},
                               {"at", each.pointer},
                               {"what", each.what}});
  return doc;
}

std::string origin_of(const configuring::effective_value& x) {
  return x.at ? "line " + std::to_string(x.at->line) : "default";
}

} // namespace

exit_code config_check(command_context& x) {
  const auto file = x.words.file.string();
  const auto all = problems_of(x);
  if (!print_document(x, document_of(all, file)))
    x.io.out << plain_text(all.empty() ? file + ": nothing is wrong with it"
                                       : to_string(all, file))
             << '\n';
  return all.empty() ? exit_code::ok : exit_code::usage;
}

exit_code config_show(command_context& x) {
  const auto from = load_configuration(x.words.file);
  auto doc = json{{"values", json::array()}};
  auto table = text_table{.heads = {"MEMBER", "VALUE"}};
  if (x.words.origin)
    table.heads.emplace_back("FROM");
  for (const auto& each : from.values()) {
    const auto shown
      = each.content.is_null() ? std::string{"-"} : compact(each.content.get());
    doc["values"].push_back({{"at", each.pointer},
                             {"value", each.content.get()},
                             {"from", origin_of(each)}});
    table.rows.push_back({one_line(each.pointer), one_line(shown)});
    if (x.words.origin)
      table.rows.back().push_back(origin_of(each));
  }
  if (!print_document(x, doc))
    print(x.io.out, table);
  return exit_code::ok;
}

exit_code config_schema(command_context& x) {
  x.io.out << configuration_schema().dump(2) << '\n';
  return exit_code::ok;
}

exit_code init(command_context& x) {
  const auto& folder = x.words.folder;
  write_project(folder, x.words.cpp ? cpp_project() : configured_project());
  x.io.out << "written to " << plain_text(folder.string())
           << "; its README.md says how to run it\n";
  return exit_code::ok;
}

} // namespace stanchion::verbs

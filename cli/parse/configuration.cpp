#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/cli/verbs.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace stanchion::parse {

namespace {

void takes_format(grammar& g, CLI::App* x) {
  x->add_option_function<std::string>(
     "-o,--output",
     [&g](const std::string& word) {
       g.words.format = output_formats().at(word);
     },
     "How to print results: table, json, jsonl or ids; default table")
    ->check(CLI::IsMember(output_formats()))
    ->type_name("FORMAT");
}

void takes_file(grammar& g, CLI::App* x) {
  x->add_option("file", g.words.file,
                "The configuration; default stanchion.json")
    ->type_name("FILE");
  takes_format(g, x);
}

} // namespace

void add_configuration(grammar& g) {
  auto* config = g.noun("config", "Look at a configuration",
                        "config check stanchion.json");
  takes_file(g, g.bare(config, "check",
                       "Say all that is wrong with a configuration",
                       verbs::config_check, "config check stanchion.json"));
  auto* show = g.bare(config, "show", "Show what holds, defaults and all",
                      verbs::config_show, "config show --origin");
  takes_file(g, show);
  show->add_flag("--origin", g.words.origin, "And which line says so");
  g.bare(config, "schema", "Print the JSON Schema of configurations",
         verbs::config_schema, "config schema > stanchion.schema.json");
  auto* init = g.bare(&g.app(), "init",
                      "Write a project that works, over nothing that is there",
                      verbs::init, "init support");
  init->add_option("folder", g.words.folder, "Where; default here")
    ->type_name("DIR");
  init->add_flag("--cpp", g.words.cpp,
                 "A C++ program, instead of a configuration");
}

} // namespace stanchion::parse

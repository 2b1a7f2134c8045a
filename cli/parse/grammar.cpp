#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/core/run_state.hpp>
#include <stanchion/core/version.hpp>

#include <CLI/CLI.hpp>

#include <utility>

namespace stanchion::parse {

grammar::grammar(const std::string& program)
  : app_{std::make_unique<CLI::App>(
      "Runs durable agents, and looks after them.", program)} {
  words.program = program;
  app_->require_subcommand(1);
  app_->set_version_flag("--version", std::string{version()});
  app_->footer("Examples:\n  " + program
               + " run start AGENT --input '{\"id\": 7}'\n  " + program
               + " run list --state parked\n  " + program
               + " ticket list\n\nEvery command answers --help. Exit codes: 0 "
                 "ok, 1 failed, 2 usage, 3 auth,\n4 not found, 5 conflict, 6 "
                 "partly failed, 7 waiting for a person,\n124 timeout, 130 "
                 "interrupted.");
  add_run(*this);
  add_ticket(*this);
  add_policy(*this);
  add_supervision(*this);
  add_modes(*this);
  add_serving(*this);
  add_care(*this);
  add_simulate(*this);
  add_stats(*this);
  add_top(*this);
  add_configuration(*this);
  add_shells(*this);
}

grammar::~grammar() = default;

// -- commands -----------------------------------------------------------------

CLI::App* grammar::noun(text name, text does, const std::string& example) {
  auto* x = app_->add_subcommand(name, does);
  x->require_subcommand(1);
  x->footer("Example:\n  " + words.program + " " + example);
  return x;
}

CLI::App* grammar::bare(CLI::App* under, text name, text does,
                        command_verb verb, const std::string& example) {
  auto* x = under->add_subcommand(name, does);
  x->footer("Example:\n  " + words.program + " " + example);
  x->callback([this, verb] { chosen.verb = verb; });
  return x;
}

CLI::App* grammar::leaf(CLI::App* under, text name, text does,
                        command_verb verb, const std::string& example) {
  auto* x = bare(under, name, does, verb, example);
  x->add_option("--data-dir", words.data_dir,
                "Where everything durable is; default stanchion-data")
    ->envname("STANCHION_DATA_DIR")
    ->type_name("DIR");
  x->add_option_function<std::string>(
     "-o,--output",
     [this](const std::string& word) {
       words.format = output_formats().at(word);
     },
     "How to print results: table, json, jsonl or ids; default table")
    ->check(CLI::IsMember(output_formats()))
    ->type_name("FORMAT");
  return x;
}

// -- what several of them take
// -------------------------------------------------

void grammar::takes_server(CLI::App* x) {
  x->add_option("--url", words.url,
                "Ask this server, such as http://127.0.0.1:7420, with the "
                "token of STANCHION_TOKEN")
    ->envname("STANCHION_URL")
    ->type_name("URL");
  x->add_option("--token-file", words.token_file,
                "Where the token is, instead of STANCHION_TOKEN")
    ->envname("STANCHION_TOKEN_FILE")
    ->type_name("FILE");
  x->add_option("--tls-ca", words.tls_ca,
                "Whom to believe that a server is who it says; default whom "
                "the system believes")
    ->envname("STANCHION_TLS_CA")
    ->type_name("FILE");
  x->add_flag("--insecure-non-loopback", words.insecure_non_loopback,
              "Send the token to other machines without TLS, too");
}

void grammar::takes_ids(CLI::App* x) {
  x->add_option("ids", words.ids,
                "Runs, by id or its first 8 characters; - reads them from "
                "stdin")
    ->required()
    ->type_name("ID");
}

void grammar::takes_one_id(CLI::App* x, text what) {
  x->add_option_function<std::string>(
     "id", [this](const std::string& id) { words.ids = {id}; }, what)
    ->required()
    ->type_name("ID");
}

void grammar::takes_by(CLI::App* x) {
  x->add_option("--by", words.by, "Who says so; default the user")
    ->type_name("WHO");
}

void grammar::takes_limit(CLI::App* x) {
  x->add_option("--limit", words.limit, "At most so many; default 50")
    ->check(CLI::Range(1, 1'000'000))
    ->type_name("N");
}

CLI::Option* grammar::takes_span(CLI::App* x, const span_option& what,
                                 std::function<void(duration)> into) {
  return x
    ->add_option_function<std::string>(
      what.name,
      [what, into = std::move(into)](const std::string& text) {
        const auto span = parse_span(text);
        if (!span || *span < what.least)
          throw CLI::ValidationError{std::string{what.name} + ": \"" + text
                                     + "\" is no " + what.kind + "; write "
                                     + what.such_as + ", for example"};
        into(*span);
      },
      what.about)
    ->type_name("SPAN");
}

void grammar::takes_timeout(CLI::App* x) {
  takes_span(
    x,
    {.name = "--timeout",
     .about = "Wait no longer than this, then exit with 124; default for ever",
     .such_as = "30s, 5m or 2h"},
    [this](duration span) { words.timeout = span; });
}

void grammar::takes_faults(CLI::App* x) {
  auto* allow = x->add_flag("--allow-faults", words.allow_faults,
                            "Let faults be injected: what they do is real");
  auto* what = x->add_option("--faults", words.faults,
                             "What goes wrong on purpose, such as "
                             "pay:timeout:after@0.2,commit:kill@#3; rough "
                             "for a bit of everything")
                 ->needs(allow)
                 ->type_name("FAULTS");
  x->add_option("--fault-seed", words.fault_seed,
                "Chooses what they strike; default 1")
    ->needs(what)
    ->type_name("SEED");
}

void grammar::takes_config(CLI::App* x) {
  x->add_option(
     "--config", words.config,
     "Models, tools and agents as this file says, see `config check`")
    ->envname("STANCHION_CONFIG")
    ->type_name("FILE");
}

void grammar::takes_reason(CLI::App* x) {
  x->add_option("--reason", words.reason, "Why, for others to read")
    ->required()
    ->type_name("TEXT");
  takes_by(x);
  takes_server(x);
}

// -- names --------------------------------------------------------------------

const std::map<std::string, output_format>& output_formats() {
  static const auto formats
    = std::map<std::string, output_format>{{"table", output_format::table},
                                           {"json", output_format::json},
                                           {"jsonl", output_format::jsonl},
                                           {"ids", output_format::ids}};
  return formats;
}

std::vector<std::string> names_of_states() {
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(run_state::continued); ++i)
    if (const auto x = static_cast<run_state>(i);
        parse_run_state(to_string(x)) == x)
      names.emplace_back(to_string(x));
  return names;
}

} // namespace stanchion::parse

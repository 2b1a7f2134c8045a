#include "support/catch.hpp"

#include <stanchion/cli/parse.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/runtime/api/routes.hpp>

#include <map>
#include <set>
#include <string_view>

using namespace stanchion;

namespace {

using strings = std::vector<std::string>;

command parsed(const strings& words) {
  auto x = parse_words("prog", words);
  if (const auto* wrong = std::get_if<misuse>(&x))
    FAIL(wrong->text);
  return std::get<command>(std::move(x));
}

} // namespace

TEST_CASE("every verb is found by its words", "[cli]") {
  const auto [words, verb] = GENERATE(table<strings, command_verb>({
    {{"run", "start", "a"}, verbs::run_start},
    {{"run", "list"}, verbs::run_list},
    {{"run", "show", "1"}, verbs::run_show},
    {{"run", "watch", "1"}, verbs::run_watch},
    {{"run", "export", "1"}, verbs::run_export},
    {{"run", "fork", "1", "--at", "3"}, verbs::run_fork},
    {{"run", "cancel", "1"}, verbs::run_cancel},
    {{"run", "resume", "1", "2"}, verbs::run_resume},
    {{"run", "retry", "-"}, verbs::run_retry},
    {{"ticket", "list"}, verbs::ticket_list},
    {{"ticket", "show", "T"}, verbs::ticket_show},
    {{"ticket", "decide", "T", "abort"}, verbs::ticket_decide},
    {{"ticket", "approve", "T", "U"}, verbs::ticket_approve},
    {{"ticket", "reject", "-", "--comment", "no"}, verbs::ticket_reject},
    {{"ticket", "edit", "T", "--payload", "{}"}, verbs::ticket_edit},
    {{"ticket", "answer", "T", "--payload", "1"}, verbs::ticket_answer},
    {{"tree"}, verbs::tree},
    {{"run", "signal", "1", "paid", "--id", "7"}, verbs::run_signal},
    {{"mode", "set", "a", "advisory", "--reason", "r"}, verbs::mode_set},
    {{"stop", "all", "--reason", "r"}, verbs::stop_all},
    {{"stop", "lift", "--reason", "r"}, verbs::stop_lift},
    {{"tool", "list"}, verbs::tool_list},
    {{"tool", "show", "t"}, verbs::tool_show},
    {{"breaker", "isolate", "t", "--reason", "r"}, verbs::breaker_isolate},
    {{"breaker", "close", "t", "--reason", "r"}, verbs::breaker_close},
    {{"serve"}, verbs::serve},
    {{"notify", "test"}, verbs::notify_test},
    {{"token", "create", "n", "--role", "admin"}, verbs::token_create},
    {{"token", "list"}, verbs::token_list},
    {{"token", "revoke", "n"}, verbs::token_revoke},
    {{"audit"}, verbs::audit},
    {{"journal", "verify"}, verbs::journal_verify},
    {{"journal", "dump"}, verbs::journal_dump},
    {{"journal", "prune", "--older-than", "9d"}, verbs::journal_prune},
    {{"completion", "zsh"}, verbs::completion},
    {{"man"}, verbs::man},
    {{"config", "check"}, verbs::config_check},
    {{"config", "show", "f", "--origin"}, verbs::config_show},
    {{"config", "schema"}, verbs::config_schema},
    {{"init", "d", "--cpp"}, verbs::init},
    {{"doctor"}, verbs::doctor},
    {{"version"}, verbs::version},
    {{"simulate", "a"}, verbs::simulate},
    {{"top"}, verbs::top},
  }));
  CHECK(parsed(words).verb == verb);
}

TEST_CASE("each route of the operator API has a command, which takes --url",
          "[cli]") {
  const auto commands = std::map<std::string_view, strings>{
    {"listRuns", {"run", "list"}},
    {"startRun", {"run", "start", "a"}},
    {"getRun", {"run", "show", "1"}},
    {"listSteps", {"run", "show", "1"}},
    {"exportRun", {"run", "export", "1"}},
    {"forkRun", {"run", "fork", "1"}},
    {"pruneJournal", {"journal", "prune", "--older-than", "9d"}},
    {"followRun", {"run", "watch", "1"}},
    {"cancelRun", {"run", "cancel", "1"}},
    {"resumeRun", {"run", "resume", "1"}},
    {"retryRun", {"run", "retry", "1"}},
    {"signalRun", {"run", "signal", "1", "paid", "--id", "7"}},
    {"listTickets", {"ticket", "list"}},
    {"getTicket", {"ticket", "show", "T"}},
    {"decideTicket", {"ticket", "decide", "T", "abort"}},
    {"setMode", {"mode", "set", "a", "stopped", "--reason", "r"}},
    {"stopAll", {"stop", "all", "--reason", "r"}},
    {"listTools", {"tool", "list"}},
    {"getTool", {"tool", "show", "t"}},
    {"setBreaker", {"breaker", "close", "t", "--reason", "r"}},
    {"listAgents", {"tree"}}, // shows them
    {"getTree", {"tree"}},
    {"listAudit", {"audit"}},
    {"listTokens", {"token", "list"}},
    {"createToken", {"token", "create", "n", "--role", "admin"}},
    {"revokeToken", {"token", "revoke", "n"}},
  };
  const auto of_programs
    = std::set<std::string_view>{"streamEvents", "getLive",    "getReady",
                                 "getMetrics",   "getVersion", "getOpenapi"};
  for (const auto& route : api_routes()) {
    CAPTURE(route.id);
    const auto found = commands.find(route.id);
    CHECK((found != commands.end()) != of_programs.contains(route.id));
    if (found == commands.end())
      continue;
    auto words = found->second;
    words.insert(words.end(), {"--url", "http://localhost:7420"});
    CHECK(parsed(words).words.url == "http://localhost:7420");
  }
}

TEST_CASE("the words of a start are taken as they are", "[cli]") {
  const auto input = GENERATE(as<std::string>{}, R"({"a":"b\n"})", "[1,[2]]",
                              "-", "@file", "\"text\"", "", "null");
  const auto x = parsed({"run", "start", "refund", "--input", input,
                         "--data-dir", "d", "--key", "k", "--by", "ann",
                         "--no-wait", "--timeout", "90s", "-o", "json"})
                   .words;
  CHECK(x.agent == "refund");
  CHECK(x.input == input);
  CHECK(x.data_dir == "d");
  CHECK(x.key == "k");
  CHECK(x.by == "ann");
  CHECK(x.no_wait);
  CHECK(x.timeout == duration{90s});
  CHECK(x.format == output_format::json);
}

TEST_CASE("the words of a server are taken as they are", "[cli]") {
  const auto x = parsed({"serve", "--listen", "[::1]:1", "--allow-hosts",
                         "a,b.example", "--allow-hosts", "c", "--tls-cert",
                         "cert", "--tls-key", "key", "--insecure-non-loopback"})
                   .words;
  CHECK(x.listen == "[::1]:1");
  CHECK(x.allow_hosts == strings{"a", "b.example", "c"});
  CHECK(x.tls_cert == "cert");
  CHECK(x.tls_key == "key");
  CHECK(x.insecure_non_loopback);
}

TEST_CASE("the words of a token are taken as they are", "[cli]") {
  const auto x
    = parsed({"token", "create", "ann", "--role", "approver", "--expires",
              "30d", "--url", "http://x", "--token-file", "f"})
        .words;
  CHECK(x.name == "ann");
  CHECK(x.role == "approver");
  CHECK(x.expires == duration{std::chrono::hours{720}});
  CHECK(x.url == "http://x");
  CHECK(x.token_file == "f");
}

TEST_CASE("the words of a decision are taken as they are", "[cli]") {
  const auto x = parsed({"ticket", "decide", "T-1", "edit", "--payload",
                         R"({"a":1})", "--comment", "a typo", "--version", "3"})
                   .words;
  CHECK(x.ids == strings{"T-1"});
  CHECK(x.verb == "edit");
  CHECK(x.payload == R"({"a":1})");
  CHECK(x.comment == "a typo");
  CHECK(x.version == 3);
}

TEST_CASE("a list takes several states", "[cli]") {
  CHECK(parsed({"run", "list", "--state", "parked", "--state", "waiting"})
          .words.states
        == strings{"parked", "waiting"});
}

TEST_CASE("misspelt words are answered with what was meant", "[cli]") {
  const auto [words, says] = GENERATE(table<strings, std::string>({
    {{"rnu", "list"}, "no command \"rnu\"; did you mean run?"},
    {{"run", "lst"}, "no command \"lst\"; did you mean list?"},
    {{"run", "start", "a", "--imput", "1"}, "did you mean --input?"},
    {{"run", "start", "a", "--imput=1"}, "did you mean --input?"},
    {{"run", "list", "--stat", "parked"}, "did you mean --state?"},
    {{"run", "list", "--zzzzzz"}, "no option \"--zzzzzz\"; see"},
    {{"run", "list", "--state", "parkd"}, "parked"},
    {{"run", "list", "-o", "yaml"}, "json"},
    {{"run", "list", "--limit", "0"}, "--limit"},
    {{"run", "list", "--limit", "many"}, "--limit"},
    {{"run", "start"}, "agent is required"},
    {{"run", "start", "a", "--timeout", "soon"}, "soon"},
    {{"run"}, "subcommand is required"},
    {strings{}, "see prog --help"},
    {{"run", "show", "1", "2"}, "see prog run show --help"},
  }));
  const auto x = parse_words("prog", words);
  REQUIRE(std::holds_alternative<misuse>(x));
  CHECK_THAT(std::get<misuse>(x).text, ContainsSubstring(says));
}

TEST_CASE("a misuse is told in the format that was asked for", "[cli]") {
  const auto option
    = GENERATE(strings{"-o", "json"}, strings{"-ojson"},
               strings{"--output", "json"}, strings{"--output=json"});
  auto words = strings{"run", "lst"};
  words.insert(words.end(), option.begin(), option.end());
  CHECK(std::get<misuse>(parse_words("prog", words)).format
        == output_format::json);
}

TEST_CASE("every level has help with an example", "[cli]") {
  const auto words = GENERATE(
    strings{}, strings{"run"}, strings{"run", "start"}, strings{"run", "retry"},
    strings{"ticket"}, strings{"ticket", "decide"}, strings{"journal", "dump"},
    strings{"tree"}, strings{"doctor"}, strings{"version"});
  auto asking = words;
  asking.emplace_back("--help");
  const auto x = parse_words("prog", asking);
  REQUIRE(std::holds_alternative<help_text>(x));
  CHECK_THAT(std::get<help_text>(x).text,
             ContainsSubstring("Example") && ContainsSubstring(":\n  prog "));
}

TEST_CASE("spans are read with their unit", "[cli]") {
  const auto [text, span] = GENERATE(table<std::string, duration>({
    {"5", 5s},
    {"250ms", 250ms},
    {"30s", 30s},
    {"5m", 5min},
    {"5min", 5min},
    {"2h", 2h},
    {"0", 0s},
    {"-1s", 0s},
    {"1.5s", 0s},
    {"s", 0s},
    {"", 0s},
    {"99999999999999999999", 0s},
  }));
  CHECK(parse_span(text).value_or(0s) == span);
}

TEST_CASE("faults are taken only where they are allowed", "[cli]") {
  const auto x = parsed({"run", "start", "a", "--allow-faults", "--faults",
                         "pay:timeout@0.5", "--fault-seed", "9"})
                   .words;
  CHECK(x.allow_faults);
  CHECK(x.faults == "pay:timeout@0.5");
  CHECK(x.fault_seed == 9);
  const auto refused
    = parse_words("prog", {"run", "start", "a", "--faults", "pay:hang@1"});
  REQUIRE(std::holds_alternative<misuse>(refused));
  CHECK_THAT(std::get<misuse>(refused).text,
             ContainsSubstring("--allow-faults"));
}

TEST_CASE("the words of a simulation are taken as they are", "[cli]") {
  const auto x = parsed({"simulate", "a", "--seeds", "20", "--seed", "7",
                         "--faults", "none", "--runs", "2", "--workers", "1",
                         "--shuffled", "0", "--everywhere", "--trace"})
                   .words;
  CHECK(x.agent == "a");
  CHECK(x.seeds == 20);
  CHECK(x.seed == 7);
  CHECK(x.faults == "none");
  CHECK(x.runs == 2);
  CHECK(x.workers == 1);
  CHECK(x.shuffled == 0U);
  CHECK(x.everywhere);
  CHECK(x.trace);
}

#include <stanchion/cli/command_tree.hpp>
#include <stanchion/cli/parse.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/suggest.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/core/ticket.hpp>
#include <stanchion/core/version.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <sstream>
#include <utility>

namespace stanchion {

namespace {

const std::map<std::string, output_format> formats{
  {"table", output_format::table},
  {"json", output_format::json},
  {"jsonl", output_format::jsonl},
  {"ids", output_format::ids}};

std::vector<std::string> names_of_states() {
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(run_state::continued); ++i)
    if (const auto x = static_cast<run_state>(i);
        parse_run_state(to_string(x)) == x)
      names.emplace_back(to_string(x));
  return names;
}

/// Of runs that have ended.
std::vector<std::string> names_of_ends() {
  auto names = std::vector<std::string>{};
  for (const auto& name : names_of_states())
    if (is_terminal(*parse_run_state(name)))
      names.push_back(name);
  return names;
}

std::vector<std::string> names_of_reasons() {
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(park_reason::store_damaged); ++i)
    names.emplace_back(to_string(static_cast<park_reason>(i)));
  return names;
}

/// The tree of commands. Parsing writes into `chosen`.
class grammar {
public:
  explicit grammar(const std::string& program)
    : app_{"Runs durable agents, and looks after them.", program} {
    chosen.words.program = program;
    app_.require_subcommand(1);
    app_.set_version_flag("--version", std::string{version()});
    app_.footer("Examples:\n  " + program
                + " run start AGENT --input '{\"id\": 7}'\n  " + program
                + " run list --state parked\n  " + program
                + " ticket list\n\nEvery command answers --help. Exit codes: 0 "
                  "ok, 1 failed, 2 usage, 3 auth,\n4 not found, 5 conflict, 6 "
                  "partly failed, 7 waiting for a person,\n124 timeout, 130 "
                  "interrupted.");
    add_run();
    add_ticket();
    add_policy();
    add_supervision();
    add_modes();
    add_serving();
    add_care();
    add_simulate();
    add_stats();
    add_top();
    add_shells();
  }

  [[nodiscard]] CLI::App& app() {
    return app_;
  }

  command chosen;

private:
  using words = const char*;

  CLI::App* noun(words name, words does, const std::string& example) {
    auto* x = app_.add_subcommand(name, does);
    x->require_subcommand(1);
    x->footer("Example:\n  " + chosen.words.program + " " + example);
    return x;
  }

  /// A command that needs no data directory.
  CLI::App* bare(CLI::App* under, words name, words does, command_verb verb,
                 const std::string& example) {
    auto* x = under->add_subcommand(name, does);
    x->footer("Example:\n  " + chosen.words.program + " " + example);
    x->callback([this, verb] { chosen.verb = verb; });
    return x;
  }

  CLI::App* leaf(CLI::App* under, words name, words does, command_verb verb,
                 const std::string& example) {
    auto* x = bare(under, name, does, verb, example);
    x->add_option("--data-dir", chosen.words.data_dir,
                  "Where everything durable is; default stanchion-data")
      ->envname("STANCHION_DATA_DIR")
      ->type_name("DIR");
    x->add_option_function<std::string>(
       "-o,--output",
       [this](const std::string& text) {
         chosen.words.format = formats.at(text);
       },
       "How to print results: table, json, jsonl or ids; default table")
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT");
    return x;
  }

  /// It may ask a server of the network instead of the data directory.
  void takes_server(CLI::App* x) {
    x->add_option("--url", chosen.words.url,
                  "Ask this server, such as http://127.0.0.1:7420, with the "
                  "token of STANCHION_TOKEN")
      ->envname("STANCHION_URL")
      ->type_name("URL");
    x->add_option("--token-file", chosen.words.token_file,
                  "Where the token is, instead of STANCHION_TOKEN")
      ->envname("STANCHION_TOKEN_FILE")
      ->type_name("FILE");
    x->add_option("--tls-ca", chosen.words.tls_ca,
                  "Whom to believe that a server is who it says; default whom "
                  "the system believes")
      ->envname("STANCHION_TLS_CA")
      ->type_name("FILE");
    x->add_flag("--insecure-non-loopback", chosen.words.insecure_non_loopback,
                "Send the token to other machines without TLS, too");
  }

  void takes_ids(CLI::App* x) {
    x->add_option("ids", chosen.words.ids,
                  "Runs, by id or its first 8 characters; - reads them from "
                  "stdin")
      ->required()
      ->type_name("ID");
  }

  void takes_one_id(CLI::App* x, words what) {
    x->add_option_function<std::string>(
       "id", [this](const std::string& id) { chosen.words.ids = {id}; }, what)
      ->required()
      ->type_name("ID");
  }

  void takes_by(CLI::App* x) {
    x->add_option("--by", chosen.words.by, "Who says so; default the user")
      ->type_name("WHO");
  }

  void takes_timeout(CLI::App* x) {
    x->add_option_function<std::string>(
       "--timeout",
       [this](const std::string& text) {
         chosen.words.timeout = parse_span(text);
         if (!chosen.words.timeout)
           throw CLI::ValidationError{
             "--timeout: \"" + text
             + "\" is no span; write 30s, 5m or 2h, for example"};
       },
       "Wait no longer than this, then exit with 124; default for ever")
      ->type_name("SPAN");
  }

  void takes_faults(CLI::App* x) {
    auto* allow = x->add_flag("--allow-faults", chosen.words.allow_faults,
                              "Let faults be injected: what they do is real");
    auto* what = x->add_option("--faults", chosen.words.faults,
                               "What goes wrong on purpose, such as "
                               "pay:timeout:after@0.2,commit:kill@#3; rough "
                               "for a bit of everything")
                   ->needs(allow)
                   ->type_name("FAULTS");
    x->add_option("--fault-seed", chosen.words.fault_seed,
                  "Chooses what they strike; default 1")
      ->needs(what)
      ->type_name("SEED");
  }

  void add_stats() {
    auto* x
      = leaf(&app_, "stats",
             "Show error rates by tool, retries, and errors by day, from the "
             "journal",
             verbs::stats, "stats --since 168h");
    x->add_option_function<std::string>(
       "--since",
       [this](const std::string& text) {
         chosen.words.since = parse_span(text);
         if (!chosen.words.since)
           throw CLI::ValidationError{"--since: \"" + text
                                      + "\" is no span; write 24h, for "
                                        "example"};
       },
       "Only what was recorded within this; default everything")
      ->type_name("SPAN");
  }

  void add_top() {
    auto* x = leaf(&app_, "top",
                   "Watch runs, tickets, the tree and tools, and decide; plain "
                   "lines where there is no terminal",
                   verbs::top, "top --url http://127.0.0.1:7420");
    x->add_option_function<std::string>(
       "--every",
       [this](const std::string& text) {
         const auto span = parse_span(text);
         if (!span || *span < std::chrono::milliseconds{100})
           throw CLI::ValidationError{
             "--every: \"" + text
             + "\" is no span of at least 100ms; write 2s, for example"};
         chosen.words.every = *span;
       },
       "How often to look, from 100ms; default 1s")
      ->type_name("SPAN");
    x->add_flag("--once", chosen.words.once, "Look once, print it, and leave");
    takes_by(x);
    takes_server(x);
  }

  void add_simulate() {
    auto* x = leaf(&app_, "simulate",
                   "Try an agent on many bad days, in virtual time and with "
                   "fakes for all tools",
                   verbs::simulate, "simulate AGENT --seeds 10000");
    x->add_option("agent", chosen.words.agent, "The agent to try")
      ->required()
      ->type_name("AGENT");
    x->add_option("--input", chosen.words.input,
                  "The input of its runs: JSON, @FILE, or - for stdin; "
                  "default {}")
      ->type_name("JSON");
    x->add_option("--seeds", chosen.words.seeds,
                  "Systems to simulate; default 1000")
      ->check(CLI::Range(1, 1'000'000'000))
      ->type_name("N");
    x->add_option("--seed", chosen.words.seed, "The first seed; default 1")
      ->check(CLI::PositiveNumber)
      ->type_name("SEED");
    x->add_option("--faults", chosen.words.faults,
                  "What goes wrong, such as pay:timeout:after@0.2,"
                  "commit:kill@#3; none for nothing; default rough, a bit of "
                  "everything")
      ->type_name("FAULTS");
    x->add_option("--runs", chosen.words.runs, "Runs of a system; default 3")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N");
    x->add_option("--workers", chosen.words.workers,
                  "Processes that share the work; default one a core")
      ->check(CLI::Range(1, 256))
      ->type_name("N");
    x->add_option("--shuffled", chosen.words.shuffled,
                  "Messages whose order the seed chooses; default all")
      ->type_name("N");
    x->add_flag("--everywhere", chosen.words.everywhere,
                "Instead of faults: one death of the process, at every commit "
                "and every attempt in turn");
    x->add_flag("--trace", chosen.words.trace,
                "Print what happens in the system of the first seed");
  }

  void add_run() {
    auto* run = noun("run", "Start, watch and mend runs", "run list");
    auto* start
      = leaf(run, "start",
             "Start a run, and stay until it has ended or waits "
             "for a person",
             verbs::run_start, "run start AGENT --input '{\"id\": 7}'");
    start->add_option("agent", chosen.words.agent, "The agent to run")
      ->required()
      ->type_name("AGENT");
    start
      ->add_option("--input", chosen.words.input,
                   "Its input: JSON, @FILE, or - for stdin; default {}")
      ->type_name("JSON");
    start
      ->add_option("--key", chosen.words.key,
                   "An idempotency key: the same key, the same run")
      ->type_name("KEY");
    start->add_flag("--no-wait", chosen.words.no_wait,
                    "Leave once the run is durable");
    takes_by(start);
    takes_timeout(start);
    takes_faults(start);
    takes_server(start);
    add_run_lists(run);
    add_run_mends(run);
  }

  void add_run_lists(CLI::App* run) {
    auto* list = leaf(run, "list", "List runs, newest first", verbs::run_list,
                      "run list --state parked -o ids");
    list->add_option("--state", chosen.words.states, "Only runs in this state")
      ->check(CLI::IsMember(names_of_states()))
      ->type_name("STATE");
    list->add_option("--agent", chosen.words.agent, "Only runs of this agent")
      ->type_name("AGENT");
    list->add_flag("--stuck", chosen.words.stuck,
                   "Only runs that do not go on by themselves");
    list
      ->add_option("--limit", chosen.words.limit, "At most so many; default 50")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
    takes_server(list);
    auto* show = leaf(run, "show", "Show a run, its steps, and why it stands",
                      verbs::run_show, "run show 0197c5d2");
    takes_one_id(show, "A run, by id or its first 8 characters");
    auto* watch = leaf(run, "watch", "Print what a run does until it has ended",
                       verbs::run_watch, "run watch 0197c5d2");
    takes_one_id(watch, "A run, by id or its first 8 characters");
    takes_timeout(watch);
    auto* whole = leaf(run, "export",
                       "Print all that is known of a run, as one document or "
                       "with -o jsonl in lines, without secrets",
                       verbs::run_export, "run export 0197c5d2 > run.json");
    takes_one_id(whole, "A run, by id or its first 8 characters");
    takes_server(whole);
    takes_server(show);
    takes_server(watch);
  }

  void add_run_mends(CLI::App* run) {
    auto* cancel
      = leaf(run, "cancel", "End runs: no new step is begun", verbs::run_cancel,
             "run cancel 0197c5d2 --reason 'wrong order'");
    takes_ids(cancel);
    takes_by(cancel);
    cancel->add_option("--reason", chosen.words.reason, "Why")
      ->type_name("TEXT");
    auto* resume = leaf(run, "resume", "Drive open runs on, deciding nothing",
                        verbs::run_resume, "run resume 0197c5d2");
    takes_ids(resume);
    takes_timeout(resume);
    takes_faults(resume);
    auto* retry = leaf(run, "retry",
                       "Say retry about the tickets of runs, and drive them",
                       verbs::run_retry,
                       "run list --state parked -o ids | "
                         + chosen.words.program + " run retry -");
    takes_ids(retry);
    takes_by(retry);
    takes_timeout(retry);
    retry->add_option("--comment", chosen.words.comment, "Why")
      ->type_name("TEXT");
    retry->add_flag("--no-wait", chosen.words.no_wait,
                    "Leave once the decision is durable");
    takes_server(cancel);
    add_signal(run);
    add_fork(run);
    takes_server(resume);
    takes_server(retry);
  }

  void add_fork(CLI::App* run) {
    auto* fork = leaf(run, "fork",
                      "Begin a run with what another one did and heard up to a "
                      "step, and show what that did behind it",
                      verbs::run_fork, "run fork 0197c5d2 --at 3 --dry-run");
    takes_one_id(fork, "A run that is parked or over, by id or its first 8 "
                       "characters");
    fork
      ->add_option("--at", chosen.words.step,
                   "The first step that is done anew, as `run show` names "
                   "them; default the one that a failed run failed of, else "
                   "behind the last")
      ->type_name("STEP");
    fork
      ->add_option("--agent-version", chosen.words.agent_version,
                   "The version of its agent; default that of the run")
      ->type_name("VERSION");
    fork
      ->add_option("--key", chosen.words.key,
                   "An idempotency key: the same key, the same fork")
      ->type_name("KEY");
    fork->add_option("--reason", chosen.words.reason, "Why")->type_name("TEXT");
    fork->add_flag("--dry-run", chosen.words.dry_run,
                   "Show what it did behind that step, and begin nothing");
    takes_by(fork);
    takes_server(fork);
  }

  void add_signal(CLI::App* run) {
    auto* signal
      = leaf(run, "signal", "Hand a run what it waits for", verbs::run_signal,
             "run signal 0197c5d2 paid --id order-7 --payload true");
    takes_one_id(signal, "A run, by id or its first 8 characters");
    signal->add_option("name", chosen.words.signal, "What it waits for")
      ->required()
      ->type_name("NAME");
    signal
      ->add_option("--id", chosen.words.signal_id,
                   "Tells it from other signals: the same id, the same signal")
      ->required()
      ->type_name("ID");
    signal
      ->add_option("--payload", chosen.words.payload,
                   "What it says: JSON, @FILE, or - for stdin; default null")
      ->type_name("JSON");
    takes_by(signal);
    takes_server(signal);
  }

  void add_ticket() {
    auto* ticket
      = noun("ticket", "See and decide what waits for a person", "ticket list");
    auto* list = leaf(ticket, "list", "List open tickets, oldest first",
                      verbs::ticket_list, "ticket list --run 0197c5d2");
    list->add_option("--run", chosen.words.run, "Only tickets of this run")
      ->type_name("ID");
    list->add_flag("--all", chosen.words.all, "Those that are over, too");
    list->add_option("--kind", chosen.words.kind, "Only tickets of this kind")
      ->check(CLI::IsMember({"approval", "review", "question", "escalation"}))
      ->type_name("KIND");
    list
      ->add_option("--reason", chosen.words.reason,
                   "Only tickets for this reason")
      ->check(CLI::IsMember(names_of_reasons()))
      ->type_name("REASON");
    list
      ->add_option("--agent", chosen.words.agent, "Only tickets of this agent")
      ->type_name("AGENT");
    list
      ->add_option("--tool", chosen.words.tool,
                   "Only tickets about calls of this tool")
      ->type_name("TOOL");
    list
      ->add_option("--assignee", chosen.words.assignee,
                   "Only tickets of theirs")
      ->type_name("WHO");
    list
      ->add_option("--limit", chosen.words.limit, "At most so many; default 50")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
    auto* show = leaf(ticket, "show", "Show all that is needed to decide",
                      verbs::ticket_show, "ticket show T-5DKR0X8Q2M7HBWZC");
    takes_server(list);
    takes_one_id(show, "A ticket");
    takes_server(show);
    auto* decide = leaf(
      ticket, "decide", "Decide a ticket; the first decision stands",
      verbs::ticket_decide,
      "ticket decide T-5DKR0X8Q2M7HBWZC skip --payload '{\"ok\": true}'");
    takes_one_id(decide, "A ticket");
    decide->add_option("verb", chosen.words.verb, "One that answers the ticket")
      ->required()
      ->type_name("VERB");
    takes_payload(decide, false);
    takes_word(decide);
    add_decisions(ticket);
  }

  void add_decisions(CLI::App* ticket) {
    add_bulk(ticket, "approve", "Let calls leave as they are proposed",
             verbs::ticket_approve);
    add_bulk(ticket, "reject", "Let calls never leave", verbs::ticket_reject);
    auto* edit
      = leaf(ticket, "edit", "Let a call leave with other arguments",
             verbs::ticket_edit,
             "ticket edit T-5DKR0X8Q2M7HBWZC --payload '{\"cents\": 500}'");
    takes_one_id(edit, "A ticket");
    takes_payload(edit, true);
    takes_word(edit);
    auto* answer = leaf(ticket, "answer", "Give what an agent asks for",
                        verbs::ticket_answer,
                        "ticket answer T-5DKR0X8Q2M7HBWZC --payload 7");
    takes_one_id(answer, "A ticket");
    takes_payload(answer, true);
    takes_word(answer);
  }

  void add_bulk(CLI::App* under, words name, words does, command_verb verb) {
    auto* x = leaf(under, name, does, verb,
                   "ticket " + std::string{name}
                     + " T-5DKR0X8Q2M7HBWZC --comment 'as agreed'");
    takes_tickets(x);
    takes_word(x);
  }

  void takes_tickets(CLI::App* x) {
    x->add_option("ids", chosen.words.ids,
                  "Tickets about the same; - reads them from stdin")
      ->required()
      ->type_name("ID");
    x->add_flag("--dry-run", chosen.words.dry_run,
                "Show what would be decided, and decide nothing");
  }

  void takes_payload(CLI::App* x, bool needed) {
    x->add_option("--payload", chosen.words.payload,
                  needed ? "What it is: JSON, @FILE, or - for stdin"
                         : "What edit, skip, happened and answer need: JSON, "
                           "@FILE, or - for stdin")
      ->required(needed)
      ->type_name("JSON");
  }

  /// What goes with every decision.
  void takes_word(CLI::App* x) {
    x->add_option("--comment", chosen.words.comment, "Why")->type_name("TEXT");
    x->add_option("--version", chosen.words.version,
                  "The version that was looked at; default any")
      ->type_name("N");
    takes_by(x);
    takes_server(x);
  }

  void add_supervision() {
    auto* tool = noun("tool", "See the tools of the process that drives runs",
                      "tool list");
    takes_server(leaf(tool, "list", "List tools and their breakers",
                      verbs::tool_list, "tool list"));
    auto* show = leaf(tool, "show", "Show a tool and its schemas",
                      verbs::tool_show, "tool show payments.refund");
    show->add_option("tool", chosen.words.tool, "A tool")
      ->required()
      ->type_name("TOOL");
    takes_server(show);
    auto* breaker
      = noun("breaker", "Keep calls from a tool, or let them pass again",
             "breaker isolate payments.refund --reason 'paying twice'");
    takes_tool(leaf(breaker, "isolate", "Let no call of a tool leave",
                    verbs::breaker_isolate,
                    "breaker isolate payments.refund --reason 'paying twice'"));
    takes_tool(leaf(breaker, "close", "Let calls of a tool pass again",
                    verbs::breaker_close,
                    "breaker close payments.refund --reason mended"));
  }

  void add_modes() {
    auto* mode = noun("mode", "Say what agents may do unattended",
                      "mode set refund advisory --reason 'new prices'");
    auto* set
      = leaf(mode, "set", "Say what an agent may do unattended",
             verbs::mode_set, "mode set refund advisory --reason 'new prices'");
    set->add_option("agent", chosen.words.agent, "An agent")
      ->required()
      ->type_name("AGENT");
    set
      ->add_option("mode", chosen.words.mode,
                   "autonomous: act; advisory: propose; stopped: no calls")
      ->required()
      ->check(CLI::IsMember({"autonomous", "advisory", "stopped"}))
      ->type_name("MODE");
    takes_reason(set);
    auto* stop = noun("stop", "Stop everything at once, or let it go on",
                      "stop all --reason 'paying twice'");
    takes_reason(leaf(stop, "all",
                      "Let nothing leave any more, also in processes to come",
                      verbs::stop_all, "stop all --reason 'paying twice'"));
    takes_reason(leaf(stop, "lift", "Let everything go on again",
                      verbs::stop_lift, "stop lift --reason mended"));
  }

  void takes_reason(CLI::App* x) {
    x->add_option("--reason", chosen.words.reason, "Why, for others to read")
      ->required()
      ->type_name("TEXT");
    takes_by(x);
    takes_server(x);
  }

  void takes_tool(CLI::App* x) {
    x->add_option("tool", chosen.words.tool, "A tool")
      ->required()
      ->type_name("TOOL");
    takes_reason(x);
  }

  void add_serving() {
    auto* serve = leaf(&app_, "serve",
                       "Drive runs and answer the operator API, until a signal",
                       verbs::serve, "serve --listen 127.0.0.1:7420");
    serve
      ->add_option("--listen", chosen.words.listen,
                   "Where to listen; default 127.0.0.1:7420")
      ->type_name("HOST:PORT");
    serve
      ->add_option("--allow-hosts", chosen.words.allow_hosts,
                   "Names that clients may know it by, beside its own")
      ->delimiter(',')
      ->type_name("HOST,...");
    serve
      ->add_option("--log", chosen.words.log,
                   "Where to log, in lines of JSON: stderr, or a file; default "
                   "nowhere")
      ->type_name("FILE");
    auto* cert = serve->add_option("--tls-cert", chosen.words.tls_cert,
                                   "Speak TLS, with this certificate (PEM)");
    auto* key = serve->add_option("--tls-key", chosen.words.tls_key,
                                  "and this key of it (PEM)");
    cert->needs(key)->type_name("FILE");
    key->needs(cert)->type_name("FILE");
    serve->add_flag("--insecure-non-loopback",
                    chosen.words.insecure_non_loopback,
                    "Listen for other machines without TLS, where everybody "
                    "between may read the tokens");
    takes_notifications(serve);
    takes_faults(serve);
    auto* notify = noun("notify", "See whether people can be told",
                        "notify test --notify-webhook @url --notify-template "
                        "slack");
    takes_notifications(
      leaf(notify, "test", "Send one message, now, and say what came of it",
           verbs::notify_test, "notify test --notify-command ./tell-us"));
    add_tokens();
    auto* audit = leaf(&app_, "audit", "List who changed what, when and why",
                       verbs::audit, "audit --subject 0197c5d2");
    audit
      ->add_option("--subject", chosen.words.subject, "Only what concerns it")
      ->type_name("ID");
    audit->add_option("--by", chosen.words.by, "Only what they did")
      ->type_name("WHO");
    audit
      ->add_option("--limit", chosen.words.limit, "At most so many; default 50")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
    takes_server(audit);
  }

  void takes_notifications(CLI::App* x) {
    auto& to = chosen.words;
    x->add_option("--notify-webhook", to.notify_webhook,
                  "Tell this URL of tickets and alerts; @FILE reads it there")
      ->type_name("URL");
    x->add_option("--notify-template", to.notify_template,
                  "In which shape: generic, slack or pagerduty; default "
                  "generic")
      ->check(CLI::IsMember({"generic", "slack", "pagerduty"}))
      ->type_name("NAME");
    x->add_option("--notify-secret-file", to.notify_secret_file,
                  "Where the secret is that signs what it is told")
      ->type_name("FILE");
    x->add_option("--notify-routing-key-file", to.notify_routing_key_file,
                  "Where PagerDuty's routing key is")
      ->type_name("FILE");
    x->add_option("--notify-command", to.notify_command,
                  "Tell this program, on its standard input")
      ->type_name("PROGRAM");
    x->add_option("--notify-base-url", to.notify_base_url,
                  "What links begin with, such as https://ops.example/")
      ->type_name("URL");
    x->add_flag("--notify-resolved", to.notify_resolved,
                "Also tell what is over");
  }

  void add_tokens() {
    auto* token = noun("token", "Say who may use the operator API",
                       "token create ann --role approver --expires 30d");
    auto* create = leaf(
      token, "create", "Make a token and print its secret, once",
      verbs::token_create, "token create ann --role approver --expires 30d");
    takes_name(create);
    create->add_option("--role", chosen.words.role, "What it allows")
      ->required()
      ->check(CLI::IsMember({"viewer", "operator", "approver", "admin"}))
      ->type_name("ROLE");
    create
      ->add_option("--decides-as", chosen.words.decides_as,
                   "Also decides tickets that ask for this role, such as "
                   "finance")
      ->delimiter(',')
      ->type_name("ROLE,...");
    create
      ->add_option_function<std::string>(
        "--expires",
        [this](const std::string& text) {
          chosen.words.expires = parse_span(text);
          if (!chosen.words.expires)
            throw CLI::ValidationError{"--expires: \"" + text
                                       + "\" is no span; write 30d or 12h, "
                                         "for example"};
        },
        "How long it is valid; default until it is revoked")
      ->type_name("SPAN");
    takes_by(create);
    takes_server(create);
    takes_server(
      leaf(token, "list", "List tokens", verbs::token_list, "token list"));
    auto* revoke = leaf(token, "revoke", "End a token at once",
                        verbs::token_revoke, "token revoke ann");
    takes_name(revoke);
    takes_by(revoke);
    revoke->add_option("--reason", chosen.words.reason, "Why")
      ->type_name("TEXT");
    takes_server(revoke);
  }

  void takes_name(CLI::App* x) {
    x->add_option("name", chosen.words.name,
                  "Whose token it is; stands as `by` in what they decide")
      ->required()
      ->type_name("NAME");
  }

  void add_policy() {
    auto* policy = noun("policy", "See what follows from failures, and why",
                        "policy table --tool payments.refund");
    auto* table = leaf(policy, "table",
                       "Show what follows from each kind of failure, and whose "
                       "word that is",
                       verbs::policy_table, "policy table -o json");
    table->add_option("--tool", chosen.words.tool, "As it holds for this tool")
      ->type_name("TOOL");
    auto* explain = leaf(policy, "explain",
                         "Show why each retry, wait, trip and escalation of a "
                         "step happened",
                         verbs::policy_explain, "policy explain 0197c5d2 3");
    takes_one_id(explain, "A run, by id or its first 8 characters");
    explain
      ->add_option("step", chosen.words.step,
                   "One of its steps, as `run show` names them")
      ->required()
      ->type_name("STEP");
  }

  void add_care() {
    takes_server(leaf(&app_, "tree", "Show the supervision tree of the owner",
                      verbs::tree, "tree"));
    auto* journal
      = noun("journal", "Check and read the journal", "journal verify");
    leaf(journal, "verify", "Check every checksum", verbs::journal_verify,
         "journal verify");
    auto* dump = leaf(journal, "dump", "Print records, one JSON per line",
                      verbs::journal_dump, "journal dump --run 0197c5d2");
    dump->add_option("--run", chosen.words.run, "Only records of this run")
      ->type_name("ID");
    add_prune(journal);
    leaf(&app_, "doctor", "Check the data directory and what it depends on",
         verbs::doctor, "doctor");
    leaf(&app_, "version", "Print the version", verbs::version, "version");
  }

  void add_shells() {
    auto* completion
      = bare(&app_, "completion",
             "Print a script by which a shell completes these words",
             verbs::completion,
             "completion bash > "
             "~/.local/share/bash-completion/completions/"
               + program_name(chosen.words.program));
    completion->add_option("shell", chosen.words.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->type_name("SHELL");
    // Of those who build packages, not of those who run agents.
    bare(&app_, "man", "Print the manual page", verbs::man, "man | man -l -")
      ->group("");
  }

  void add_prune(CLI::App* journal) {
    auto* prune
      = leaf(journal, "prune",
             "Remove runs that have been over for long, with all "
             "that is known of them",
             verbs::journal_prune, "journal prune --older-than 90d --dry-run");
    prune
      ->add_option_function<std::string>(
        "--older-than",
        [this](const std::string& text) {
          chosen.words.older_than = parse_span(text);
          if (!chosen.words.older_than
              || *chosen.words.older_than < std::chrono::seconds{1})
            throw CLI::ValidationError{"--older-than: \"" + text
                                       + "\" is no span of a second or more; "
                                         "write 90d, for example"};
        },
        "For how long they must have been over")
      ->required()
      ->type_name("SPAN");
    prune
      ->add_option("--state", chosen.words.states,
                   "Only runs that ended like this; default all")
      ->delimiter(',')
      ->check(CLI::IsMember(names_of_ends()))
      ->type_name("STATE,...");
    prune->add_flag("--dry-run", chosen.words.dry_run,
                    "Show what would be removed, and remove nothing");
    prune->add_option("--reason", chosen.words.reason, "Why")
      ->type_name("TEXT");
    takes_by(prune);
    takes_server(prune);
  }

  CLI::App app_;
};

// -- what --help tells, as data
// ------------------------------------------------

/// CLI11 says which values there are behind the name of their type:
/// `STATE:{completed,failed}`.
std::vector<std::string> choices_of(const std::string& type) {
  const auto open = type.find('{');
  const auto close = type.rfind('}');
  auto choices = std::vector<std::string>{};
  if (open == std::string::npos || close == std::string::npos)
    return choices;
  auto list = std::istringstream{type.substr(open + 1, close - open - 1)};
  for (auto each = std::string{}; std::getline(list, each, ',');)
    choices.push_back(each);
  return choices;
}

command_argument argument_of(const CLI::Option& from) {
  return {.name = from.get_single_name(),
          .choices = choices_of(from.get_type_name()),
          .about = from.get_description(),
          .required = from.get_required(),
          .many = from.get_items_expected_max() > 1};
}

command_option option_of(const CLI::Option& from) {
  auto x = command_option{.choices = choices_of(from.get_type_name()),
                          .about = from.get_description(),
                          .variable = from.get_envname(),
                          .required = from.get_required()};
  for (const auto& name : from.get_snames())
    x.names.push_back("-" + name);
  for (const auto& name : from.get_lnames())
    x.names.push_back("--" + name);
  const auto type = from.get_type_name();
  if (from.get_items_expected_max() > 0) // a flag takes nothing
    x.value = type.substr(0, type.find(':'));
  return x;
}

command_entry entry_of(const CLI::App& from) {
  auto x = command_entry{.name = from.get_name(),
                         .about = from.get_description(),
                         .footer = from.get_footer()};
  for (const auto* option : from.get_options())
    if (option->get_positional())
      x.arguments.push_back(argument_of(*option));
    else
      x.options.push_back(option_of(*option));
  for (const auto* sub : from.get_subcommands(nullptr))
    if (!sub->get_group().empty())
      x.commands.push_back(entry_of(*sub));
  return x;
}

// -- what was meant -----------------------------------------------------------

std::vector<std::string> names_of_options(CLI::App& of) {
  auto names = std::vector<std::string>{};
  for (const auto* option : of.get_options()) {
    for (const auto& name : option->get_lnames())
      names.push_back("--" + name);
    for (const auto& name : option->get_snames())
      names.push_back("-" + name);
  }
  return names;
}

std::vector<std::string> names_of_commands(CLI::App& of) {
  auto names = std::vector<std::string>{};
  for (const auto* sub : of.get_subcommands(nullptr))
    names.push_back(sub->get_name());
  return names;
}

bool knows(const std::vector<std::string>& names, const std::string& word) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::string complaint(const std::string& what, const std::string& word,
                      const std::vector<std::string>& names) {
  auto text = "there is no " + what + " \"" + word + "\"";
  if (const auto meant = nearest(word, names))
    return text + "; did you mean " + *meant + "?";
  return text;
}

/// Finds the word that is misspelt, and what was meant. Empty when none is.
std::string misspelt(CLI::App& top, const std::vector<std::string>& words) {
  auto* at = &top;
  for (const auto& word : words) {
    const auto options = names_of_options(*at);
    if (word == "--")
      return {};
    if (word.size() > 1 && word[0] == '-') {
      const auto name = word.substr(0, word.find('='));
      const auto cluster = word[1] != '-' && knows(options, word.substr(0, 2));
      if (!knows(options, name) && !cluster)
        return complaint("option", name, options);
      continue;
    }
    const auto commands = names_of_commands(*at);
    if (commands.empty())
      continue; // a positional, or an option's value
    if (!knows(commands, word))
      return complaint("command", word, commands);
    at = at->get_subcommand(word);
  }
  return {};
}

output_format format_in(const std::vector<std::string>& words) {
  for (auto i = std::size_t{0}; i < words.size(); ++i)
    for (const auto& [name, format] : formats)
      if (words[i] == "-o" + name || words[i] == "--output=" + name
          || (i > 0 && words[i] == name
              && (words[i - 1] == "-o" || words[i - 1] == "--output")))
        return format;
  return output_format::table;
}

/// The command that the words lead to, for a pointer to its help.
std::string path_of(CLI::App& top, const std::vector<std::string>& words) {
  auto* at = &top;
  auto path = top.get_name();
  for (const auto& word : words) {
    if (!knows(names_of_commands(*at), word))
      break;
    at = at->get_subcommand(word);
    path += " " + word;
  }
  return path;
}

} // namespace

std::variant<command, help_text, misuse>
parse_words(const std::string& program, const std::vector<std::string>& words) {
  const auto g = std::make_unique<grammar>(program);
  auto& app = g->app();
  try {
    app.parse(std::vector<std::string>{words.rbegin(), words.rend()});
    return std::move(g->chosen);
  } catch (const CLI::CallForVersion&) {
    return help_text{"stanchion " + std::string{version()} + "\n"};
  } catch (const CLI::Success&) {
    return help_text{app.help()};
  } catch (const CLI::ParseError& e) {
    auto text = misspelt(app, words);
    if (text.empty())
      text = e.what();
    return misuse{text + "; see " + path_of(app, words) + " --help",
                  format_in(words)};
  }
}

command_entry command_tree(const std::string& program) {
  const auto g = std::make_unique<grammar>(program);
  return entry_of(g->app());
}

std::optional<duration> parse_span(std::string_view text) {
  auto count = std::int64_t{0};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr auto most = std::int64_t{1'000'000'000};
  if (problem != std::errc{} || count <= 0 || count > most)
    return std::nullopt;
  const auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit == "ms")
    return std::chrono::milliseconds{count};
  if (unit.empty() || unit == "s")
    return std::chrono::seconds{count};
  if (unit == "m" || unit == "min")
    return std::chrono::minutes{count};
  if (unit == "h")
    return std::chrono::hours{count};
  if (unit == "d")
    return std::chrono::hours{24 * std::min(count, std::int64_t{1'000'000})};
  return std::nullopt;
}

} // namespace stanchion

#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/cli/verbs.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace stanchion::parse {

namespace {

void add_fork(grammar& g, CLI::App* run) {
  auto* fork = g.leaf(run, "fork",
                      "Begin a run with what another one did and heard up to a "
                      "step, and show what that did behind it",
                      verbs::run_fork, "run fork 0197c5d2 --at 3 --dry-run");
  g.takes_one_id(fork, "A run that is parked or over, by id or its first 8 "
                       "characters");
  fork
    ->add_option("--at", g.words.step,
                 "The first step that is done anew, as `run show` names "
                 "them; default the one that a failed run failed of, else "
                 "behind the last")
    ->type_name("STEP");
  fork
    ->add_option("--agent-version", g.words.agent_version,
                 "The version of its agent; default that of the run")
    ->type_name("VERSION");
  fork
    ->add_option("--key", g.words.key,
                 "An idempotency key: the same key, the same fork")
    ->type_name("KEY");
  fork->add_option("--reason", g.words.reason, "Why")->type_name("TEXT");
  fork->add_flag("--dry-run", g.words.dry_run,
                 "Show what it did behind that step, and begin nothing");
  g.takes_config(fork);
  g.takes_by(fork);
  g.takes_server(fork);
}

void add_signal(grammar& g, CLI::App* run) {
  auto* signal
    = g.leaf(run, "signal", "Hand a run what it waits for", verbs::run_signal,
             "run signal 0197c5d2 paid --id order-7 --payload true");
  g.takes_one_id(signal, "A run, by id or its first 8 characters");
  signal->add_option("name", g.words.signal, "What it waits for")
    ->required()
    ->type_name("NAME");
  signal
    ->add_option("--id", g.words.signal_id,
                 "Tells it from other signals: the same id, the same signal")
    ->required()
    ->type_name("ID");
  signal
    ->add_option("--payload", g.words.payload,
                 "What it says: JSON, @FILE, or - for stdin; default null")
    ->type_name("JSON");
  g.takes_by(signal);
  g.takes_server(signal);
}

void add_run_mends(grammar& g, CLI::App* run) {
  auto* cancel
    = g.leaf(run, "cancel", "End runs: no new step is begun", verbs::run_cancel,
             "run cancel 0197c5d2 --reason 'wrong order'");
  g.takes_ids(cancel);
  g.takes_by(cancel);
  cancel->add_option("--reason", g.words.reason, "Why")->type_name("TEXT");
  auto* resume = g.leaf(run, "resume", "Drive open runs on, deciding nothing",
                        verbs::run_resume, "run resume 0197c5d2");
  g.takes_ids(resume);
  g.takes_timeout(resume);
  g.takes_faults(resume);
  auto* retry = g.leaf(
    run, "retry", "Say retry about the tickets of runs, and drive them",
    verbs::run_retry,
    "run list --state parked -o ids | " + g.words.program + " run retry -");
  g.takes_ids(retry);
  g.takes_by(retry);
  g.takes_timeout(retry);
  retry->add_option("--comment", g.words.comment, "Why")->type_name("TEXT");
  retry->add_flag("--no-wait", g.words.no_wait,
                  "Leave once the decision is durable");
  g.takes_config(resume);
  g.takes_config(retry);
  g.takes_server(cancel);
  add_signal(g, run);
  add_fork(g, run);
  g.takes_server(resume);
  g.takes_server(retry);
}

void add_run_lists(grammar& g, CLI::App* run) {
  auto* list = g.leaf(run, "list", "List runs, newest first", verbs::run_list,
                      "run list --state parked -o ids");
  list->add_option("--state", g.words.states, "Only runs in this state")
    ->check(CLI::IsMember(names_of_states()))
    ->type_name("STATE");
  list->add_option("--agent", g.words.agent, "Only runs of this agent")
    ->type_name("AGENT");
  list->add_flag("--stuck", g.words.stuck,
                 "Only runs that do not go on by themselves");
  g.takes_limit(list);
  g.takes_server(list);
  auto* show = g.leaf(run, "show", "Show a run, its steps, and why it stands",
                      verbs::run_show, "run show 0197c5d2");
  g.takes_one_id(show, "A run, by id or its first 8 characters");
  auto* watch = g.leaf(run, "watch", "Print what a run does until it has ended",
                       verbs::run_watch, "run watch 0197c5d2");
  g.takes_one_id(watch, "A run, by id or its first 8 characters");
  g.takes_timeout(watch);
  auto* whole = g.leaf(run, "export",
                       "Print all that is known of a run, as one document or "
                       "with -o jsonl in lines, without secrets",
                       verbs::run_export, "run export 0197c5d2 > run.json");
  g.takes_one_id(whole, "A run, by id or its first 8 characters");
  g.takes_server(whole);
  g.takes_server(show);
  g.takes_server(watch);
}

} // namespace

void add_run(grammar& g) {
  auto* run = g.noun("run", "Start, watch and mend runs", "run list");
  auto* start
    = g.leaf(run, "start",
             "Start a run, and stay until it has ended or waits "
             "for a person",
             verbs::run_start, "run start AGENT --input '{\"id\": 7}'");
  start->add_option("agent", g.words.agent, "The agent to run")
    ->required()
    ->type_name("AGENT");
  start
    ->add_option("--input", g.words.input,
                 "Its input: JSON, @FILE, or - for stdin; default {}")
    ->type_name("JSON");
  start
    ->add_option("--key", g.words.key,
                 "An idempotency key: the same key, the same run")
    ->type_name("KEY");
  start->add_flag("--no-wait", g.words.no_wait,
                  "Leave once the run is durable");
  g.takes_config(start);
  g.takes_by(start);
  g.takes_timeout(start);
  g.takes_faults(start);
  g.takes_server(start);
  add_run_lists(g, run);
  add_run_mends(g, run);
}

} // namespace stanchion::parse

#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/core/run_state.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace stanchion::parse {

namespace {

/// Of runs that have ended.
std::vector<std::string> names_of_ends() {
  auto names = std::vector<std::string>{};
  for (const auto& name : names_of_states())
    if (is_terminal(*parse_run_state(name)))
      names.push_back(name);
  return names;
}

void add_prune(grammar& g, CLI::App* journal) {
  auto* prune
    = g.leaf(journal, "prune",
             "Remove runs that have been over for long, with all "
             "that is known of them",
             verbs::journal_prune, "journal prune --older-than 90d --dry-run");
  g.takes_span(prune,
               {.name = "--older-than",
                .about = "For how long they must have been over",
                .such_as = "90d",
                .kind = "span of a second or more",
                .least = std::chrono::seconds{1}},
               [&g](duration span) { g.words.older_than = span; })
    ->required();
  prune
    ->add_option("--state", g.words.states,
                 "Only runs that ended like this; default all")
    ->delimiter(',')
    ->check(CLI::IsMember(names_of_ends()))
    ->type_name("STATE,...");
  prune->add_flag("--dry-run", g.words.dry_run,
                  "Show what would be removed, and remove nothing");
  prune->add_option("--reason", g.words.reason, "Why")->type_name("TEXT");
  g.takes_by(prune);
  g.takes_server(prune);
}

} // namespace

void add_policy(grammar& g) {
  auto* policy = g.noun("policy", "See what follows from failures, and why",
                        "policy table --tool payments.refund");
  auto* table = g.leaf(policy, "table",
                       "Show what follows from each kind of failure, and whose "
                       "word that is",
                       verbs::policy_table, "policy table -o json");
  g.takes_config(table);
  table->add_option("--tool", g.words.tool, "As it holds for this tool")
    ->type_name("TOOL");
  auto* explain = g.leaf(policy, "explain",
                         "Show why each retry, wait, trip and escalation of a "
                         "step happened",
                         verbs::policy_explain, "policy explain 0197c5d2 3");
  g.takes_one_id(explain, "A run, by id or its first 8 characters");
  explain
    ->add_option("step", g.words.step,
                 "One of its steps, as `run show` names them")
    ->required()
    ->type_name("STEP");
}

void add_care(grammar& g) {
  g.takes_server(g.leaf(&g.app(), "tree",
                        "Show the supervision tree of the owner", verbs::tree,
                        "tree"));
  auto* journal
    = g.noun("journal", "Check and read the journal", "journal verify");
  g.leaf(journal, "verify", "Check every checksum", verbs::journal_verify,
         "journal verify");
  auto* dump = g.leaf(journal, "dump", "Print records, one JSON per line",
                      verbs::journal_dump, "journal dump --run 0197c5d2");
  dump->add_option("--run", g.words.run, "Only records of this run")
    ->type_name("ID");
  add_prune(g, journal);
  g.leaf(&g.app(), "doctor", "Check the data directory and what it depends on",
         verbs::doctor, "doctor");
  g.leaf(&g.app(), "version", "Print the version", verbs::version, "version");
}

void add_simulate(grammar& g) {
  auto* x = g.leaf(&g.app(), "simulate",
                   "Try an agent on many bad days, in virtual time and with "
                   "fakes for all tools",
                   verbs::simulate, "simulate AGENT --seeds 10000");
  x->add_option("agent", g.words.agent, "The agent to try")
    ->required()
    ->type_name("AGENT");
  g.takes_config(x);
  x->add_option("--input", g.words.input,
                "The input of its runs: JSON, @FILE, or - for stdin; "
                "default {}")
    ->type_name("JSON");
  x->add_option("--seeds", g.words.seeds, "Systems to simulate; default 1000")
    ->check(CLI::Range(1, 1'000'000'000))
    ->type_name("N");
  x->add_option("--seed", g.words.seed, "The first seed; default 1")
    ->check(CLI::PositiveNumber)
    ->type_name("SEED");
  x->add_option("--faults", g.words.faults,
                "What goes wrong, such as pay:timeout:after@0.2,"
                "commit:kill@#3; none for nothing; default rough, a bit of "
                "everything")
    ->type_name("FAULTS");
  x->add_option("--runs", g.words.runs, "Runs of a system; default 3")
    ->check(CLI::Range(1, 10'000))
    ->type_name("N");
  x->add_option("--workers", g.words.workers,
                "Processes that share the work; default one a core")
    ->check(CLI::Range(1, 256))
    ->type_name("N");
  x->add_option("--shuffled", g.words.shuffled,
                "Messages whose order the seed chooses; default all")
    ->type_name("N");
  x->add_flag("--everywhere", g.words.everywhere,
              "Instead of faults: one death of the process, at every commit "
              "and every attempt in turn");
  x->add_flag("--trace", g.words.trace,
              "Print what happens in the system of the first seed");
}

void add_stats(grammar& g) {
  auto* x
    = g.leaf(&g.app(), "stats",
             "Show error rates by tool, retries, and errors by day, from the "
             "journal",
             verbs::stats, "stats --since 168h");
  g.takes_span(
    x,
    {.name = "--since",
     .about = "Only what was recorded within this; default everything",
     .such_as = "24h"},
    [&g](duration span) { g.words.since = span; });
}

void add_top(grammar& g) {
  auto* x = g.leaf(&g.app(), "top",
                   "Watch runs, tickets, the tree and tools, and decide; plain "
                   "lines where there is no terminal",
                   verbs::top, "top --url http://127.0.0.1:7420");
  g.takes_span(x,
               {.name = "--every",
                .about = "How often to look, from 100ms; default 1s",
                .such_as = "2s",
                .kind = "span of at least 100ms",
                .least = std::chrono::milliseconds{100}},
               [&g](duration span) { g.words.every = span; });
  x->add_flag("--once", g.words.once, "Look once, print it, and leave");
  g.takes_by(x);
  g.takes_server(x);
}

void add_shells(grammar& g) {
  auto* completion = g.bare(
    &g.app(), "completion",
    "Print a script by which a shell completes these words", verbs::completion,
    "completion bash > "
    "~/.local/share/bash-completion/completions/"
      + program_name(g.words.program));
  completion->add_option("shell", g.words.shell, "bash, zsh or fish")
    ->required()
    ->check(CLI::IsMember({"bash", "zsh", "fish"}))
    ->type_name("SHELL");
  // Of those who build packages, not of those who run agents.
  g.bare(&g.app(), "man", "Print the manual page", verbs::man, "man | man -l -")
    ->group("");
}

} // namespace stanchion::parse

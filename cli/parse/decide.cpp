#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/core/ticket.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace stanchion::parse {

namespace {

std::vector<std::string> names_of_reasons() {
  auto names = std::vector<std::string>{};
  for (auto i = 1; i <= static_cast<int>(park_reason::store_damaged); ++i)
    names.emplace_back(to_string(static_cast<park_reason>(i)));
  return names;
}

void takes_tickets(grammar& g, CLI::App* x) {
  x->add_option("ids", g.words.ids,
                "Tickets about the same; - reads them from stdin")
    ->required()
    ->type_name("ID");
  x->add_flag("--dry-run", g.words.dry_run,
              "Show what would be decided, and decide nothing");
}

void takes_payload(grammar& g, CLI::App* x, bool needed) {
  x->add_option("--payload", g.words.payload,
                needed ? "What it is: JSON, @FILE, or - for stdin"
                       : "What edit, skip, happened and answer need: JSON, "
                         "@FILE, or - for stdin")
    ->required(needed)
    ->type_name("JSON");
}

/// What goes with every decision.
void takes_word(grammar& g, CLI::App* x) {
  x->add_option("--comment", g.words.comment, "Why")->type_name("TEXT");
  x->add_option("--version", g.words.version,
                "The version that was looked at; default any")
    ->type_name("N");
  g.takes_by(x);
  g.takes_server(x);
}

void add_bulk(grammar& g, CLI::App* under, grammar::text name,
              grammar::text does, command_verb verb) {
  auto* x = g.leaf(under, name, does, verb,
                   "ticket " + std::string{name}
                     + " T-5DKR0X8Q2M7HBWZC --comment 'as agreed'");
  takes_tickets(g, x);
  takes_word(g, x);
}

void add_decisions(grammar& g, CLI::App* ticket) {
  add_bulk(g, ticket, "approve", "Let calls leave as they are proposed",
           verbs::ticket_approve);
  add_bulk(g, ticket, "reject", "Let calls never leave", verbs::ticket_reject);
  auto* edit = g.leaf(
    ticket, "edit", "Let a call leave with other arguments", verbs::ticket_edit,
    "ticket edit T-5DKR0X8Q2M7HBWZC --payload '{\"cents\": 500}'");
  g.takes_one_id(edit, "A ticket");
  takes_payload(g, edit, true);
  takes_word(g, edit);
  auto* answer = g.leaf(ticket, "answer", "Give what an agent asks for",
                        verbs::ticket_answer,
                        "ticket answer T-5DKR0X8Q2M7HBWZC --payload 7");
  g.takes_one_id(answer, "A ticket");
  takes_payload(g, answer, true);
  takes_word(g, answer);
}

void takes_tool(grammar& g, CLI::App* x) {
  x->add_option("tool", g.words.tool, "A tool")->required()->type_name("TOOL");
  g.takes_reason(x);
}

} // namespace

void add_ticket(grammar& g) {
  auto* ticket
    = g.noun("ticket", "See and decide what waits for a person", "ticket list");
  auto* list = g.leaf(ticket, "list", "List open tickets, oldest first",
                      verbs::ticket_list, "ticket list --run 0197c5d2");
  list->add_option("--run", g.words.run, "Only tickets of this run")
    ->type_name("ID");
  list->add_flag("--all", g.words.all, "Those that are over, too");
  list->add_option("--kind", g.words.kind, "Only tickets of this kind")
    ->check(CLI::IsMember({"approval", "review", "question", "escalation"}))
    ->type_name("KIND");
  list->add_option("--reason", g.words.reason, "Only tickets for this reason")
    ->check(CLI::IsMember(names_of_reasons()))
    ->type_name("REASON");
  list->add_option("--agent", g.words.agent, "Only tickets of this agent")
    ->type_name("AGENT");
  list
    ->add_option("--tool", g.words.tool,
                 "Only tickets about calls of this tool")
    ->type_name("TOOL");
  list->add_option("--assignee", g.words.assignee, "Only tickets of theirs")
    ->type_name("WHO");
  g.takes_limit(list);
  auto* show = g.leaf(ticket, "show", "Show all that is needed to decide",
                      verbs::ticket_show, "ticket show T-5DKR0X8Q2M7HBWZC");
  g.takes_server(list);
  g.takes_one_id(show, "A ticket");
  g.takes_server(show);
  auto* decide = g.leaf(
    ticket, "decide", "Decide a ticket; the first decision stands",
    verbs::ticket_decide,
    "ticket decide T-5DKR0X8Q2M7HBWZC skip --payload '{\"ok\": true}'");
  g.takes_one_id(decide, "A ticket");
  decide->add_option("verb", g.words.verb, "One that answers the ticket")
    ->required()
    ->type_name("VERB");
  takes_payload(g, decide, false);
  takes_word(g, decide);
  add_decisions(g, ticket);
}

void add_supervision(grammar& g) {
  auto* tool = g.noun("tool", "See the tools of the process that drives runs",
                      "tool list");
  g.takes_server(g.leaf(tool, "list", "List tools and their breakers",
                        verbs::tool_list, "tool list"));
  auto* show = g.leaf(tool, "show", "Show a tool and its schemas",
                      verbs::tool_show, "tool show payments.refund");
  show->add_option("tool", g.words.tool, "A tool")
    ->required()
    ->type_name("TOOL");
  g.takes_server(show);
  auto* breaker
    = g.noun("breaker", "Keep calls from a tool, or let them pass again",
             "breaker isolate payments.refund --reason 'paying twice'");
  takes_tool(g,
             g.leaf(breaker, "isolate", "Let no call of a tool leave",
                    verbs::breaker_isolate,
                    "breaker isolate payments.refund --reason 'paying twice'"));
  takes_tool(g, g.leaf(breaker, "close", "Let calls of a tool pass again",
                       verbs::breaker_close,
                       "breaker close payments.refund --reason mended"));
}

void add_modes(grammar& g) {
  auto* mode = g.noun("mode", "Say what agents may do unattended",
                      "mode set refund advisory --reason 'new prices'");
  auto* set
    = g.leaf(mode, "set", "Say what an agent may do unattended",
             verbs::mode_set, "mode set refund advisory --reason 'new prices'");
  set->add_option("agent", g.words.agent, "An agent")
    ->required()
    ->type_name("AGENT");
  set
    ->add_option("mode", g.words.mode,
                 "autonomous: act; advisory: propose; stopped: no calls")
    ->required()
    ->check(CLI::IsMember({"autonomous", "advisory", "stopped"}))
    ->type_name("MODE");
  g.takes_reason(set);
  auto* stop = g.noun("stop", "Stop everything at once, or let it go on",
                      "stop all --reason 'paying twice'");
  g.takes_reason(g.leaf(stop, "all",
                        "Let nothing leave any more, also in processes to come",
                        verbs::stop_all, "stop all --reason 'paying twice'"));
  g.takes_reason(g.leaf(stop, "lift", "Let everything go on again",
                        verbs::stop_lift, "stop lift --reason mended"));
}

} // namespace stanchion::parse

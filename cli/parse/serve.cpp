#include <stanchion/cli/parse/grammar.hpp>
#include <stanchion/cli/verbs.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace stanchion::parse {

namespace {

void takes_notifications(grammar& g, CLI::App* x) {
  auto& to = g.words;
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

void takes_name(grammar& g, CLI::App* x) {
  x->add_option("name", g.words.name,
                "Whose token it is; stands as `by` in what they decide")
    ->required()
    ->type_name("NAME");
}

void add_tokens(grammar& g) {
  auto* token = g.noun("token", "Say who may use the operator API",
                       "token create ann --role approver --expires 30d");
  auto* create = g.leaf(
    token, "create", "Make a token and print its secret, once",
    verbs::token_create, "token create ann --role approver --expires 30d");
  takes_name(g, create);
  create->add_option("--role", g.words.role, "What it allows")
    ->required()
    ->check(CLI::IsMember({"viewer", "operator", "approver", "admin"}))
    ->type_name("ROLE");
  create
    ->add_option("--decides-as", g.words.decides_as,
                 "Also decides tickets that ask for this role, such as "
                 "finance")
    ->delimiter(',')
    ->type_name("ROLE,...");
  g.takes_span(create,
               {.name = "--expires",
                .about = "How long it is valid; default until it is revoked",
                .such_as = "30d or 12h"},
               [&g](duration span) { g.words.expires = span; });
  g.takes_by(create);
  g.takes_server(create);
  g.takes_server(
    g.leaf(token, "list", "List tokens", verbs::token_list, "token list"));
  auto* revoke = g.leaf(token, "revoke", "End a token at once",
                        verbs::token_revoke, "token revoke ann");
  takes_name(g, revoke);
  g.takes_by(revoke);
  revoke->add_option("--reason", g.words.reason, "Why")->type_name("TEXT");
  g.takes_server(revoke);
}

} // namespace

void add_serving(grammar& g) {
  auto* serve = g.leaf(&g.app(), "serve",
                       "Drive runs and answer the operator API, until a signal",
                       verbs::serve, "serve --listen 127.0.0.1:7420");
  serve
    ->add_option("--listen", g.words.listen,
                 "Where to listen; default 127.0.0.1:7420")
    ->type_name("HOST:PORT");
  serve
    ->add_option("--allow-hosts", g.words.allow_hosts,
                 "Names that clients may know it by, beside its own")
    ->delimiter(',')
    ->type_name("HOST,...");
  serve
    ->add_option("--log", g.words.log,
                 "Where to log, in lines of JSON: stderr, or a file; default "
                 "nowhere")
    ->type_name("FILE");
  auto* cert = serve->add_option("--tls-cert", g.words.tls_cert,
                                 "Speak TLS, with this certificate (PEM)");
  auto* key = serve->add_option("--tls-key", g.words.tls_key,
                                "and this key of it (PEM)");
  cert->needs(key)->type_name("FILE");
  key->needs(cert)->type_name("FILE");
  serve->add_flag("--insecure-non-loopback", g.words.insecure_non_loopback,
                  "Listen for other machines without TLS, where everybody "
                  "between may read the tokens");
  g.takes_config(serve);
  takes_notifications(g, serve);
  g.takes_faults(serve);
  auto* notify = g.noun("notify", "See whether people can be told",
                        "notify test --notify-webhook @url --notify-template "
                        "slack");
  takes_notifications(
    g, g.leaf(notify, "test", "Send one message, now, and say what came of it",
              verbs::notify_test, "notify test --notify-command ./tell-us"));
  add_tokens(g);
  auto* audit = g.leaf(&g.app(), "audit", "List who changed what, when and why",
                       verbs::audit, "audit --subject 0197c5d2");
  audit->add_option("--subject", g.words.subject, "Only what concerns it")
    ->type_name("ID");
  audit->add_option("--by", g.words.by, "Only what they did")->type_name("WHO");
  g.takes_limit(audit);
  g.takes_server(audit);
}

} // namespace stanchion::parse

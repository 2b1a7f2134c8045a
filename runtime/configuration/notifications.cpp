#include <stanchion/runtime/configuration/parts.hpp>
#include <stanchion/runtime/configuration/policies.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace stanchion::configuring {

namespace {

void read(object_reader& x, webhook& to) {
  x.field({"url", "Where messages go: https, or http of this machine."}, to.url,
          text());
  x.field({"url_from", "Where the URL is instead."}, to.url_from, credential());
  x.field({"template", "What a message looks like."}, to.body,
          any_of(notification_template::pagerduty));
  x.field({"secret", "Where the secret is that signs messages."}, to.secret,
          credential());
  x.field({"routing_key", "Where PagerDuty's routing key is."}, to.routing_key,
          credential());
  x.field({"ca", "Whom to believe (PEM)."}, to.ca, path());
  x.field({"insecure_non_loopback", "Lets messages go to other machines "
                                    "without TLS."},
          to.insecure_non_loopback, flag());
}

void read(object_reader& x, notification_channel& to) {
  auto hook = webhook{};
  if (x.object({"webhook", "A receiver of HTTP POST."},
               [&](object_reader& in) { read(in, hook); }))
    to.to = std::move(hook);
  auto argv = std::optional<std::vector<std::string>>{};
  x.field({"command", "A program that takes messages on its standard input, "
                      "and its arguments."},
          argv, list_of(text(), 1));
  if (argv)
    to.to = command_hook{std::move(*argv)};
  x.exactly_one({"webhook", "command"});
  x.field({"least", "The least severity."}, to.least,
          any_of(severity::critical));
  x.field({"kinds", "Of which tickets; without it, of all."}, to.kinds,
          list_of(any_of(ticket_kind::escalation)));
  x.field({"alerts", "Whether of alerts."}, to.alerts, flag());
  x.field({"resolved", "Whether also of what is over."}, to.resolved, flag());
}

} // namespace

void read(object_reader& x, notification_options& to) {
  x.named({"channels", "Who is told, by names of yours."},
          [&](const std::string& called, object_reader& in) {
            auto one = notification_channel{.name = called};
            read(in, one);
            to.channels.push_back(std::move(one));
          });
  x.field({"base_url", "What links begin with."}, to.base_url, text());
  x.field({"window", "After a message, what is like it is gathered so long."},
          to.window, span(true));
  x.section({"backoff", "Between tries of one message."},
            [&](object_reader& in) { configuring::read(in, to.backoff); });
  x.field({"give_up_after", "The age at which nobody is told any more."},
          to.give_up_after, span());
  x.field({"timeout", "How long a receiver may take."}, to.timeout, span());
  if (!x.describes())
    for (const auto& problem : validate(to))
      x.complain({}, problem);
}

void read(object_reader& x, log_options& to) {
  auto file = std::optional<std::filesystem::path>{};
  x.field({"to", "off, stderr or file."}, to.target,
          mapped<log_target>(
            word({"off", "stderr", "file"}),
            [](std::size_t i) { return static_cast<log_target>(i); },
            [](log_target t) { return static_cast<std::size_t>(t); }));
  x.field({"file", "Which file; its folder must exist."}, file, path());
  x.field({"file_bytes", "A file that has grown to this is put aside."},
          to.file_bytes, whole<std::size_t>(1'024, std::size_t{1} << 40U));
  x.field({"old_files", "How many of those are kept."}, to.old_files,
          whole<std::size_t>(0, 10'000));
  x.field({"least", "The least severity."}, to.least,
          any_of(severity::critical));
  x.field({"hidden", "Members whose values are hidden, beside those that are "
                     "known."},
          to.hidden, list_of(name()));
  if (file)
    to.file = std::move(*file);
  if (!x.describes())
    for (const auto& problem : validate(to))
      x.complain({}, problem);
}

} // namespace stanchion::configuring

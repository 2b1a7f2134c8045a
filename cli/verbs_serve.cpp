#include <stanchion/cli/owner.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/signals.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/runtime/api/server.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <thread>

namespace stanchion::verbs {

namespace {

serve_options options_of(const invocation& x) {
  auto to = serve_options{};
  to.listen = x.listen;
  to.allow_hosts = x.allow_hosts;
  to.tls_cert = x.tls_cert;
  to.tls_key = x.tls_key;
  to.insecure_non_loopback = x.insecure_non_loopback;
  check(to); // before anything is touched
  return to;
}

/// A server is watched: it counts, raises alerts, and logs where it is told to.
telemetry_options shown_by(const invocation& x) {
  auto to = telemetry_options{.log = {}, .metrics = true, .alerts = {}};
  to.alerts.emplace();
  if (x.log == "stderr") {
    to.log.target = log_target::standard_error;
  } else if (!x.log.empty()) {
    to.log.target = log_target::file;
    to.log.file = x.log;
  }
  return to;
}

void wait_for_end(const signal_watch& signals, const owner& of) {
  constexpr auto nap = std::chrono::milliseconds{50};
  while (!signals.interrupted() && of.running())
    std::this_thread::sleep_for(nap);
}

json request_of(const command_context& x) {
  auto request = json{{"by", who(x.words)}};
  if (!x.words.reason.empty())
    request["reason"] = x.words.reason;
  return request;
}

void print_tokens(const command_context& x, const json& tokens) {
  const auto now = system_clock().now();
  auto table
    = text_table{.heads = {"NAME", "ROLE", "CREATED", "EXPIRES", "REVOKED"}};
  for (const auto& t : tokens)
    table.rows.push_back(
      {text_of(t, "name"), text_of(t, "role"), short_time(t, "created", now),
       short_time(t, "expires", now), short_time(t, "revoked", now)});
  print(x.io.out, table);
}

} // namespace

exit_code serve(command_context& x) {
  auto options = options_of(x.words);
  const auto dir = data_dir{x.words.data_dir};
  auto signals = signal_watch{};
  auto drives = owner{dir, x, signals, shown_by(x.words)};
  drives.start();
  auto server = std::optional<api_server>{};
  options.service.metrics = [&drives] { return drives.metrics(); };
  server.emplace(drives.shared_work(), dir.tokens(), options);
  if (!print_document(x, {{"url", server->url()}}))
    x.io.out << server->url() << std::endl;
  x.io.out.flush();
  if (drives.work().list_tokens().at("tokens").empty())
    x.io.err << "nobody may use it yet; a token is made with: "
             << hint(x.words, "token create NAME --role admin") << std::endl;
  wait_for_end(signals, drives);
  const auto asked = signals.interrupted();
  signals.on_signal(nullptr); // waits for a stop that is under way
  server.reset();
  x.abandoned = !drives.stop();
  return asked ? exit_code::ok : exit_code::failed;
}

// -- who may ------------------------------------------------------------------

exit_code token_create(command_context& x) {
  auto request = request_of(x);
  request["name"] = x.words.name;
  request["role"] = x.words.role;
  if (!x.words.decides_as.empty())
    request["decides_as"] = x.words.decides_as;
  if (x.words.expires)
    request["expires_in_s"]
      = std::chrono::ceil<std::chrono::seconds>(*x.words.expires).count();
  auto s = session{x, false};
  const auto made = s.reach().create_token(request);
  if (!print_document(x, made))
    x.io.out << text_of(made, "secret") << '\n';
  x.io.err << "this is the only time that the secret is shown\n";
  return exit_code::ok;
}

exit_code token_list(command_context& x) {
  auto s = session{x, false};
  const auto page = s.ask([](operations& by) { return by.list_tokens(); });
  if (!print_list(x, page, "tokens"))
    print_tokens(x, page.at("tokens"));
  return exit_code::ok;
}

exit_code token_revoke(command_context& x) {
  auto s = session{x, false};
  const auto revoked = s.reach().revoke_token(x.words.name, request_of(x));
  if (!print_document(x, revoked))
    x.io.out << x.words.name << " revoked\n";
  return exit_code::ok;
}

exit_code audit(command_context& x) {
  auto s = session{x, false};
  const auto filter = audit_filter{
    .subject = x.words.subject, .by = x.words.by, .limit = x.words.limit};
  const auto page
    = s.ask([&filter](operations& by) { return by.list_audit(filter); });
  if (print_list(x, page, "entries"))
    return exit_code::ok;
  const auto now = system_clock().now();
  auto table = text_table{.heads = {"WHEN", "WHO", "WHAT", "TO", "WHY"}};
  for (const auto& e : page.at("entries"))
    table.rows.push_back({short_time(e, "at", now), one_line(text_of(e, "by")),
                          text_of(e, "act"), one_line(text_of(e, "subject")),
                          one_line(text_of(e, "reason"))});
  print(x.io.out, table);
  if (page.contains("next"))
    x.io.err << "there are more; --limit shows them\n";
  return exit_code::ok;
}

} // namespace stanchion::verbs

#include "support/catch.hpp"
#include "support/certificate.hpp"
#include "support/eventually.hpp"
#include "support/journal_samples.hpp"
#include "support/post_receiver.hpp"
#include "support/process.hpp"

#include <stanchion/actors/notifier/signature.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/notify/receivers.hpp>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iterator>
#include <thread>

using namespace stanchion;
using namespace stanchion::test;

namespace {

using status = delivery_result::status;

constexpr auto secret = "a key that only the two of us know";

bool never() {
  return false;
}

struct fixture {
  [[nodiscard]] std::filesystem::path file(const std::string& name,
                                           const std::string& text) const {
    auto path = dir.path() / name;
    std::ofstream{path} << text;
    return path;
  }

  /// A program of these lines.
  [[nodiscard]] std::string script(const std::string& lines) const {
    const auto path = file("hook", "#!/bin/sh\n" + lines + "\n");
    ::chmod(path.c_str(), 0700);
    return path.string();
  }

  [[nodiscard]] std::string content(const std::string& name) const {
    auto from = std::ifstream{dir.path() / name};
    return {std::istreambuf_iterator<char>{from}, {}};
  }

  [[nodiscard]] delivery_result send(const notification_channel& x,
                                     const std::function<bool()>& cancelled
                                     = never) const {
    return receiver{x, options}.send(what, cancelled);
  }
  [[nodiscard]] delivery_result send(webhook x) const {
    return send({.name = "ops", .to = std::move(x)});
  }
  [[nodiscard]] delivery_result run(const std::string& lines) const {
    return send({.name = "ops", .to = command_hook{{script(lines)}}});
  }

  temporary_dir dir;
  notification_options options{.base_url = "https://ops.example"};
  message what = message_of({notice{.id = "T-1.ticket_opened.1",
                                    .severity = severity::error,
                                    .at = instant{1'767'225'600s},
                                    .group = "timeout:pay",
                                    .ticket = "T-1"}});
};

} // namespace

// -- webhooks -----------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a webhook is told once, and can check by whom",
                 "[runtime][notify]") {
  auto hook = post_receiver{};
  const auto end
    = send({.url = hook.url("/a/b?c=d"),
            .secret = {.file = file("s", secret + std::string{"\n"})}});
  CHECK(end.how == status::delivered);
  const auto all = hook.all();
  REQUIRE(all.size() == 1);
  const auto& x = all.front();
  CHECK(x.path == "/a/b?c=d");
  CHECK(x.headers.at("Content-Type") == "application/json");
  CHECK(x.headers.at("webhook-id") == "T-1.ticket_opened.1");
  CHECK(json::parse(x.body)["ticket"] == "T-1");
  // As a receiver does.
  const auto& at = x.headers.at("webhook-timestamp");
  CHECK(x.headers.at("webhook-signature")
        == "v1,"
             + base64(hmac_sha256(secret,
                                  "T-1.ticket_opened.1." + at + "." + x.body)));
  const auto age
    = system_clock().now() - instant{std::chrono::seconds{std::stoll(at)}};
  CHECK(age < 5min);
}

TEST_CASE_METHOD(fixture, "a webhook may be of any of the known shapes",
                 "[runtime][notify]") {
  auto hook = post_receiver{};
  const auto key = credential_source{.file = file("k", "the key")};
  CHECK(send({.url = hook.url(), .body = notification_template::slack}).how
        == status::delivered);
  CHECK(send({.url = hook.url(),
              .body = notification_template::pagerduty,
              .routing_key = key})
          .how
        == status::delivered);
  const auto all = hook.all();
  CHECK(json::parse(all[0].body).contains("blocks"));
  CHECK(json::parse(all[1].body)["routing_key"] == "the key");
  CHECK_FALSE(all[0].headers.contains("webhook-signature"));
}

TEST_CASE_METHOD(fixture, "what a receiver answers is understood",
                 "[runtime][notify]") {
  auto hook = post_receiver{};
  hook.will_answer({{503, "17"}, {410}, {302}});
  const auto busy = send({.url = hook.url()});
  CHECK(busy.how == status::failed);
  CHECK(busy.why == "HTTP 503");
  CHECK(busy.retry_after == duration{17s});
  CHECK(send({.url = hook.url()}).how == status::refused);
  CHECK(send({.url = hook.url()}).why == "HTTP 302");
}

TEST_CASE_METHOD(fixture, "a receiver that hangs is given up in time",
                 "[runtime][notify]") {
  auto hook = post_receiver{};
  hook.hang();
  options.timeout = 200ms;
  const auto end = send({.url = hook.url()});
  CHECK(end.how == status::failed);
  CHECK_THAT(end.why, ContainsSubstring("no answer"));
}

TEST_CASE_METHOD(fixture, "nobody there is a failure, and names no URL",
                 "[runtime][notify]") {
  auto url = std::string{};
  {
    auto gone = post_receiver{};
    url = gone.url("/services/T0/B0/s3cret");
  }
  const auto end = send({.url = url});
  CHECK(end.how == status::failed);
  CHECK(end.why.find("s3cret") == std::string::npos);
}

TEST_CASE_METHOD(fixture, "a receiver must be who it says it is",
                 "[runtime][notify]") {
  const auto cert = dir.path() / "cert.pem";
  write_certificate(cert, dir.path() / "key.pem");
  auto hook = post_receiver{cert, dir.path() / "key.pem"};
  CHECK(send({.url = hook.url()}).how == status::failed);
  CHECK(hook.all().empty());
  CHECK(send({.url = hook.url(), .ca = cert}).how == status::delivered);
}

TEST_CASE_METHOD(fixture, "what is under way can be cut off",
                 "[runtime][notify]") {
  auto hook = post_receiver{};
  hook.hang();
  options.timeout = 1h;
  auto over = std::atomic<bool>{false};
  auto end = std::async(std::launch::async, [&] {
    return send({.name = "ops", .to = webhook{.url = hook.url()}},
                [&over] { return over.load(); });
  });
  static_cast<void>(hook.wait_for(1));
  over = true;
  CHECK(end.get().how == status::failed);
}

TEST_CASE_METHOD(fixture, "a channel that cannot work is refused at the start",
                 "[runtime][notify]") {
  const auto [text, says] = GENERATE(table<std::string, std::string>({
    {"http://example.org/x", "cross the network"},
    {"ftp://example.org/x", "https://"},
    {"https://a b/", "blanks"},
  }));
  const auto url = text;
  const auto why = refused([&] {
    static_cast<void>(
      receiver{{.name = "ops", .to = webhook{.url = url}}, options});
  });
  CHECK(why.code == error_code::invalid_spec);
  CHECK_THAT(why.text, ContainsSubstring(says));
}

TEST_CASE_METHOD(fixture, "a secret that is not there is missed at the start",
                 "[runtime][notify]") {
  const auto refusal_of = [this](const credential_source& from) {
    const auto why = refused([&] {
      static_cast<void>(receiver{
        {.name = "ops", .to = webhook{.url = "https://a/", .secret = from}},
        options});
    });
    CHECK(why.code == error_code::invalid_spec);
    return why.text;
  };
  CHECK_THAT(refusal_of({.env = "NO_SUCH_VARIABLE"}),
             ContainsSubstring("NO_SUCH_VARIABLE"));
  CHECK_THAT(refusal_of({.file = "/no/such/file"}),
             ContainsSubstring("/no/such/file"));
  CHECK_THAT(refusal_of({.file = file("empty", "\n")}),
             ContainsSubstring("is empty"));
  const auto text = refusal_of({.file = file("short", "s3cret")});
  CHECK_THAT(text, ContainsSubstring("16 bytes"));
  CHECK(text.find("s3cret") == std::string::npos);
}

// -- commands -----------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a command reads the message, and is told its id",
                 "[runtime][notify]") {
  const auto end = run("cat > " + (dir.path() / "in").string()
                       + "; echo \"$STANCHION_EVENT_ID $STANCHION_EVENT_TYPE "
                         "$STANCHION_SEVERITY $STANCHION_COUNT "
                         "$STANCHION_URL\" > "
                       + (dir.path() / "env").string());
  CHECK(end.how == status::delivered);
  CHECK(json::parse(content("in"))["id"] == "T-1.ticket_opened.1");
  CHECK(content("env")
        == "T-1.ticket_opened.1 ticket_opened error 1 "
           "https://ops.example/tickets/T-1\n");
}

TEST_CASE_METHOD(fixture, "a command says how it went by its exit code",
                 "[runtime][notify]") {
  CHECK(run("exit 75").how == status::failed);
  CHECK(run("exit 1").why == "exit code 1");
  CHECK(run("exit 65").how == status::refused);
  CHECK(run("kill -9 $$").why == "killed by signal 9");
  const auto none
    = send({.name = "ops", .to = command_hook{{"/no/such/program"}}});
  CHECK(none.how == status::failed);
  CHECK_THAT(none.why, ContainsSubstring("cannot be started"));
}

TEST_CASE_METHOD(fixture, "no shell reads a command's words",
                 "[runtime][notify]") {
  const auto path = script("echo \"$1\" > " + (dir.path() / "word").string());
  const auto word = std::string{"$(touch x); `y` \"z\""};
  CHECK(send({.name = "ops", .to = command_hook{{path, word}}}).how
        == status::delivered);
  CHECK(content("word") == word + "\n");
}

TEST_CASE_METHOD(fixture, "a command's environment holds no secret of ours",
                 "[runtime][notify]") {
  ::setenv("STANCHION_TEST_SECRET", "s3cret", 1);
  CHECK(run("env > " + (dir.path() / "env").string()).how == status::delivered);
  ::unsetenv("STANCHION_TEST_SECRET");
  CHECK(content("env").find("s3cret") == std::string::npos);
  CHECK_THAT(content("env"), ContainsSubstring("PATH="));
}

TEST_CASE_METHOD(fixture, "a command that hangs is ended with all it began",
                 "[runtime][notify]") {
  options.timeout = 200ms;
  const auto end
    = run("sleep 1000 & echo $! > " + (dir.path() / "pid").string() + "; wait");
  CHECK(end.how == status::failed);
  CHECK(end.why == "no end within 200ms");
  const auto child = std::stoi(content("pid"));
  CHECK(eventually([child] {
    auto from = std::ifstream{"/proc/" + std::to_string(child) + "/stat"};
    auto text = std::string{std::istreambuf_iterator<char>{from}, {}};
    return text.empty() || text.find(") Z ") != std::string::npos;
  }));
}

// -- courier ------------------------------------------------------------------

TEST_CASE_METHOD(fixture, "one channel does not wait for another",
                 "[runtime][notify]") {
  auto slow = post_receiver{};
  slow.hang();
  auto quick = post_receiver{};
  options.timeout = 1h;
  options.channels = {{.name = "slow", .to = webhook{.url = slow.url()}},
                      {.name = "quick", .to = webhook{.url = quick.url()}}};
  auto it = make_courier(options);
  auto told = std::promise<delivery_result>{};
  it->deliver("slow", what, [](const delivery_result&) { FAIL(); });
  static_cast<void>(slow.wait_for(1));
  it->deliver("quick", what,
              [&told](const delivery_result& x) { told.set_value(x); });
  CHECK(told.get_future().get().how == status::delivered);
  it.reset(); // cuts off what hangs
}

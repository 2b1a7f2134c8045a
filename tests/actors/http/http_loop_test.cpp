#include "support/catch.hpp"
#include "support/certificate.hpp"
#include "support/eventually.hpp"
#include "support/fault_server.hpp"
#include "support/post_receiver.hpp"
#include "support/process.hpp"

#include <stanchion/actors/http/http_loop.hpp>
#include <stanchion/actors/http/sse.hpp>

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <thread>

using namespace stanchion;
using namespace stanchion::test;
using namespace std::string_literals;

namespace {

using enum transfer_failure;

constexpr auto patience = 30s;

/// Hears a transfer, on the loop's thread, and says so, on the test's.
class ear {
public:
  [[nodiscard]] transfer_listener listener() {
    return {.on_head =
              [this](int status, const http_headers&) {
                const auto lock = std::lock_guard{mutex_};
                status_ = status;
              },
            .on_data =
              [this](std::string_view text) {
                const auto lock = std::lock_guard{mutex_};
                data_ += text;
              },
            .on_done =
              [this](transfer_result x) {
                ++ends_;
                end_.set_value(std::move(x));
              }};
  }

  [[nodiscard]] int status() const {
    const auto lock = std::lock_guard{mutex_};
    return status_;
  }
  [[nodiscard]] std::string data() const {
    const auto lock = std::lock_guard{mutex_};
    return data_;
  }
  [[nodiscard]] bool hears(const std::string& text) const {
    return eventually([&] { return data() == text; });
  }
  [[nodiscard]] int ends() const {
    return ends_;
  }
  [[nodiscard]] transfer_result end() {
    auto x = end_.get_future();
    if (x.wait_for(patience) != std::future_status::ready)
      FAIL("a transfer does not end");
    return x.get();
  }

private:
  mutable std::mutex mutex_;
  int status_ = 0;
  std::string data_;
  std::atomic<int> ends_ = 0;
  std::promise<transfer_result> end_;
};

transfer_result fetch(http_loop& loop, transfer_request what) {
  auto end = std::make_shared<std::promise<transfer_result>>();
  auto x = end->get_future();
  loop.start(std::move(what), {.on_done = [end](transfer_result result) {
               end->set_value(std::move(result));
             }});
  if (x.wait_for(patience) != std::future_status::ready)
    FAIL("a transfer does not end");
  return x.get();
}

transfer_response answer_in(const transfer_result& x) {
  if (const auto* no = std::get_if<transfer_error>(&x))
    FAIL(to_string(no->why) << ": " << no->message);
  return std::get<transfer_response>(x);
}

transfer_error error_in(const transfer_result& x) {
  if (!std::holds_alternative<transfer_error>(x))
    FAIL("it was answered");
  return std::get<transfer_error>(x);
}

struct fixture {
  transfer_result fetch(transfer_request what = {}) {
    if (what.url.empty())
      what.url = server.url();
    return ::fetch(loop, std::move(what));
  }
  /// What comes of an answer.
  transfer_result planned(scripted_answer x) {
    server.answer(std::move(x));
    return fetch();
  }

  fault_server server;
  http_loop loop;
};

/// A port that nobody listens at.
std::string deserted() {
  const auto gone = std::make_unique<fault_server>();
  return gone->url();
}

struct environment {
  environment(const char* name, const std::string& content) : name_(name) {
    ::setenv(name, content.c_str(), 1);
  }
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment() {
    ::unsetenv(name_);
  }

private:
  const char* name_;
};

} // namespace

// -- what is asked and answered -----------------------------------------------

TEST_CASE_METHOD(fixture, "a request goes out as it is, and its answer comes",
                 "[http][loop]") {
  server.answer({.status = 201,
                 .headers = {{"Content-Type", "text/plain"}, {"X-Two", "2"}},
                 .pieces = {"welcome"}});
  const auto x
    = answer_in(fetch({.method = "POST",
                       .url = server.url("/a%20b?c=d"),
                       .headers = {{"X-Key", "secret"}, {"X-No", ""}},
                       .body = "hello\0world"s}));
  CHECK(x.status == 201);
  CHECK(x.body == "welcome");
  CHECK(find_header(x.headers, "content-type") == "text/plain");
  CHECK(x.headers.at(1) == std::pair{"x-two"s, "2"s});
  const auto seen = server.wait_for(1).front();
  CHECK(seen.method == "POST");
  CHECK(seen.target == "/a%20b?c=d");
  CHECK(seen.body == "hello\0world"s);
  CHECK(find_header(seen.headers, "x-key") == "secret");
  CHECK(find_header(seen.headers, "x-no") == "");
  CHECK(find_header(seen.headers, "user-agent")->starts_with("stanchion/"));
  CHECK_FALSE(find_header(seen.headers, "content-type"));
  CHECK_FALSE(find_header(seen.headers, "expect"));
}

TEST_CASE_METHOD(fixture, "any method is sent, with a body or without",
                 "[http][loop]") {
  const auto [method, body, length]
    = GENERATE(table<std::string, std::string, std::optional<std::string>>({
      {"GET", "", std::nullopt},
      {"GET", "x", "1"},
      {"POST", "", "0"},
      {"POST", std::string(100'000, 'x'), "100000"},
      {"PUT", "", "0"},
      {"PATCH", "xy", "2"},
      {"DELETE", "", std::nullopt},
      {"DELETE", "x", "1"},
      {"OPTIONS", "", std::nullopt},
      {"HEAD", "", std::nullopt},
    }));
  server.answer({.status = 204});
  CHECK(answer_in(fetch({.method = method, .body = body})).status == 204);
  const auto seen = server.wait_for(1).front();
  CHECK(seen.method == method);
  CHECK(seen.body == body);
  const auto said = find_header(seen.headers, "content-length");
  CHECK(said.has_value() == length.has_value());
  CHECK(said.value_or("") == length.value_or(""));
}

TEST_CASE_METHOD(fixture, "an error status is an answer like any other",
                 "[http][loop]") {
  const auto status = GENERATE(400, 401, 429, 500, 529);
  const auto x = answer_in(planned({.status = status,
                                    .headers = {{"Retry-After", "soon"}},
                                    .pieces = {"no", "t now"}}));
  CHECK(x.status == status);
  CHECK(x.body == "not now");
  CHECK(find_header(x.headers, "retry-after") == "soon");
}

TEST_CASE_METHOD(fixture, "no redirect is followed", "[http][loop]") {
  server.otherwise({.status = 302, .headers = {{"Location", server.url()}}});
  CHECK(answer_in(fetch()).status == 302);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture, "interim answers and trailers are left out",
                 "[http][loop]") {
  const auto x = answer_in(
    planned({.status = 0,
             .pieces = {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                        "2\r\nhi\r\n0\r\nX-Trailer: 1\r\n\r\n"}}));
  CHECK(x.status == 200);
  CHECK(x.body == "hi");
  CHECK(x.headers == http_headers{{"transfer-encoding", "chunked"}});
}

TEST_CASE_METHOD(fixture, "a connection is used again", "[http][loop]") {
  server.otherwise({.pieces = {"yes"}});
  for (auto i = 0; i < 5; ++i)
    CHECK(answer_in(fetch()).body == "yes");
  CHECK(server.connections() == 1);
}

// -- bit by bit ---------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a stream is heard as it comes", "[http][loop]") {
  server.answer({.headers = {{"Content-Type", "text/event-stream"}},
                 .pieces = {"data: 1\n\n", until_released{}, "data: 2\n\n"}});
  auto x = ear{};
  loop.start({.url = server.url()}, x.listener());
  CHECK(x.hears("data: 1\n\n"));
  CHECK(x.status() == 200);
  CHECK(x.ends() == 0);
  CHECK(loop.open() == 1);
  server.release();
  const auto end = answer_in(x.end());
  CHECK(end.body.empty());
  CHECK(find_header(end.headers, "content-type") == "text/event-stream");
  CHECK(x.data() == "data: 1\n\ndata: 2\n\n");
  CHECK(loop.open() == 0);
}

TEST_CASE_METHOD(fixture, "what is no success is gathered all the same",
                 "[http][loop]") {
  server.answer({.status = 529, .pieces = {"over", "loaded"}});
  auto x = ear{};
  loop.start({.url = server.url()}, x.listener());
  CHECK(answer_in(x.end()).body == "overloaded");
  CHECK(x.status() == 529);
  CHECK(x.data().empty());
}

TEST_CASE_METHOD(fixture, "events are read from a stream that breaks",
                 "[http][loop][sse]") {
  server.answer({.pieces = {"data: 1\n\ndata: 2", until_released{}, reset{}}});
  auto x = ear{};
  loop.start({.url = server.url()}, x.listener());
  CHECK(x.hears("data: 1\n\ndata: 2"));
  server.release();
  CHECK(error_in(x.end()).why == broken);
  auto reader = sse_reader{};
  const auto events = reader.read(x.data());
  REQUIRE(events.size() == 1);
  CHECK(events.front().data == "1");
}

// -- answers that are none ----------------------------------------------------

TEST_CASE_METHOD(fixture, "what breaks after it was sent says so",
                 "[http][loop]") {
  const auto plans = std::vector<scripted_answer>{
    {.before = {reset{}}},
    {.before = {hang_up{}}},
    {.status = 0, .pieces = {"HTTP/1.1 200 OK\r\nA: b", hang_up{}}},
    {.headers = {{"Content-Length", "10"}}, .pieces = {"short", hang_up{}}},
    {.headers = {{"Content-Length", "10"}}, .pieces = {"short", reset{}}},
    {.pieces = {"a chunk", hang_up{}}},
    {.pieces = {"a chunk", reset{}}},
    {.headers = {{"Transfer-Encoding", "chunked"}},
     .pieces = {"10\r\nshort", hang_up{}}},
  };
  for (const auto& plan : plans) {
    const auto x = error_in(planned(plan));
    INFO(x.message);
    CHECK(x.why == broken);
    CHECK(x.sent);
  }
  CHECK(server.requests().size() == plans.size());
}

TEST_CASE_METHOD(fixture, "what came before the break is kept",
                 "[http][loop]") {
  const auto x
    = error_in(planned({.status = 500,
                        .headers = {{"X-Id", "7"}, {"Content-Length", "100"}},
                        .pieces = {"half of", hang_up{}}}));
  REQUIRE(x.head);
  CHECK(x.head->status == 500);
  CHECK(find_header(x.head->headers, "x-id") == "7");
  CHECK(x.head->body == "half of");
}

TEST_CASE_METHOD(fixture, "what is no proper HTTP says so", "[http][loop]") {
  const auto plans = std::vector<scripted_answer>{
    {.status = 0, .pieces = {"SSH-2.0-OpenSSH_9.2\r\n", hang_up{}}},
    {.headers = {{"Transfer-Encoding", "chunked"}},
     .pieces = {"zz\r\nhi\r\n0\r\n\r\n"}},
    {.headers = {{"Transfer-Encoding", "chunked"}},
     .pieces = {"2\r\nhi there\r\n0\r\n\r\n"}},
    {.headers = {{"Content-Encoding", "gzip"}}, .pieces = {"no gzip at all"}},
  };
  for (const auto& plan : plans) {
    const auto x = error_in(planned(plan));
    INFO(x.message);
    CHECK(x.why == malformed);
    CHECK(x.sent);
  }
}

TEST_CASE_METHOD(fixture, "a request is not repeated behind the caller's back",
                 "[http][loop]") {
  server.answer({.pieces = {"yes"}});
  server.answer({.before = {hang_up{}}});
  CHECK(answer_in(fetch({.method = "POST", .body = "1"})).body == "yes");
  const auto x = error_in(fetch({.method = "POST", .body = "2"}));
  CHECK(x.why == broken);
  CHECK(x.sent);
  REQUIRE(server.requests().size() == 2);
  CHECK(server.requests()[1].connection == 1);
  CHECK(answer_in(fetch()).status == 404);
}

// -- limits -------------------------------------------------------------------

TEST_CASE_METHOD(fixture, "an answer may be as long as the limit",
                 "[http][loop]") {
  server.otherwise({.pieces = {"12345", "67890"}});
  CHECK(answer_in(fetch({.most = 10})).body == "1234567890");
  const auto x = error_in(fetch({.most = 9}));
  CHECK(x.why == too_large);
  CHECK(x.message.find("9 bytes") != std::string::npos);
  CHECK(x.sent);
}

TEST_CASE_METHOD(fixture, "the limit is one of a stream, too", "[http][loop]") {
  server.answer({.pieces = {"12345", "67890", until_released{}}});
  auto x = ear{};
  loop.start({.url = server.url(), .most = 9}, x.listener());
  CHECK(error_in(x.end()).why == too_large);
  CHECK(x.data().size() <= 9);
}

TEST_CASE_METHOD(fixture, "an answer comes decompressed", "[http][loop]") {
  const auto size = std::size_t{100'000};
  server.answer(
    {.headers = {{"Content-Encoding", "gzip"}}, .pieces = {gzip_bomb(size)}});
  const auto x = answer_in(fetch());
  CHECK(x.body.size() >= size);
  CHECK(x.body.find_first_not_of('x') == std::string::npos);
  CHECK(find_header(server.requests().front().headers, "accept-encoding")
        == "gzip");
}

TEST_CASE_METHOD(fixture, "the limit counts what was decompressed",
                 "[http][loop]") {
  const auto bomb = gzip_bomb(std::size_t{32} << 20);
  REQUIRE(bomb.size() < std::size_t{1} << 20);
  server.answer({.headers = {{"Content-Encoding", "gzip"}}, .pieces = {bomb}});
  const auto x = error_in(fetch({.most = std::size_t{1} << 20}));
  CHECK(x.why == too_large);
  REQUIRE(x.head);
  CHECK(x.head->body.size() <= std::size_t{1} << 20);
}

TEST_CASE_METHOD(fixture, "a head has a limit", "[http][loop]") {
  const auto [headers, length]
    = GENERATE(table<int, std::size_t>({{100, 1'000}, {1, 200'000}}));
  auto plan = scripted_answer{};
  for (auto i = 0; i < headers; ++i)
    plan.headers.emplace_back("X-" + std::to_string(i),
                              std::string(length, 'a'));
  const auto x = error_in(planned(plan));
  INFO(x.message);
  CHECK(x.why == too_large);
  CHECK_FALSE(x.head);
}

// -- time ---------------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a server that never answers is not waited for",
                 "[http][loop][time]") {
  server.otherwise({.before = {until_released{}}});
  const auto limits = GENERATE(
    transfer_request{.timeout = 50ms}, transfer_request{.idle_timeout = 50ms},
    transfer_request{.method = "POST", .body = "x", .idle_timeout = 50ms});
  const auto x = error_in(fetch(limits));
  CHECK(x.why == transfer_failure::timeout);
  CHECK(x.sent);
  CHECK(x.message.find("50ms") != std::string::npos);
  CHECK_FALSE(x.head);
}

TEST_CASE_METHOD(fixture, "a stream that falls silent is not waited for",
                 "[http][loop][time]") {
  server.answer({.pieces = {"a word", until_released{}}});
  auto x = ear{};
  loop.start({.url = server.url(), .idle_timeout = 1s}, x.listener());
  const auto end = error_in(x.end());
  CHECK(end.why == transfer_failure::timeout);
  CHECK(end.head);
  CHECK(x.data() == "a word");
}

TEST_CASE_METHOD(fixture, "a stream may last longer than it may be silent",
                 "[http][loop][time]") {
  auto slow = scripted_answer{};
  for (auto i = 0; i < 16; ++i) {
    slow.pieces.emplace_back(rest{100ms});
    slow.pieces.emplace_back(".");
  }
  server.answer(slow);
  const auto x = fetch({.idle_timeout = 1'500ms});
  CHECK(answer_in(x).body == std::string(16, '.'));
}

TEST_CASE_METHOD(fixture, "a stream ends when all its time has passed",
                 "[http][loop][time]") {
  server.answer({.pieces = {"a", until_released{}}});
  const auto x = error_in(fetch({.timeout = 1s, .idle_timeout = 1h}));
  CHECK(x.why == transfer_failure::timeout);
  CHECK(x.head);
}

TEST_CASE_METHOD(fixture, "TLS that nobody speaks is not waited for",
                 "[http][loop][time]") {
  const auto x = error_in(
    fetch({.url = "https://127.0.0.1:" + std::to_string(server.port()),
           .connect_timeout = 50ms}));
  CHECK(x.why == unreachable);
  CHECK_FALSE(x.sent);
  CHECK(x.message.find("50ms") != std::string::npos);
}

// -- where nothing is sent ----------------------------------------------------

TEST_CASE_METHOD(fixture, "where nobody listens nothing is sent",
                 "[http][loop]") {
  const auto url = GENERATE(deserted(), "http://nobody.invalid/"s);
  const auto x = error_in(fetch({.url = url}));
  INFO(x.message);
  CHECK(x.why == unreachable);
  CHECK_FALSE(x.sent);
  CHECK_FALSE(x.head);
}

TEST_CASE_METHOD(fixture, "what must not be asked for is refused",
                 "[http][loop]") {
  const auto what
    = GENERATE_COPY(transfer_request{.url = "file:///etc/hostname"},
                    transfer_request{.url = "ftp://127.0.0.1/"},
                    transfer_request{.url = "http://127.0.0.1:99999/"},
                    transfer_request{.url = "http://"},
                    transfer_request{.headers = {{"X-Id", "a\r\nX-Other: b"}}},
                    transfer_request{.timeout = 0s});
  const auto x = error_in(fetch(what));
  INFO(x.message);
  CHECK(x.why == refused);
  CHECK_FALSE(x.sent);
  CHECK(server.connections() == 0);
}

TEST_CASE_METHOD(fixture, "an address that is not allowed is not connected to",
                 "[http][loop]") {
  auto asked = std::vector<std::string>{};
  const auto no = [&asked](std::string_view address) {
    asked.emplace_back(address);
    return false;
  };
  const auto x = error_in(fetch({.may_connect = no}));
  CHECK(x.why == refused);
  CHECK_FALSE(x.sent);
  CHECK(asked == std::vector<std::string>{"127.0.0.1"});
  CHECK(server.connections() == 0);
}

TEST_CASE_METHOD(fixture, "a name is judged by what it resolves to",
                 "[http][loop]") {
  const auto url = "http://localhost:" + std::to_string(server.port()) + "/";
  const auto no = [](std::string_view address) {
    return address != "127.0.0.1" && address != "::1";
  };
  CHECK(error_in(fetch({.url = url, .may_connect = no})).why == refused);
  CHECK(server.connections() == 0);
  CHECK(answer_in(fetch({.url = url})).status == 404);
}

TEST_CASE_METHOD(fixture, "a connection that was kept is judged, too",
                 "[http][loop]") {
  CHECK(answer_in(fetch()).status == 404);
  const auto x
    = error_in(fetch({.may_connect = [](std::string_view) { return false; }}));
  CHECK(x.why == refused);
  CHECK_FALSE(x.sent);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture, "an address that is allowed is connected to",
                 "[http][loop]") {
  const auto yes
    = [](std::string_view address) { return address == "127.0.0.1"; };
  CHECK(answer_in(fetch({.may_connect = yes})).status == 404);
}

TEST_CASE_METHOD(fixture, "no secret is in what is said of a failure",
                 "[http][loop]") {
  const auto url = GENERATE_COPY(
    "http://me:secret@127.0.0.1:" + std::to_string(server.port()) + "/secret",
    server.url("/?key=secret"), "http://me:secret@nobody.invalid/"s,
    "http://me:sec/secret@x/"s, "http://127.0.0.1:secret/"s,
    "https://127.0.0.1:secret@x/?secret"s);
  server.answer(
    {.status = 0, .pieces = {"HTTP/1.1 secret secret\r\n", hang_up{}}});
  const auto x = fetch({.method = "POST",
                        .url = url,
                        .headers = {{"Authorization", "Bearer secret"}},
                        .body = "secret"});
  const auto why = error_in(x);
  INFO(why.message);
  CHECK_FALSE(why.message.empty());
  CHECK(why.message.find("secret") == std::string::npos);
}

// -- proxies ------------------------------------------------------------------

TEST_CASE_METHOD(fixture, "the environment's proxy is used, if it may be",
                 "[http][loop]") {
  const auto proxy = environment{"http_proxy", server.url()};
  server.otherwise({.pieces = {"by proxy"}});
  const auto what = transfer_request{.url = "http://nobody.invalid/x"};
  CHECK(answer_in(fetch(what)).body == "by proxy");
  CHECK(server.requests().front().target == "http://nobody.invalid/x");
  auto direct = what;
  direct.use_proxies = false;
  CHECK(error_in(fetch(direct)).why == unreachable);
}

TEST_CASE_METHOD(fixture, "where the environment wants no proxy, none is used",
                 "[http][loop]") {
  const auto proxy = environment{"http_proxy", deserted()};
  const auto direct = environment{"no_proxy", "127.0.0.1"};
  CHECK(answer_in(fetch()).status == 404);
}

// -- TLS ----------------------------------------------------------------------

TEST_CASE(
  "a certificate that nobody vouches for is refused, unless it is named",
  "[http][loop][tls]") {
  const auto dir = temporary_dir{};
  const auto cert = dir.path() / "cert.pem";
  const auto key = dir.path() / "key.pem";
  write_certificate(cert, key);
  const auto server = post_receiver{cert, key};
  auto loop = http_loop{};
  const auto ask = [&](const std::filesystem::path& ca) {
    return fetch(loop, {.method = "POST", .url = server.url(), .ca = ca});
  };
  const auto no = error_in(ask({}));
  CHECK(no.why == unreachable);
  CHECK_FALSE(no.sent);
  CHECK(answer_in(ask(cert)).status == 200);
  // What one transfer believes the next one does not.
  CHECK(error_in(ask({})).why == unreachable);
  const auto missing = error_in(ask(dir.path() / "missing.pem"));
  CHECK(missing.why == unreachable);
  CHECK(missing.message.find("missing.pem") != std::string::npos);
  CHECK(server.all().size() == 1);
}

// -- lifetimes ----------------------------------------------------------------

TEST_CASE_METHOD(fixture, "a transfer is broken off", "[http][loop]") {
  server.answer({.pieces = {"a", until_released{}}});
  auto x = ear{};
  const auto id = loop.start({.url = server.url()}, x.listener());
  CHECK(x.hears("a"));
  loop.cancel(id);
  const auto end = error_in(x.end());
  CHECK(end.why == cancelled);
  CHECK(end.sent);
  CHECK(end.head);
  CHECK(loop.open() == 0);
  CHECK(eventually([this] { return server.open_connections() == 0; }));
  loop.cancel(id);
  loop.cancel(id + 1'000);
  CHECK(answer_in(fetch()).status == 404);
  CHECK(x.ends() == 1);
}

TEST_CASE_METHOD(fixture, "a transfer is broken off before it began",
                 "[http][loop]") {
  auto x = ear{};
  auto started = std::promise<void>{};
  loop.start({.url = server.url()}, {.on_done = [&](transfer_result) {
               const auto id
                 = loop.start({.url = server.url("/never")}, x.listener());
               loop.cancel(id);
               started.set_value();
             }});
  started.get_future().wait();
  const auto end = error_in(x.end());
  CHECK(end.why == cancelled);
  CHECK_FALSE(end.sent);
  CHECK(server.requests().size() == 1);
}

TEST_CASE_METHOD(fixture, "a listener may break off its own transfer",
                 "[http][loop]") {
  server.answer({.pieces = {"a", until_released{}}});
  auto x = ear{};
  auto what = x.listener();
  auto id = std::promise<http_loop::transfer_id>{};
  what.on_data = [this, known = id.get_future().share()](std::string_view) {
    loop.cancel(known.get());
  };
  id.set_value(loop.start({.url = server.url()}, std::move(what)));
  CHECK(error_in(x.end()).why == cancelled);
}

TEST_CASE_METHOD(fixture, "a listener may start the next transfer",
                 "[http][loop]") {
  constexpr auto rounds = 20;
  auto count = 0;
  auto over = std::promise<void>{};
  auto next = std::function<void()>{};
  next = [&] {
    loop.start({.url = server.url()}, {.on_done = [&](transfer_result) {
                 if (++count < rounds)
                   next();
                 else
                   over.set_value();
               }});
  };
  next();
  REQUIRE(over.get_future().wait_for(patience) == std::future_status::ready);
  CHECK(server.requests().size() == rounds);
  CHECK(server.connections() == 1);
}

TEST_CASE("the end of a loop cancels what is under way", "[http][loop]") {
  auto server = fault_server{};
  server.otherwise({.pieces = {"a", until_released{}}});
  auto xs = std::vector<ear>(10);
  auto late = ear{};
  {
    auto loop = http_loop{};
    for (auto& x : xs) {
      auto what = x.listener();
      if (&x == &xs.front())
        what.on_done = [&, told = what.on_done](transfer_result end) {
          told(std::move(end));
          loop.start({.url = server.url()}, late.listener());
        };
      loop.start({.url = server.url()}, std::move(what));
    }
    static_cast<void>(server.wait_for(xs.size() / 2));
  }
  for (auto& x : xs) {
    CHECK(error_in(x.end()).why == cancelled);
    CHECK(x.ends() == 1);
  }
  CHECK(error_in(late.end()).why == cancelled);
}

TEST_CASE("a loop that did nothing ends", "[http][loop]") {
  const auto loop = http_loop{};
  CHECK(loop.open() == 0);
}

TEST_CASE_METHOD(fixture, "many threads may start and cancel", "[http][loop]") {
  server.otherwise({.pieces = {"a", "b"}});
  constexpr auto each = 50;
  auto ends = std::atomic<int>{0};
  auto threads = std::vector<std::thread>{};
  for (auto n = 0; n < 4; ++n)
    threads.emplace_back([&, n] {
      for (auto i = 0; i < each; ++i) {
        const auto id
          = loop.start({.url = server.url()},
                       {.on_done = [&ends](transfer_result) { ++ends; }});
        if ((i + n) % 3 == 0)
          loop.cancel(id);
      }
    });
  for (auto& x : threads)
    x.join();
  CHECK(eventually([&] { return ends == 4 * each; }));
  CHECK(loop.open() == 0);
}

// -- size ---------------------------------------------------------------------

namespace {

/// Bytes in use, those of the server included; zero where a sanitizer has
/// another heap.
std::size_t heap() {
  const auto x = ::mallinfo2();
  return x.uordblks + x.hblkhd;
}

/// Each stream has two ends in this process.
void allow_descriptors(rlim_t count) {
  auto x = rlimit{};
  ::getrlimit(RLIMIT_NOFILE, &x);
  x.rlim_cur = std::max(x.rlim_cur, std::min(count, x.rlim_max));
  ::setrlimit(RLIMIT_NOFILE, &x);
}

} // namespace

TEST_CASE_METHOD(fixture, "a thousand streams at once take 64 KiB each at most",
                 "[http][loop]") {
  constexpr auto count = std::size_t{1'000};
  allow_descriptors(4'096);
  server.answer({.pieces = {"warm"}});
  CHECK(answer_in(fetch()).status == 200);
  server.otherwise({.headers = {{"Content-Type", "text/event-stream"}},
                    .pieces = {"data: 1\n\n", until_released{}, "data: 2\n\n",
                               until_released{}, "data: 3\n\n"}});
  auto bytes = std::atomic<std::size_t>{0};
  auto whole = std::atomic<std::size_t>{0};
  const auto before = heap();
  for (auto i = std::size_t{0}; i < count; ++i)
    loop.start({.method = "POST", .url = server.url(), .body = "{}"},
               {.on_data = [&](std::string_view text) { bytes += text.size(); },
                .on_done =
                  [&](const transfer_result& x) {
                    if (std::holds_alternative<transfer_response>(x))
                      ++whole;
                  }});
  const auto piece = "data: 1\n\n"s.size();
  CHECK(eventually([&] { return bytes == count * piece; }));
  CHECK(loop.open() == count);
  CHECK(server.open_connections() == count);
  const auto used = heap() - before;
  server.release();
  CHECK(eventually([&] { return bytes == 2 * count * piece; }));
  const auto used_later = heap() - before;
  server.release();
  CHECK(eventually([&] { return whole == count; }));
  CHECK(bytes == 3 * count * piece);
  CHECK(used <= count * (64 << 10));
  CHECK(used_later <= count * (64 << 10));
}

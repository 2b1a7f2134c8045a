#include "support/api_world.hpp"
#include "support/catch.hpp"

#include <stanchion/httplib.hpp>

#include <httplib.h>

#include <thread>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// A service that has routes of its own beside those of operators.
struct fixture : api_world {
  fixture() {
    http.Get("/hello", [](const httplib::Request&, httplib::Response& to) {
      to.set_content("hello", "text/plain");
    });
    auto options = mount_options{};
    options.prefix = "/agents";
    mount_operator_api(http, rt, options);
    port = http.bind_to_any_port("127.0.0.1");
    thread = std::thread{[this] { http.listen_after_bind(); }};
    while (!http.is_running())
      std::this_thread::yield();
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() {
    rt.stop();
    http.stop();
    thread.join();
  }

  httplib::Server http;
  std::thread thread;
  int port = 0;
};

} // namespace

TEST_CASE_METHOD(fixture, "operators' routes stand beside a program's own",
                 "[runtime][api][mount]") {
  auto client = httplib::Client{"localhost", port};
  CHECK(client.Get("/hello")->body == "hello");
  CHECK(client.Get("/agents/livez")->status == 200);
  CHECK(client.Get("/livez")->status == 404);
  CHECK(client.Get("/agents/v1/runs")->status == 401);
  const auto admin
    = httplib::Headers{{"Authorization", "Bearer " + token_of("admin")}};
  CHECK(client.Get("/agents/v1/runs", admin)->status == 200);
  CHECK(client.Get("/agents/v1/nothing", admin)->status == 404);
  CHECK(client.Delete("/agents/v1/runs", admin)->status == 405);
  const auto started = client.Post(
    "/agents/v1/runs", admin, R"({"agent":"returns"})", "application/json");
  CHECK(started->status == 202);
  CHECK(started->has_header("X-Request-Id"));
  const auto wrong = client.Post("/agents/v1/runs", admin,
                                 R"({"agent":"returns"})", "text/plain");
  CHECK(wrong->status == 415);
  const auto id = json::parse(started->body).at("id").get<std::string>();
  const auto followed = client.Get("/agents/v1/runs/" + id + "/events", admin);
  CHECK_THAT(followed->body, ContainsSubstring("event: run\n"));
}

// The shop of examples/08_embed_in_service, as its README drives it.

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/paths.hpp"
#include "support/process.hpp"

#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/http_client.hpp>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

using namespace stanchion;
using namespace stanchion::test;
using nlohmann::json;

namespace {

using words = std::vector<std::string>;

std::string text_in(const std::filesystem::path& path) {
  auto file = std::ifstream{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Runs the program; what it prints is in `out`.
std::unique_ptr<child_process> start(words xs,
                                     const std::filesystem::path& out) {
  const auto name = program("08_embed_in_service").string();
  xs.insert(xs.begin(), name);
  return std::make_unique<child_process>([&] {
    constexpr auto mode = 0600;
    const auto fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
    ::dup2(fd, STDOUT_FILENO);
    auto arguments = std::vector<char*>{};
    for (auto& x : xs)
      arguments.push_back(x.data());
    arguments.push_back(nullptr);
    ::execv(name.c_str(), arguments.data());
    return 127;
  });
}

struct fixture {
  /// Starts the shop, and waits until it takes orders.
  void open(const std::string& provider_takes = "0") {
    std::filesystem::remove(dir.path() / "out"); // of the one before
    shop = start({"--port", "0", "--data-dir", data.string(),
                  "--provider-takes", provider_takes},
                 dir.path() / "out");
    REQUIRE(eventually([this] { return printed().ends_with("/orders\n"); }));
    const auto from = printed().find("http://");
    const auto to = printed().find("/orders");
    url = printed().substr(from, to - from);
    http = std::make_unique<http_client>(server_address{.url = url});
  }

  /// Without a word to it.
  void kill() {
    shop->signal(SIGKILL);
    REQUIRE(shop->wait(30s) == 128 + SIGKILL);
  }

  [[nodiscard]] std::string printed() const {
    return text_in(dir.path() / "out");
  }

  [[nodiscard]] http_answer send(const std::string& body,
                                 const std::string& key) const {
    return http->post("/orders", body, {{"Idempotency-Key", key}});
  }

  /// The number of an order that is taken.
  [[nodiscard]] std::string ordered(const std::string& body,
                                    const std::string& key) const {
    const auto answer = send(body, key);
    INFO(answer.body);
    REQUIRE(answer.status == 202);
    return json::parse(answer.body).at("order");
  }

  [[nodiscard]] json order(const std::string& id) const {
    const auto answer = http->get("/orders/" + id);
    REQUIRE(answer.status == 200);
    return json::parse(answer.body);
  }

  [[nodiscard]] bool becomes(const std::string& id,
                             const std::string& state) const {
    return eventually([&] { return order(id).at("state") == state; });
  }

  /// How many lines of the provider's books begin so.
  [[nodiscard]] long lines(const std::string& with) const {
    auto file = std::ifstream{data / "provider.txt"};
    auto line = std::string{};
    auto n = 0L;
    while (std::getline(file, line))
      n += line.starts_with(with) ? 1 : 0;
    return n;
  }

  temporary_dir dir;
  std::filesystem::path data = dir.path() / "d";
  std::unique_ptr<child_process> shop;
  std::unique_ptr<http_client> http;
  std::string url;
};

const auto lamp = std::string{R"({"item":"a lamp","cents":1999})"};

} // namespace

TEST_CASE_METHOD(fixture,
                 "an order is paid once, though its shop is killed while it is "
                 "being paid",
                 "[examples][service]") {
  open("600000");
  const auto id = ordered(lamp, "order-1");
  REQUIRE(eventually([this] { return lines("paid") == 1; }));
  CHECK(order(id).at("state") == "in progress");
  kill();
  open();
  REQUIRE(becomes(id, "paid"));
  CHECK(order(id).at("result").at("item") == "a lamp");
  CHECK(lines("asked") == 2); // under the same key
  CHECK(lines("paid") == 1);
  CHECK(ordered(lamp, "order-1") == id);
  CHECK(lines("asked") == 2);
}

TEST_CASE_METHOD(fixture, "a large order waits for a person, also over a death",
                 "[examples][service]") {
  const auto token = dir.path() / "token";
  REQUIRE(start({"token", "create", "ann", "--role", "approver", "--data-dir",
                 data.string()},
                token)
            ->wait(30s)
          == 0);
  auto secret = text_in(token);
  secret.pop_back();
  open();
  const auto id = ordered(R"({"item":"a piano","cents":400000})", "order-2");
  REQUIRE(becomes(id, "being looked at"));
  kill();
  open();
  auto ann = http_client{{.url = url + "/agents", .token = secret}};
  CHECK(http->get("/agents/v1/tickets").status == 401);
  const auto open = json::parse(ann.get("/v1/tickets?state=open").body);
  REQUIRE(open.at("tickets").size() == 1);
  const auto& ticket = open.at("tickets")[0];
  CHECK(ticket.at("context").at("failing_step").at("arguments")
        == json{{"cents", 400'000}});
  CHECK(lines("asked") == 0);
  const auto decided = ann.post(
    "/v1/tickets/" + ticket.at("id").get<std::string>() + "/decision",
    json{{"verb", "approve"}, {"version", ticket.at("version")}}.dump());
  CHECK(decided.status == 200);
  REQUIRE(becomes(id, "paid"));
  CHECK(lines("paid") == 1);
}

TEST_CASE_METHOD(fixture, "a shop that is told to close ends in order",
                 "[examples][service]") {
  open();
  const auto id = ordered(lamp, "order-3");
  REQUIRE(becomes(id, "paid"));
  shop->signal(SIGTERM);
  CHECK(shop->wait(30s) == 0);
  CHECK_THAT(printed(), EndsWith("closing\n"));
  open();
  CHECK(order(id).at("state") == "paid");
}

TEST_CASE_METHOD(fixture, "an order that makes no sense is refused",
                 "[examples][service]") {
  open();
  const auto [body, key, status]
    = GENERATE(table<std::string, std::string, int>({
      {R"({"item":"a lamp","cents":1999})", "", 400},
      {R"({"item":"a lamp"})", "k", 400},
      {R"({"item":"a lamp","cents":-1})", "k", 400},
      {R"({"item":7,"cents":1})", "k", 400},
      {"[]", "k", 400},
      {"no JSON", "k", 400},
    }));
  CAPTURE(body);
  CHECK(send(body, key).status == status);
  CHECK(http->get("/orders/0197c5d2").status == 404);
  CHECK(http->get("/elsewhere").status == 404);
  static_cast<void>(ordered(lamp, "order-4"));
  CHECK(send(R"({"item":"a lamp","cents":1})", "order-4").status == 409);
}

TEST_CASE("words that are none of the shop's are a usage error",
          "[examples][service]") {
  const auto dir = temporary_dir{};
  const auto xs = GENERATE(words{"--wat"}, words{"--port"},
                           words{"--port", "x"}, words{"wat"});
  CHECK(start(xs, dir.path() / "out")->wait(30s) == 2);
}

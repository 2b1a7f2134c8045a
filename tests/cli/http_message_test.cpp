#include "support/catch.hpp"
#include "support/process.hpp"

#include <stanchion/cli/http_message.hpp>
#include <stanchion/core/error.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <thread>

using namespace stanchion;
using namespace stanchion::test;

namespace {

/// Two ends of one connection.
struct wire {
  wire() : wire(make()) {
    // nop
  }
  explicit wire(std::array<int, 2> fds) : here{fds[0]}, there{fds[1]} {
    // nop
  }
  static std::array<int, 2> make() {
    auto fds = std::array<int, 2>{};
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) == 0);
    return fds;
  }
  stream_socket here;
  stream_socket there;
};

/// What a request of these bytes is refused with; empty when it is not.
std::string refusal(const std::string& bytes) {
  auto w = wire{};
  auto writer = std::thread{[&] {
    try {
      w.there.write(bytes);
    } catch (const std::exception&) {
      // refused before it was read to its end
    }
    shutdown(w.there.fd(), SHUT_WR);
  }};
  auto text = std::string{};
  try {
    static_cast<void>(read_request(w.here));
  } catch (const error& e) {
    text = e.what();
  }
  w.here.interrupt();
  writer.join();
  return text;
}

} // namespace

TEST_CASE("a request is read into its parts", "[cli][http]") {
  auto w = wire{};
  w.there.write("POST /v1/runs/a%2Fb?state=x%20y&limit=3&empty= HTTP/1.1\r\n"
                "Host: x\r\nIdempotency-KEY:  k 1 \r\nContent-Length: 4\r\n\r\n"
                "bodyand more");
  const auto x = read_request(w.here);
  REQUIRE(x);
  CHECK(x->method == "POST");
  CHECK(x->path == std::vector<std::string>{"v1", "runs", "a/b"});
  CHECK(x->query.at("state") == "x y");
  CHECK(x->query.at("limit") == "3");
  CHECK(x->query.at("empty").empty());
  CHECK(x->headers.at("idempotency-key") == "k 1");
  CHECK(x->body == "body");
}

TEST_CASE("a connection without a request is none", "[cli][http]") {
  auto w = wire{};
  w.there.interrupt();
  CHECK_FALSE(read_request(w.here));
}

TEST_CASE("what is no request is refused", "[cli][http]") {
  const auto [bytes, says] = GENERATE(table<std::string, std::string>({
    {"\n", "does not start"},
    {"GET /\n\n", "does not start"},
    {"GET / SMTP\n\n", "does not start"},
    {"GET v1 HTTP/1.1\n\n", "target"},
    {"GET /%zz HTTP/1.1\n\n", "target"},
    {"GET /%2 HTTP/1.1\n\n", "target"},
    {"GET / HTTP/1.1\nno colon\n\n", "headers"},
    {"GET / HTTP/1.1\nA: b", "within its headers"},
    {"POST / HTTP/1.1\nContent-Length: 9\n\nshort", "within its body"},
    {"POST / HTTP/1.1\nContent-Length: -1\n\n", "no number"},
    {"POST / HTTP/1.1\nContent-Length: 1x\n\n", "no number"},
    {"POST / HTTP/1.1\nContent-Length: 99999999999\n\n", "E-INPUT-002"},
    {"POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n", "Content-Length"},
    {"GET /" + std::string(100'000, 'a') + " HTTP/1.1\n\n", "too long"},
    {"GET / HTTP/1.1\nA: " + std::string(100'000, 'a') + "\n\n", "too long"},
  }));
  CHECK_THAT(refusal(bytes), ContainsSubstring(says));
}

TEST_CASE("too many headers are refused", "[cli][http]") {
  auto bytes = std::string{"GET / HTTP/1.1\n"};
  for (auto i = 0; i < 100; ++i)
    bytes += "H" + std::to_string(i) + ": x\n";
  CHECK_THAT(refusal(bytes + "\n"), ContainsSubstring("too many"));
}

TEST_CASE("an answer announces its length or ends with the connection",
          "[cli][http]") {
  auto w = wire{};
  write_response(w.here, {.status = 404, .body = "{}"});
  CHECK(w.there.read_line(100) == "HTTP/1.1 404 Refused");
  CHECK(w.there.read_line(100) == "Content-Type: application/json");
  CHECK(w.there.read_line(100) == "Connection: close");
  CHECK(w.there.read_line(100) == "Content-Length: 2");
  CHECK(w.there.read_line(100)->empty());
  CHECK(w.there.read(2) == "{}");
  write_response(
    w.here, {.type = "text/event-stream", .stream = [](const http_sink& to) {
               CHECK(to.alive());
               to.write("a");
               to.write("b");
             }});
  w.here.interrupt();
  const auto rest = w.there.read(1'000);
  CHECK_THAT(rest, EndsWith("Connection: close\r\n\r\nab"));
}

TEST_CASE("a socket serves its own user at a path of any length",
          "[cli][socket]") {
  const auto dir = temporary_dir{};
  const auto deep = dir.path() / std::string(100, 'd') / std::string(100, 'e');
  create_directories(deep);
  const auto path = deep / "s.sock";
  CHECK_FALSE(connect_to(path));
  CHECK_FALSE(connect_to(deep / "nowhere" / "s.sock"));
  {
    const auto listening = listening_socket{path};
    struct stat about = {};
    REQUIRE(stat(path.c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
    auto here = connect_to(path);
    REQUIRE(here);
    auto there = listening.accept();
    REQUIRE(there);
    here->write("hello\n");
    CHECK(there->read_line(10) == "hello");
    CHECK(there->peer_user() == geteuid());
    CHECK_FALSE(there->hung_up());
    here->interrupt();
    CHECK(there->hung_up());
    listening.close();
    CHECK_FALSE(listening.accept());
  }
  CHECK_FALSE(exists(path));
}

TEST_CASE("a socket that a dead process left is replaced", "[cli][socket]") {
  const auto dir = temporary_dir{};
  const auto path = dir.path() / "s.sock";
  auto dead = child_process{[&] {
    const auto listening = listening_socket{path};
    _exit(exists(path) ? 0 : 1); // without its destructor
    return 1;
  }};
  REQUIRE(dead.wait(10s) == 0);
  REQUIRE(exists(path));
  CHECK_FALSE(connect_to(path));
  const auto listening = listening_socket{path};
  CHECK(connect_to(path));
}

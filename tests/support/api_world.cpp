#include "support/api_world.hpp"

#include "support/catch.hpp"
#include "support/parts.hpp"

#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace stanchion::test {

namespace {

task<json> calls(agent_context& ctx, value input) {
  auto x = co_await ctx.call("echo", args("n", input["n"]));
  co_return x.get();
}

json echo(const value& x, tool_context&) {
  return x.get();
}

} // namespace

api_world::api_world() : rt({.data_dir = dir.path(), .in_memory = true}) {
  rt.add(tool{"echo", effect::idempotent, echo}
           .input(any())
           .output(any())
           .run_inline());
  rt.add(agent{"returns", "1", returns});
  rt.add(agent{"calls", "1", calls});
  rt.add(agent{"asks", "1", asks});
  rt.start();
  work = make_owner_operations(rt);
  const auto tokens = dir.path() / "tokens.json";
  auto file = token_file{tokens};
  for (const auto as :
       {role::viewer, role::operator_role, role::approver, role::admin}) {
    const auto name = std::string{to_string(as)};
    secrets[name] = file.create(name, as, system_clock().now(), {});
  }
  service = std::make_unique<api_service>(work, tokens, service_options{});
}

std::string api_world::token_of(const std::string& as) const {
  const auto known = secrets.find(as);
  return known == secrets.end() ? as : known->second;
}

http_request api_world::read(const api_request& x) const {
  const auto target = parse_target(x.target);
  if (!target)
    throw std::runtime_error{"no target: " + x.target};
  auto to = http_request{.method = x.method,
                         .path = target->path,
                         .query = target->query,
                         .headers = {{"host", "localhost:7420"}},
                         .body = x.body};
  to.remote = "127.0.0.1";
  if (x.as != "none")
    to.headers["authorization"] = "Bearer " + token_of(x.as);
  if (!x.body.empty()) {
    to.headers["content-type"] = "application/json";
    to.headers["content-length"] = std::to_string(x.body.size());
  }
  for (const auto& [name, content] : x.headers) {
    if (content.empty())
      to.headers.erase(name);
    else
      to.headers[name] = content;
  }
  return to;
}

http_response api_world::ask(const api_request& x) {
  return service->answer(read(x));
}

json api_world::get(const api_request& x, int status) {
  const auto answer = ask(x);
  INFO(x.method << " " << x.target << ": " << answer.body);
  REQUIRE(answer.status == status);
  return json::parse(answer.body);
}

json api_world::run(const std::string& agent, const json& input) {
  const auto row = rt.submit({.agent = agent, .input = value{input}});
  rt.wait(row.id);
  return work->find_run(to_string(row.id));
}

json api_world::only_ticket() {
  const auto page = get({.target = "/v1/tickets?state=open"});
  REQUIRE(page.at("tickets").size() == 1);
  return page.at("tickets")[0];
}

// -- connections --------------------------------------------------------------

connection::connection(int port) : fd_{::socket(AF_INET, SOCK_STREAM, 0)} {
  auto at = sockaddr_in{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
    throw std::runtime_error{"nobody listens at " + std::to_string(port)};
  const auto second = timeval{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

connection::~connection() {
  ::close(fd_);
}

bool connection::send(const std::string& bytes) const {
  auto rest = std::string_view{bytes};
  while (!rest.empty()) {
    const auto sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool connection::hung_up() const {
  auto events = pollfd{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  return ::poll(&events, 1, 0) > 0;
}

bool connection::read_some(std::chrono::milliseconds limit) {
  auto events = pollfd{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&events, 1, static_cast<int>(limit.count())) <= 0)
    return false;
  auto bytes = std::array<char, 65'536>{};
  const auto count = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (count > 0)
    got_.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::string connection::read_until(const std::string& text,
                                   std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (got_.find(text) == std::string::npos) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left))
      break;
  }
  return got_;
}

std::string connection::read_all(std::chrono::milliseconds limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !read_some(left))
      return got_;
  }
}

std::string talk(int port, const std::string& bytes,
                 std::chrono::milliseconds limit) {
  auto to = connection{port};
  static_cast<void>(to.send(bytes));
  return to.read_all(limit);
}

} // namespace stanchion::test

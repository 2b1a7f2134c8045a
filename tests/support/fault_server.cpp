#include "support/fault_server.hpp"

#include "support/catch.hpp"
#include "support/eventually.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace stanchion::test {

namespace {

using steady = std::chrono::steady_clock;

constexpr auto line_end = std::string_view{"\r\n"};

// -- answers as bytes ---------------------------------------------------------

std::string as_chunk(const std::string& text) {
  auto size = std::array<char, 16>{};
  const auto end
    = std::to_chars(size.data(), size.data() + size.size(), text.size(), 16);
  return std::string{size.data(), end.ptr}.append(line_end) + text + "\r\n";
}

const std::string* text_of(const answer_step& x) {
  return std::get_if<std::string>(&x);
}

bool is_framed(const scripted_answer& x) {
  return find_header(x.headers, "content-length")
         || find_header(x.headers, "transfer-encoding");
}

std::string head_of(const scripted_answer& x, const http_headers& more) {
  auto to = "HTTP/1.1 " + std::to_string(x.status) + " As Planned\r\n";
  for (const auto* headers : {&x.headers, &more})
    for (const auto& [name, content] : *headers)
      to.append(name).append(": ").append(content).append(line_end);
  return to.append(line_end);
}

/// All steps of an answer, its texts as they go over the wire.
std::deque<answer_step> plan(scripted_answer x) {
  auto to = std::deque<answer_step>(x.before.begin(), x.before.end());
  if (x.status == 0 || is_framed(x)) {
    if (x.status != 0)
      to.emplace_back(head_of(x, {}));
  } else if (x.pieces.size() > 1) {
    to.emplace_back(head_of(x, {{"Transfer-Encoding", "chunked"}}));
    for (auto& piece : x.pieces)
      if (const auto* text = text_of(piece))
        piece = as_chunk(*text);
    x.pieces.emplace_back("0\r\n\r\n");
  } else {
    const auto* text = x.pieces.empty() ? nullptr : text_of(x.pieces.front());
    const auto size = text == nullptr ? 0 : text->size();
    to.emplace_back(head_of(x, {{"Content-Length", std::to_string(size)}}));
  }
  to.insert(to.end(), x.pieces.begin(), x.pieces.end());
  return to;
}

// -- requests -----------------------------------------------------------------

std::string_view take_until(std::string_view& from, std::string_view end) {
  const auto at = std::min(from.find(end), from.size());
  const auto x = from.substr(0, at);
  from.remove_prefix(std::min(at + end.size(), from.size()));
  return x;
}

asked parse_head(std::string_view text) {
  auto x = asked{};
  auto line = take_until(text, line_end);
  x.method = take_until(line, " ");
  x.target = take_until(line, " ");
  while (!text.empty()) {
    line = take_until(text, line_end);
    const auto name = take_until(line, ":");
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    x.headers.emplace_back(name, line);
  }
  return x;
}

/// Takes a whole request from the front of `bytes`, if there is one.
std::optional<asked> take_request(std::string& bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string::npos)
    return std::nullopt;
  auto x = parse_head(std::string_view{bytes}.substr(0, end));
  auto size = std::size_t{0};
  if (const auto text = find_header(x.headers, "content-length"))
    std::from_chars(text->data(), text->data() + text->size(), size);
  const auto begin = end + 4;
  if (bytes.size() < begin + size)
    return std::nullopt;
  x.body = bytes.substr(begin, size);
  bytes.erase(0, begin + size);
  return x;
}

// -- sockets ------------------------------------------------------------------

class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {
    if (fd < 0)
      throw std::runtime_error{"the server has no socket"};
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    ::close(fd_);
  }

  [[nodiscard]] int get() const {
    return fd_;
  }

private:
  int fd_;
};

struct connection {
  explicit connection(int fd, std::size_t number) : socket(fd), id(number) {
    const auto on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  descriptor socket;
  std::size_t id;
  std::string in;
  std::string out;
  std::deque<answer_step> steps; // what is left of the answer
  std::size_t holds = 0;         // `until_released` that it has come to
  std::optional<steady::time_point> rests_until;
  bool over = false;
};

} // namespace

// -- the server ---------------------------------------------------------------

struct fault_server::impl {
  impl() {
    auto here = address();
    const auto* at = reinterpret_cast<const sockaddr*>(&here);
    auto size = socklen_t{sizeof here};
    if (::bind(listener.get(), at, size) != 0
        || ::listen(listener.get(), SOMAXCONN) != 0
        || ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&here),
                         &size)
             != 0
        || ::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
      throw std::runtime_error{"no server could be started"};
    port = ntohs(here.sin_port);
  }

  ~impl() {
    ::close(pipe[0]);
    ::close(pipe[1]);
  }

  static sockaddr_in address() {
    auto x = sockaddr_in{};
    x.sin_family = AF_INET;
    x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return x;
  }

  void wake() const {
    [[maybe_unused]] const auto n = ::write(pipe[1], "x", 1);
  }

  // -- the server's thread ----------------------------------------------------

  void run() {
    auto lock = std::unique_lock{mutex};
    while (!ending) {
      const auto fds = watched();
      const auto time = next_wake();
      lock.unlock();
      auto ready = fds;
      ::poll(ready.data(), ready.size(), time);
      lock.lock();
      drain_pipe();
      handle(ready);
      all.remove_if([](const connection& x) { return x.over; });
      if (ready[1].revents != 0)
        accept_all();
    }
    all.clear();
  }

  /// The pipe, the listener, and the connections in their order.
  [[nodiscard]] std::vector<pollfd> watched() const {
    auto to
      = std::vector<pollfd>{{pipe[0], POLLIN, 0}, {listener.get(), POLLIN, 0}};
    for (const auto& x : all) {
      const auto events = x.out.empty() ? POLLIN : POLLIN | POLLOUT;
      to.push_back({x.socket.get(), static_cast<short>(events), 0});
    }
    return to;
  }

  /// In milliseconds; negative for never.
  [[nodiscard]] int next_wake() const {
    auto first = std::optional<steady::time_point>{};
    for (const auto& x : all)
      if (x.rests_until && (!first || *x.rests_until < *first))
        first = x.rests_until;
    if (!first)
      return -1;
    const auto left
      = std::chrono::ceil<std::chrono::milliseconds>(*first - steady::now());
    return static_cast<int>(std::max(left.count(), decltype(left)::rep{0}));
  }

  void drain_pipe() const {
    auto bytes = std::array<char, 64>{};
    while (::read(pipe[0], bytes.data(), bytes.size()) > 0) {
      // nop
    }
  }

  void handle(const std::vector<pollfd>& ready) {
    auto at = std::size_t{2};
    for (auto& x : all) {
      if (ready[at++].revents != 0)
        receive(x);
      if (!x.over)
        go_on(x);
    }
  }

  void accept_all() {
    for (;;) {
      const auto fd = ::accept(listener.get(), nullptr, nullptr);
      if (fd < 0)
        return;
      all.emplace_back(fd, ++connections);
    }
  }

  static void receive(connection& x) {
    auto bytes = std::array<char, 16'384>{};
    for (;;) {
      const auto n = ::recv(x.socket.get(), bytes.data(), bytes.size(), 0);
      if (n > 0) {
        x.in.append(bytes.data(), static_cast<std::size_t>(n));
        continue;
      }
      x.over = n == 0 || (errno != EAGAIN && errno != EINTR);
      return;
    }
  }

  /// Does all that can be done now.
  void go_on(connection& x) {
    while (!x.over && flush(x)) {
      if (x.rests_until && steady::now() < *x.rests_until)
        return;
      x.rests_until.reset();
      if (x.steps.empty()) {
        if (!begin_answer(x))
          return;
      } else if (!do_step(x)) {
        return;
      }
    }
  }

  /// Whether all is out.
  static bool flush(connection& x) {
    while (!x.out.empty()) {
      const auto n
        = ::send(x.socket.get(), x.out.data(), x.out.size(), MSG_NOSIGNAL);
      if (n < 0) {
        x.over = errno != EAGAIN && errno != EINTR;
        return false;
      }
      x.out.erase(0, static_cast<std::size_t>(n));
    }
    return true;
  }

  bool begin_answer(connection& x) {
    auto request = take_request(x.in);
    if (!request)
      return false;
    request->connection = x.id;
    requests.push_back(std::move(*request));
    x.holds = 0;
    x.steps = plan(planned.empty() ? fallback : planned.front());
    if (!planned.empty())
      planned.pop_front();
    return true;
  }

  /// Whether it was done.
  bool do_step(connection& x) {
    if (std::holds_alternative<until_released>(x.steps.front())
        && released <= x.holds)
      return false;
    const auto step = std::move(x.steps.front());
    x.steps.pop_front();
    std::visit([&](const auto& what) { apply(x, what); }, step);
    return true;
  }

  static void apply(connection& x, const std::string& text) {
    x.out = text;
  }
  static void apply(connection& x, const rest& what) {
    x.rests_until = steady::now() + what.time;
  }
  static void apply(connection& x, const until_released&) {
    ++x.holds;
  }
  static void apply(connection& x, const hang_up&) {
    x.over = true;
  }
  static void apply(connection& x, const reset&) {
    const auto hard = linger{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(x.socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    x.over = true;
  }

  descriptor listener{::socket(AF_INET, SOCK_STREAM, 0)};
  std::array<int, 2> pipe{};
  int port = 0;
  mutable std::mutex mutex; // guards all below
  std::list<connection> all;
  std::deque<scripted_answer> planned;
  scripted_answer fallback{.status = 404, .pieces = {"nothing is planned"}};
  std::vector<asked> requests;
  std::size_t connections = 0;
  std::size_t released = 0;
  bool ending = false;
  std::thread thread;
};

fault_server::fault_server() : impl_(std::make_unique<impl>()) {
  impl_->thread = std::thread{[x = impl_.get()] { x->run(); }};
}

fault_server::~fault_server() {
  {
    const auto lock = std::lock_guard{impl_->mutex};
    impl_->ending = true;
  }
  impl_->wake();
  impl_->thread.join();
}

std::string fault_server::url(const std::string& target) const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + target;
}

int fault_server::port() const {
  return impl_->port;
}

void fault_server::answer(scripted_answer x) {
  const auto lock = std::lock_guard{impl_->mutex};
  impl_->planned.push_back(std::move(x));
}

void fault_server::otherwise(scripted_answer x) {
  const auto lock = std::lock_guard{impl_->mutex};
  impl_->fallback = std::move(x);
}

void fault_server::release() {
  {
    const auto lock = std::lock_guard{impl_->mutex};
    ++impl_->released;
  }
  impl_->wake();
}

std::vector<asked> fault_server::requests() const {
  const auto lock = std::lock_guard{impl_->mutex};
  return impl_->requests;
}

std::vector<asked> fault_server::wait_for(std::size_t count) const {
  const auto came = [&] {
    const auto lock = std::lock_guard{impl_->mutex};
    return impl_->requests.size() >= count;
  };
  if (!eventually(came))
    FAIL("fewer than " << count << " requests have come");
  return requests();
}

std::size_t fault_server::connections() const {
  const auto lock = std::lock_guard{impl_->mutex};
  return impl_->connections;
}

std::size_t fault_server::open_connections() const {
  const auto lock = std::lock_guard{impl_->mutex};
  return impl_->all.size();
}

} // namespace stanchion::test

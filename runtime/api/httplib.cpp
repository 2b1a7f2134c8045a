// All that needs cpp-httplib. What is used of it is in both 0.11, of Debian 12,
// and 0.18, of Debian 13.

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/detail/connection_watch.hpp>
#include <stanchion/runtime/api/detail/mount.hpp>
#include <stanchion/runtime/api/http_client.hpp>
#include <stanchion/runtime/api/http_post.hpp>
#include <stanchion/runtime/api/server.hpp>

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace stanchion {

namespace {

// -- requests and answers -----------------------------------------------------

/// Nothing for a target that is malformed or does not begin with the prefix.
std::optional<http_request> read(const httplib::Request& from,
                                 const std::string& prefix) {
  auto text = std::string_view{from.target};
  if (!text.starts_with(prefix))
    return std::nullopt;
  auto target = parse_target(text.substr(prefix.size()));
  if (!target)
    return std::nullopt;
  auto x = http_request{.method = from.method,
                        .path = std::move(target->path),
                        .query = std::move(target->query)};
  x.remote = from.remote_addr;
  for (const auto& [name, content] : from.headers) {
    auto key = lower_case(name);
    if (key == "remote_addr" || key == "remote_port" || key == "local_addr"
        || key == "local_port")
      continue; // the library's own words
    if (x.headers.contains(key))
      x.repeated.insert(key);
    x.headers.insert_or_assign(std::move(key), content);
  }
  return x;
}

struct hung_up {};

void write(httplib::Response& to, http_response x,
           std::function<bool()> stopping) {
  to.status = x.status;
  for (const auto& [name, content] : x.headers)
    to.set_header(name, content);
  if (!x.stream) {
    to.set_content(x.body, x.type);
    return;
  }
  to.set_chunked_content_provider(
    x.type, [run = std::move(x.stream), stopping = std::move(stopping)](
              std::size_t, httplib::DataSink& sink) {
      try {
        run(
          {.write =
             [&sink](std::string_view bytes) {
               if (!sink.write(bytes.data(), bytes.size()))
                 throw hung_up{};
             },
           .alive
           = [&] { return !(stopping && stopping()) && sink.is_writable(); }});
        sink.done();
        return true;
      } catch (...) {
        return false; // nobody is left who could be told
      }
    });
}

/// Reads a body of at most `limit` bytes. False when it is longer or breaks
/// off.
bool read_body(const httplib::ContentReader& from, std::size_t limit,
               std::string& to) {
  return from([&](const char* bytes, std::size_t count) {
    to.append(bytes, count);
    return to.size() <= limit;
  });
}

// -- who answers --------------------------------------------------------------

/// Whether this thread is one of the reserve.
thread_local bool in_reserve = false;

/// The threads of a server: so many that work, and a reserve for what takes
/// none while they are busy. When both have enough to do, nothing more is
/// accepted.
class lanes final : public httplib::TaskQueue {
public:
  lanes(std::size_t workers, std::size_t reserve,
        detail::connection_watch& watch)
    : workers_(workers), watch_(watch) {
    for (auto i = std::size_t{0}; i < workers + reserve; ++i)
      threads_.emplace_back([this, spare = i >= workers] { run(spare); });
  }

  using enqueued
    = decltype(std::declval<httplib::TaskQueue&>().enqueue(nullptr));

  enqueued enqueue(std::function<void()> job) override {
    constexpr auto most_waiting = std::size_t{64};
    watch_.opened();
    {
      auto lock = std::unique_lock{mutex_};
      taken_.wait(lock, [&] { return spare_.size() < most_waiting; });
      const auto free = busy_ + waiting_.size() < workers_;
      (free ? waiting_ : spare_).push_back(std::move(job));
    }
    changed_.notify_all();
    return static_cast<enqueued>(true);
  }

  void shutdown() override {
    {
      const std::lock_guard guard{mutex_};
      over_ = true;
    }
    changed_.notify_all();
    for (auto& thread : threads_)
      thread.join();
  }

private:
  void run(bool spare) {
    in_reserve = spare;
    auto& mine = spare ? spare_ : waiting_;
    auto lock = std::unique_lock{mutex_};
    for (;;) {
      changed_.wait(lock, [&] { return over_ || !mine.empty(); });
      if (mine.empty())
        return;
      const auto job = std::move(mine.front());
      mine.pop_front();
      busy_ += spare ? 0 : 1;
      lock.unlock();
      taken_.notify_one();
      job();
      watch_.closed();
      lock.lock();
      busy_ -= spare ? 0 : 1;
    }
  }

  std::size_t workers_;
  detail::connection_watch& watch_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable taken_;
  std::deque<std::function<void()>> waiting_; // guarded by mutex_
  std::deque<std::function<void()>> spare_;   // guarded by mutex_
  std::size_t busy_ = 0;                      // guarded by mutex_
  bool over_ = false;                         // guarded by mutex_
  std::vector<std::thread> threads_;
};

std::unique_ptr<httplib::Server> make_server(const serve_options& x) {
  if (x.tls_cert.empty())
    return std::make_unique<httplib::Server>();
  auto to = std::make_unique<httplib::SSLServer>(x.tls_cert.c_str(),
                                                 x.tls_key.c_str());
  if (!to->is_valid())
    throw error{error_code::usage, "no TLS can be spoken with "
                                     + x.tls_cert.string() + " and "
                                     + x.tls_key.string()};
  return to;
}

} // namespace

// -- a server of our own ------------------------------------------------------

struct api_server::impl {
  impl(std::shared_ptr<operations> work, std::filesystem::path tokens,
       serve_options x)
    : options(std::move(x)), address(parse_address(options.listen)),
      service(std::move(work), std::move(tokens),
              service_options_of(options, address)),
      http(make_server(options)) {
    prepare();
    bind();
    watch.emplace(detail::connection_watch::options{
      .port = address.port,
      .patience = options.request_timeout,
      .bytes = options.service.gate.body_limit / 64 * 65 + 131'072});
    thread = std::thread{[this] {
      http->listen_after_bind();
      ended = true;
    }};
    while (!http->is_running() && !ended)
      std::this_thread::yield();
  }

  ~impl() {
    stopping = true;
    watch->hurry();
    http->stop();
    thread.join();
  }

  void bind() {
    if (address.port == 0)
      address.port = http->bind_to_any_port(address.host);
    else if (!http->bind_to_port(address.host, address.port))
      address.port = -1;
    if (address.port < 0)
      throw error{error_code::store_io,
                  "cannot listen at " + options.listen
                    + ": somebody else does, or there is no such address"};
  }

  void prepare() {
    http->new_task_queue
      = [this] { return new lanes{options.workers, options.reserve, *watch}; };
    http->set_keep_alive_max_count(1);
    http->set_read_timeout(options.read_timeout);
    http->set_write_timeout(options.write_timeout);
    http->set_keep_alive_timeout(
      std::chrono::ceil<std::chrono::seconds>(options.read_timeout).count());
    http->set_payload_max_length(options.service.gate.body_limit);
    http->set_tcp_nodelay(true);
    http->set_socket_options([](auto socket) {
      // The library's default would let others listen at the same port.
      const auto yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http->set_pre_routing_handler(
      [this](const httplib::Request& from, httplib::Response& to) {
        return look_at(from, to);
      });
    http->Post(".*", [this](const httplib::Request& from, httplib::Response& to,
                            const httplib::ContentReader& content) {
      auto x = read(from, {}).value();
      const auto whole
        = read_body(content, options.service.gate.body_limit, x.body);
      watch->arrived(from.remote_addr, from.remote_port);
      send(to, whole ? service.answer(x)
                     : service.fault(400, "the body breaks off or is too long",
                                     &x));
    });
    http->set_exception_handler(
      [this](const httplib::Request&, httplib::Response& to, auto) {
        send(to, service.fault(500, "the answer could not be made"));
      });
    http->set_error_handler(
      [this](const httplib::Request&, httplib::Response& to) {
        if (to.body.empty())
          send(to, service.fault(to.status, "this is no request"));
      });
  }

  /// Answers what needs no body, and refuses what does not deserve to be read.
  httplib::Server::HandlerResponse look_at(const httplib::Request& from,
                                           httplib::Response& to) {
    using httplib::Server;
    constexpr auto longest = std::size_t{2'048};
    const auto bodied = from.method == "POST" && !in_reserve;
    if (!bodied)
      watch->arrived(from.remote_addr, from.remote_port);
    if (from.target.size() > longest)
      return send(to, service.fault(414, "the target is too long"));
    const auto x = read(from, {});
    if (!x)
      return send(to, service.fault(400, "the target is malformed"));
    if (in_reserve)
      return send(to, service.answer_busy(*x));
    if (auto no = service.refuse(*x))
      return send(to, *std::move(no));
    if (!bodied)
      return send(to, service.answer(*x));
    return Server::HandlerResponse::Unhandled;
  }

  httplib::Server::HandlerResponse send(httplib::Response& to,
                                        http_response x) {
    write(to, std::move(x), [this] { return stopping.load(); });
    return httplib::Server::HandlerResponse::Handled;
  }

  serve_options options;
  listen_address address;
  api_service service;
  std::atomic<bool> stopping{false};
  std::atomic<bool> ended{false};
  std::optional<detail::connection_watch> watch;
  std::unique_ptr<httplib::Server> http;
  std::thread thread;
};

api_server::api_server(std::shared_ptr<operations> work,
                       std::filesystem::path tokens, serve_options options)
  : impl_(std::make_unique<impl>(std::move(work), std::move(tokens),
                                 std::move(options))) {
  // nop
}

api_server::~api_server() = default;

int api_server::port() const {
  return impl_->address.port;
}

std::string api_server::url() const {
  const auto& host = impl_->address.host;
  const auto six = host.find(':') != std::string::npos;
  return std::string{impl_->options.tls_cert.empty() ? "http://" : "https://"}
         + (six ? "[" + host + "]" : host) + ":" + std::to_string(port());
}

// -- a server of the program's own --------------------------------------------

void detail::mount(httplib::Server& on,
                   const std::shared_ptr<api_service>& service,
                   const std::string& prefix) {
  const auto pattern
    = prefix + R"(/(v1/.*|livez|readyz|metrics|version|openapi\.json))";
  const auto plain = [=](const httplib::Request& from, httplib::Response& to) {
    const auto x = read(from, prefix);
    write(to,
          x ? service->answer(*x)
            : service->fault(400, "the target is malformed"),
          nullptr);
  };
  const auto bodied = [=](const httplib::Request& from, httplib::Response& to,
                          const httplib::ContentReader& content) {
    auto x = read(from, prefix);
    if (!x)
      return write(to, service->fault(400, "the target is malformed"), nullptr);
    if (auto no = service->refuse(*x))
      return write(to, *std::move(no), nullptr);
    const auto whole
      = read_body(content, service->options().gate.body_limit, x->body);
    write(to,
          whole
            ? service->answer(*x)
            : service->fault(400, "the body breaks off or is too long", &*x),
          nullptr);
  };
  on.Get(pattern, plain);
  on.Options(pattern, plain);
  on.Delete(pattern, plain);
  on.Post(pattern, bodied);
  on.Put(pattern, bodied);
  on.Patch(pattern, bodied);
}

// -- a client -----------------------------------------------------------------

struct http_client::impl {
  impl(const server_address& where, const std::string& origin) : http(origin) {
    http.set_connection_timeout(std::chrono::seconds{5});
    http.set_read_timeout(std::chrono::seconds{60});
    http.set_write_timeout(std::chrono::seconds{30});
    if (!where.ca.empty())
      http.set_ca_cert_path(where.ca.c_str());
    if (!where.token.empty())
      headers.emplace("Authorization", "Bearer " + where.token);
  }

  [[nodiscard]] static http_answer answer_of(const httplib::Result& x) {
    if (!x)
      throw error{error_code::no_server, "the server does not answer: "
                                           + httplib::to_string(x.error())};
    return {.status = x->status, .body = x->body};
  }

  std::string prefix;
  httplib::Client http;
  httplib::Headers headers;
};

http_client::http_client(server_address where) {
  auto parts = detail::parse_url(where);
  impl_ = std::make_unique<impl>(where, parts.origin);
  impl_->prefix = std::move(parts.prefix);
  if (!impl_->http.is_valid())
    throw error{error_code::usage, "\"" + where.url + "\" cannot be asked"};
}

http_client::~http_client() = default;

http_answer http_client::get(const std::string& target) {
  return impl::answer_of(
    impl_->http.Get(impl_->prefix + target, impl_->headers));
}

http_answer
http_client::post(const std::string& target, const std::string& body,
                  const std::map<std::string, std::string>& headers) {
  auto all = impl_->headers;
  for (const auto& [name, content] : headers)
    all.emplace(name, content);
  return impl::answer_of(
    impl_->http.Post(impl_->prefix + target, all, body, "application/json"));
}

http_answer
http_client::stream(const std::string& target,
                    const std::function<bool(std::string_view)>& on_data,
                    const std::function<bool()>& keep_going) {
  auto no = http_answer{};
  auto ended = false;
  auto over = std::atomic<bool>{false};
  auto watcher = std::thread{[&] {
    constexpr auto moment = std::chrono::milliseconds{100};
    while (!over) {
      if (!keep_going()) {
        impl_->http.stop();
        return;
      }
      std::this_thread::sleep_for(moment);
    }
  }};
  const auto x = impl_->http.Get(
    impl_->prefix + target, impl_->headers,
    [&](const httplib::Response& head) {
      no.status = head.status;
      return true;
    },
    [&](const char* bytes, std::size_t count) {
      if (no.status != 200) {
        no.body.append(bytes, count);
        return true;
      }
      ended = !on_data({bytes, count});
      return !ended;
    });
  over = true;
  watcher.join();
  if (!x && !ended && keep_going())
    throw error{error_code::no_server,
                "the server does not answer: " + httplib::to_string(x.error())};
  return no;
}

// -- one POST -----------------------------------------------------------------

namespace {

/// Hangs up when the time is over, or somebody says so.
class hang_up_in_time {
public:
  hang_up_in_time(httplib::Client& http, duration timeout,
                  const std::function<bool()>& cancelled)
    : thread_([this, &http, timeout, &cancelled] {
        constexpr auto moment = std::chrono::milliseconds{50};
        const auto end = std::chrono::steady_clock::now() + timeout;
        auto lock = std::unique_lock{mutex_};
        while (!changed_.wait_for(lock, moment, [this] { return over_; }))
          if (std::chrono::steady_clock::now() >= end || cancelled())
            http.stop(); // again and again: it may not be connected yet
      }) {
    // nop
  }
  hang_up_in_time(const hang_up_in_time&) = delete;
  hang_up_in_time& operator=(const hang_up_in_time&) = delete;
  ~hang_up_in_time() {
    {
      const std::lock_guard guard{mutex_};
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;  // guarded by mutex_
  std::thread thread_; // last: starts when the rest is there
};

httplib::Request request_of(const http_post& x, const std::string& path) {
  auto to = httplib::Request{};
  to.method = "POST";
  to.path = path.starts_with('/') ? path : "/" + path;
  for (const auto& [name, content] : x.headers)
    to.headers.emplace(name, content);
  to.headers.emplace("Content-Type", "application/json");
  to.body = x.body;
  return to;
}

} // namespace

http_posted send(const http_post& x, const std::function<bool()>& cancelled) {
  constexpr auto most = std::size_t{64} << 10U;
  if (!x.url.starts_with("http://") && !x.url.starts_with("https://"))
    throw error{error_code::usage,
                "the URL begins with no http:// or https://"};
  const auto cut = x.url.find_first_of("/?", x.url.find("//") + 2);
  const auto origin = x.url.substr(0, cut);
  auto http = httplib::Client{origin};
  if (!http.is_valid())
    throw error{error_code::usage, "the URL cannot be asked"};
  http.set_connection_timeout(x.timeout);
  http.set_read_timeout(x.timeout);
  http.set_write_timeout(x.timeout);
  if (!x.ca.empty())
    http.set_ca_cert_path(x.ca.c_str());
  auto request
    = request_of(x, cut == std::string::npos ? "/" : x.url.substr(cut));
  auto read = std::size_t{0};
  auto to = http_posted{};
  request.response_handler = [&to](const httplib::Response& head) {
    to.status = head.status;
    to.retry_after = head.get_header_value("Retry-After");
    return true;
  };
  request.content_receiver = [&read](const char*, std::size_t count, auto...) {
    return (read += count) <= most;
  };
  const auto watch = hang_up_in_time{http, x.timeout, cancelled};
  const auto result = http.send(request);
  if (to.status == 0)
    to.problem = result ? "no status" : httplib::to_string(result.error());
  return to;
}

} // namespace stanchion

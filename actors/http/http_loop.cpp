// The only file that names libcurl.
#include <stanchion/actors/http/detail/answer_head.hpp>
#include <stanchion/actors/http/detail/request_rules.hpp>
#include <stanchion/actors/http/http_loop.hpp>
#include <stanchion/core/version.hpp>

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

namespace stanchion {

namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Bytes that a transfer reads at a time; libcurl's default is 16 KiB.
constexpr auto read_buffer = 8L << 10;
/// Bytes that a transfer sends at a time: libcurl's least; its default is 64
/// KiB.
constexpr auto write_buffer = 16L << 10;
/// Most connections that are kept while nobody uses them.
constexpr auto kept_connections = 1'024L;
/// How long the loop waits when nothing is under way.
constexpr auto long_time = milliseconds{60s};

struct closer {
  void operator()(CURL* x) const {
    curl_easy_cleanup(x);
  }
  void operator()(curl_slist* x) const {
    curl_slist_free_all(x);
  }
};

struct multi_closer {
  void operator()(CURLM* x) const {
    curl_multi_cleanup(x);
  }
};

// -- one transfer -------------------------------------------------------------

/// On the loop's thread alone, once it has begun.
struct transfer {
  http_loop::transfer_id id;
  transfer_request request;
  transfer_listener who;

  std::unique_ptr<CURL, closer> easy = nullptr;
  std::unique_ptr<curl_slist, closer> headers = nullptr;
  std::array<char, CURL_ERROR_SIZE> words = {}; ///< libcurl's, of a failure
  answer_head head = {};
  std::string body = {};
  std::size_t received = 0;
  /// From when on bytes of the request may be on their way.
  bool sent = false;
  bool may_not_connect = false; ///< to one of its addresses at least
  bool connects = false;        ///< to another one
  /// Why one of the functions below broke it off.
  std::optional<transfer_failure> own = {};
  steady::time_point heard = {}; ///< a byte of the answer
  curl_off_t uploaded = 0;       ///< when that was looked at last
};

bool is_success(int status) {
  return status >= 200 && status < 300;
}

template <class Value>
void set(transfer& x, CURLoption option, Value value) {
  const auto code = curl_easy_setopt(x.easy.get(), option, value);
  if (code != CURLE_OK)
    throw std::runtime_error{curl_easy_strerror(code)};
}

// -- what libcurl calls -------------------------------------------------------

std::size_t take_body(char* bytes, std::size_t size, std::size_t count,
                      void* self) noexcept {
  auto& x = *static_cast<transfer*>(self);
  const auto text = std::string_view{bytes, size * count};
  x.heard = steady::now();
  if (text.size() > x.request.most - x.received) {
    x.own = transfer_failure::too_large;
    return CURL_WRITEFUNC_ERROR;
  }
  x.received += text.size();
  if (x.who.on_data && is_success(x.head.status()))
    x.who.on_data(text);
  else
    x.body.append(text);
  return text.size();
}

std::size_t take_head(char* bytes, std::size_t size, std::size_t count,
                      void* self) noexcept {
  auto& x = *static_cast<transfer*>(self);
  x.heard = steady::now();
  switch (x.head.add({bytes, size * count})) {
  case answer_head::state::too_long:
    x.own = transfer_failure::too_large;
    return CURL_WRITEFUNC_ERROR;
  case answer_head::state::complete:
    if (x.who.on_head)
      x.who.on_head(x.head.status(), x.head.headers());
    break;
  case answer_head::state::reading:
    break;
  }
  return size * count;
}

std::string text_of(const curl_sockaddr& x) {
  auto to = std::array<char, INET6_ADDRSTRLEN>{};
  const void* bytes
    = x.family == AF_INET6
        ? static_cast<const void*>(
            &reinterpret_cast<const sockaddr_in6&>(x.addr).sin6_addr)
        : &reinterpret_cast<const sockaddr_in&>(x.addr).sin_addr;
  inet_ntop(x.family, bytes, to.data(), to.size());
  return to.data();
}

curl_socket_t open_socket(void* self, curlsocktype,
                          curl_sockaddr* address) noexcept {
  auto& x = *static_cast<transfer*>(self);
  if (x.request.may_connect && !x.request.may_connect(text_of(*address))) {
    x.may_not_connect = true;
    return CURL_SOCKET_BAD;
  }
  x.connects = true;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC,
                  address->protocol);
}

/// Called when a connection stands, also one that was kept, and nothing has
/// been sent over it. A second time is libcurl's own retry.
int before_request(void* self, char* address, char*, int, int) noexcept {
  auto& x = *static_cast<transfer*>(self);
  if (x.sent)
    x.own = transfer_failure::broken;
  else if (x.request.may_connect && !x.request.may_connect(address))
    x.own = transfer_failure::refused;
  else
    x.sent = true;
  x.heard = steady::now();
  return x.own ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

// -- how a transfer begins ----------------------------------------------------

long in_millis(duration x) {
  constexpr auto most = duration{24h * 365};
  return static_cast<long>(
    std::chrono::ceil<milliseconds>(std::min(x, most)).count());
}

void set_headers(transfer& x) {
  const auto add = [&x](const std::string& line) {
    auto* longer = curl_slist_append(x.headers.get(), line.c_str());
    if (longer == nullptr)
      throw std::bad_alloc{};
    static_cast<void>(x.headers.release());
    x.headers.reset(longer);
  };
  for (const auto& [name, content] : x.request.headers)
    add(content.empty() ? name + ";" : name + ": " + content);
  // Without a colon's content libcurl sends none: no wait before a body, and no
  // guess at what it is.
  for (const auto* name : {"Expect", "Content-Type"})
    if (!find_header(x.request.headers, name))
      add(std::string{name} + ":");
  set(x, CURLOPT_HTTPHEADER, x.headers.get());
}

void set_method(transfer& x) {
  const auto& method = x.request.method;
  const auto has_body = !x.request.body.empty() || method == "POST"
                        || method == "PUT" || method == "PATCH";
  if (method == "HEAD") {
    set(x, CURLOPT_NOBODY, 1L);
  } else if (has_body) {
    set(x, CURLOPT_POST, 1L);
    set(x, CURLOPT_POSTFIELDS, x.request.body.data());
    set(x, CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(x.request.body.size()));
  }
  set(x, CURLOPT_CUSTOMREQUEST, method.c_str());
}

void set_functions(transfer& x) {
  set(x, CURLOPT_PRIVATE, &x);
  set(x, CURLOPT_ERRORBUFFER, x.words.data());
  set(x, CURLOPT_WRITEFUNCTION, &take_body);
  set(x, CURLOPT_WRITEDATA, &x);
  set(x, CURLOPT_HEADERFUNCTION, &take_head);
  set(x, CURLOPT_HEADERDATA, &x);
  set(x, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(x, CURLOPT_OPENSOCKETDATA, &x);
  set(x, CURLOPT_PREREQFUNCTION, &before_request);
  set(x, CURLOPT_PREREQDATA, &x);
}

void set_trust(transfer& x) {
  set(x, CURLOPT_SSL_VERIFYPEER, 1L);
  set(x, CURLOPT_SSL_VERIFYHOST, 2L);
  set(x, CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  // Takes the place of the system's file of certificates, but not of its
  // folder, which has the same ones.
  if (!x.request.ca.empty())
    set(x, CURLOPT_CAINFO, x.request.ca.c_str());
}

void set_bounds(transfer& x) {
  set(x, CURLOPT_CONNECTTIMEOUT_MS, in_millis(x.request.connect_timeout));
  if (x.request.timeout)
    set(x, CURLOPT_TIMEOUT_MS, in_millis(*x.request.timeout));
  set(x, CURLOPT_BUFFERSIZE, read_buffer);
  set(x, CURLOPT_UPLOAD_BUFFERSIZE, write_buffer);
}

void set_up(transfer& x) {
  x.easy.reset(curl_easy_init());
  if (!x.easy)
    throw std::bad_alloc{};
  set_functions(x);
  set_bounds(x);
  set_trust(x);
  set(x, CURLOPT_PROTOCOLS_STR, "http,https");
  set(x, CURLOPT_FOLLOWLOCATION, 0L);
  set(x, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  set(x, CURLOPT_URL, x.request.url.c_str());
  if (!x.request.use_proxies)
    set(x, CURLOPT_PROXY, "");
  set(x, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(x, CURLOPT_ACCEPT_ENCODING, "gzip");
  set(x, CURLOPT_USERAGENT, ("stanchion/" + std::string{version()}).c_str());
  set(x, CURLOPT_TCP_KEEPALIVE, 1L);
  set(x, CURLOPT_NOSIGNAL, 1L);
  // Else the end of a transfer waits for its name to be resolved.
  set(x, CURLOPT_QUICK_EXIT, 1L);
  set_method(x);
  set_headers(x);
}

// -- how a transfer ends ------------------------------------------------------

/// CURLE_TOO_LARGE, since libcurl 8.6. Before, it says that it is out of
/// memory.
constexpr auto line_too_long = 100;

transfer_failure failure_of(CURLcode code, const transfer& x) {
  using enum transfer_failure;
  if (x.own)
    return *x.own;
  if (code == CURLE_URL_MALFORMAT
      || (!x.sent && code == CURLE_UNSUPPORTED_PROTOCOL)
      || (!x.sent && x.may_not_connect && !x.connects))
    return refused;
  if (!x.sent)
    return unreachable;
  switch (code) {
  case CURLE_OPERATION_TIMEDOUT:
    return timeout;
  case CURLE_OUT_OF_MEMORY: // a line of a head beyond what libcurl reads
    return too_large;
  case CURLE_UNSUPPORTED_PROTOCOL: // HTTP/0.9
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_BAD_CONTENT_ENCODING:
  case CURLE_WRITE_ERROR: // by what decompresses
    return malformed;
  case CURLE_RECV_ERROR: // it has no code of its own for this
    return std::string_view{x.words.data()}.find("chunk")
               != std::string_view::npos
             ? malformed
             : broken;
  default:
    return code == line_too_long ? too_large : broken;
  }
}

/// libcurl's own words where they can say nothing but names and addresses.
std::string details(CURLcode code, const transfer& x) {
  if (!x.sent && x.words.front() != '\0')
    return x.words.data();
  return curl_easy_strerror(code);
}

std::string explain(transfer_failure why, CURLcode code, const transfer& x) {
  using enum transfer_failure;
  switch (why) {
  case unreachable:
    if (code == CURLE_OPERATION_TIMEDOUT)
      return "no connection within "
             + to_text(std::min(x.request.connect_timeout,
                                x.request.timeout.value_or(duration::max())));
    return details(code, x);
  case refused:
    return code == CURLE_COULDNT_CONNECT || code == CURLE_ABORTED_BY_CALLBACK
             ? "that address must not be connected to"
             : details(code, x);
  case timeout:
    return "no whole answer within "
           + to_text(x.request.timeout.value_or(duration::zero()));
  case too_large:
    return x.head.complete() ? "the answer has more than "
                                 + std::to_string(x.request.most) + " bytes"
                             : "the head of the answer has more than "
                                 + std::to_string(answer_head::most) + " bytes";
  case malformed:
    return "the answer is no proper HTTP: " + details(code, x);
  case cancelled:
    return "nobody wanted it any more";
  case broken:
    break;
  }
  return "the connection ended before the answer did"
         + (code == CURLE_OK ? std::string{} : ": " + details(code, x));
}

transfer_result failed(transfer& x, transfer_failure why, std::string text) {
  auto to = transfer_error{.why = why,
                           .message = origin_of(x.request.url) + ": " + text,
                           .sent = x.sent};
  if (x.head.complete())
    to.head = transfer_response{.status = x.head.status(),
                                .headers = x.head.headers(),
                                .body = std::move(x.body)};
  return to;
}

transfer_result result_of(CURLcode code, transfer& x) {
  if (code == CURLE_OK && x.head.complete())
    return transfer_response{.status = x.head.status(),
                             .headers = x.head.headers(),
                             .body = std::move(x.body)};
  // For libcurl an answer may end within its head.
  const auto why
    = code == CURLE_OK ? transfer_failure::broken : failure_of(code, x);
  return failed(x, why, explain(why, code, x));
}

void begin_libcurl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error{curl_easy_strerror(code)};
}

} // namespace

// -- the loop -----------------------------------------------------------------

struct http_loop::impl {
  /// What other threads want, in their order.
  struct order {
    transfer_id id;
    std::unique_ptr<transfer> begins; ///< null: to be cancelled
  };

  impl() {
    begin_libcurl();
    multi.reset(curl_multi_init());
    if (!multi)
      throw std::bad_alloc{};
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kept_connections);
  }

  // -- any thread -------------------------------------------------------------

  transfer_id start(transfer_request what, transfer_listener who) {
    auto id = transfer_id{};
    {
      const auto lock = std::lock_guard{mutex};
      id = ++last_id;
      orders.push_back({id, std::make_unique<transfer>(
                              transfer{id, std::move(what), std::move(who)})});
      ++open;
      if (!thread.joinable())
        thread = std::thread{[this] { run(); }};
    }
    curl_multi_wakeup(multi.get());
    return id;
  }

  void cancel(transfer_id id) {
    {
      const auto lock = std::lock_guard{mutex};
      orders.push_back({id, nullptr});
    }
    curl_multi_wakeup(multi.get());
  }

  void stop() {
    {
      const auto lock = std::lock_guard{mutex};
      stopping = true;
    }
    curl_multi_wakeup(multi.get());
    if (thread.joinable())
      thread.join();
  }

  // -- the loop's thread ------------------------------------------------------

  void run() {
    auto all = sigset_t{};
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    while (!is_stopping()) {
      take_orders();
      auto running = 0;
      curl_multi_perform(multi.get(), &running);
      end_finished();
      const auto wait = end_silent();
      curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(wait.count()),
                      nullptr);
    }
    cancel_all();
  }

  [[nodiscard]] bool is_stopping() {
    const auto lock = std::lock_guard{mutex};
    return stopping;
  }

  /// Whether there were any.
  bool take_orders() {
    auto taken = std::vector<order>{};
    {
      const auto lock = std::lock_guard{mutex};
      taken.swap(orders);
    }
    for (auto& x : taken)
      if (x.begins)
        begin(std::move(x.begins));
      else
        end(x.id, cancelled);
    return !taken.empty();
  }

  void begin(std::unique_ptr<transfer> what) {
    auto& x = *what;
    transfers.emplace(x.id, std::move(what));
    auto why = refusal(x.request);
    if (!why)
      why = add(x);
    if (why)
      end(x.id, [&why](transfer& t) {
        return failed(t, transfer_failure::refused, *why);
      });
  }

  /// Why it could not be.
  std::optional<std::string> add(transfer& x) try {
    set_up(x);
    const auto code = curl_multi_add_handle(multi.get(), x.easy.get());
    return code == CURLM_OK ? std::nullopt
                            : std::optional{curl_multi_strerror(code)};
  } catch (const std::exception& e) {
    return e.what();
  }

  void end_finished() {
    auto left = 0;
    while (const auto* message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      const auto code = message->data.result;
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      end(reinterpret_cast<transfer*>(self)->id,
          [code](transfer& x) { return result_of(code, x); });
    }
  }

  /// Ends those of which too long nothing was heard; returns when to look
  /// again.
  milliseconds end_silent() {
    const auto now = steady::now();
    auto silent = std::vector<transfer_id>{};
    auto next = now + long_time;
    for (auto& [id, x] : transfers) {
      if (!x->sent || !x->request.idle_timeout)
        continue;
      hear_upload(*x, now);
      const auto end = x->heard + *x->request.idle_timeout;
      if (end <= now)
        silent.push_back(id);
      else
        next = std::min<steady::time_point>(next, end);
    }
    for (const auto id : silent)
      end(id, [](transfer& x) {
        return failed(x, transfer_failure::timeout,
                      "nothing came for " + to_text(*x.request.idle_timeout));
      });
    return std::chrono::ceil<milliseconds>(next - now);
  }

  static void hear_upload(transfer& x, steady::time_point now) {
    auto bytes = curl_off_t{0};
    curl_easy_getinfo(x.easy.get(), CURLINFO_SIZE_UPLOAD_T, &bytes);
    if (bytes > x.uploaded)
      x.heard = now;
    x.uploaded = bytes;
  }

  static transfer_result cancelled(transfer& x) {
    constexpr auto why = transfer_failure::cancelled;
    return failed(x, why, explain(why, CURLE_OK, x));
  }

  /// What is started meanwhile is cancelled, too.
  void cancel_all() {
    do
      while (!transfers.empty())
        end(transfers.begin()->first, cancelled);
    while (take_orders());
  }

  template <class Result>
  void end(transfer_id id, Result result) {
    const auto at = transfers.find(id);
    if (at == transfers.end())
      return;
    const auto x = std::move(at->second);
    transfers.erase(at);
    auto told = result(*x);
    if (x->easy)
      curl_multi_remove_handle(multi.get(), x->easy.get());
    x->easy.reset();
    --open;
    if (x->who.on_done)
      x->who.on_done(std::move(told));
  }

  std::unique_ptr<CURLM, multi_closer> multi;
  std::atomic<std::size_t> open = 0;
  std::unordered_map<transfer_id, std::unique_ptr<transfer>>
    transfers; // the loop's thread

  std::mutex mutex; // guards all below
  std::vector<order> orders;
  transfer_id last_id = 0;
  bool stopping = false;
  std::thread thread;
};

http_loop::http_loop() : impl_(std::make_unique<impl>()) {
  // nop
}

http_loop::~http_loop() {
  impl_->stop();
}

http_loop::transfer_id http_loop::start(transfer_request what,
                                        transfer_listener who) {
  return impl_->start(std::move(what), std::move(who));
}

void http_loop::cancel(transfer_id which) {
  impl_->cancel(which);
}

std::size_t http_loop::open() const {
  return impl_->open;
}

} // namespace stanchion

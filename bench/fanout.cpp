#include "bench/http_load.hpp"
#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/runtime/api/event_feed.hpp>
#include <stanchion/runtime/api/owner_operations.hpp>
#include <stanchion/runtime/api/server.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <poll.h>

#include <atomic>
#include <charconv>
#include <stdexcept>
#include <thread>

namespace stanchion::bench {

namespace {

constexpr auto listeners = std::size_t{50};
constexpr auto events_per_second = 5'000.0;
constexpr auto patience = std::chrono::seconds{30};

/// Reads a stream of events, and sees to it that none is missing without a word
/// about it.
class listener {
public:
  listener(int port, const std::string& token) : from_(port) {
    from_.send(request_text("GET /v1/events", token));
  }

  [[nodiscard]] int descriptor() const {
    return from_.descriptor();
  }
  [[nodiscard]] std::uint64_t last() const {
    return last_;
  }

  void take() {
    const auto bytes = from_.receive();
    if (bytes.empty())
      throw std::runtime_error{"the server has hung up on a client"};
    text_ += bytes;
    auto begin = std::size_t{0};
    for (auto end = text_.find('\n'); end != std::string::npos;
         end = text_.find('\n', begin)) {
      line(std::string_view{text_}.substr(begin, end - begin));
      begin = end + 1;
    }
    text_.erase(0, begin);
  }

private:
  void line(std::string_view x) {
    if (x == "event: reset")
      reset_ = true;
    if (!x.starts_with("id: "))
      return;
    const auto digits = x.substr(x.find('-') + 1);
    auto number = std::uint64_t{0};
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (last_ != 0 && number > last_ + 1 && !reset_)
      throw std::runtime_error{"a client has missed events and was not told"};
    last_ = number;
    reset_ = false;
  }

  http_connection from_;
  std::string text_;
  std::uint64_t last_ = 0;
  bool reset_ = false;
};

/// Many of them, on a thread of their own.
class audience {
public:
  audience(int port, const std::string& token, std::size_t n) {
    for (auto i = std::size_t{0}; i < n; ++i)
      all_.push_back(std::make_unique<listener>(port, token));
    thread_ = std::jthread{[this](const std::stop_token& over) { hear(over); }};
  }

  /// The least that any of them has heard of. Throws what went wrong.
  [[nodiscard]] std::uint64_t heard() {
    if (failed_)
      std::rethrow_exception(trouble_);
    return least_;
  }
  void wait_for(std::uint64_t number) {
    const auto until = clock::now() + patience;
    while (heard() < number) {
      if (clock::now() > until)
        throw std::runtime_error{"a client does not get all events"};
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    }
  }

private:
  void hear(const std::stop_token& over) {
    try {
      while (!over.stop_requested())
        look();
    } catch (...) {
      trouble_ = std::current_exception();
      failed_ = true;
    }
  }

  void look() {
    auto ready = std::vector<pollfd>{};
    for (const auto& x : all_)
      ready.push_back({.fd = x->descriptor(), .events = POLLIN, .revents = 0});
    ::poll(ready.data(), ready.size(), 20);
    auto least = std::uint64_t(-1);
    for (auto i = std::size_t{0}; i < all_.size(); ++i) {
      if (ready[i].revents != 0)
        all_[i]->take();
      least = std::min(least, all_[i]->last());
    }
    least_ = least;
  }

  std::vector<std::unique_ptr<listener>> all_;
  std::atomic<std::uint64_t> least_{0};
  std::exception_ptr trouble_; // set before failed_
  std::atomic<bool> failed_{false};
  std::jthread thread_; // last: ends before the rest goes
};

void submit(runtime& rt, std::uint64_t n) {
  rt.submit({.agent = "five", .input = args("n", n)}, [](const run_row&) {});
}

/// Begins runs so that they make 5,000 events a second. Returns the events a
/// second that there were until the last of them had ended.
double pace(runtime& rt, run_counter& counter, const event_feed& feed,
            double events_of_run, double seconds) {
  const auto runs
    = static_cast<std::uint64_t>(events_per_second * seconds / events_of_run);
  const auto before = counter.count(event_kind::run_ended);
  const auto first = feed.next();
  const auto begin = clock::now();
  for (auto n = std::uint64_t{0}; n < runs; ++n) {
    const auto due = static_cast<double>(n) * events_of_run / events_per_second;
    std::this_thread::sleep_until(begin
                                  + std::chrono::duration_cast<clock::duration>(
                                    std::chrono::duration<double>{due}));
    submit(rt, n);
  }
  counter.wait(event_kind::run_ended, before + runs);
  return static_cast<double>(feed.next() - first) / seconds_since(begin);
}

double measured(const scale& x, std::size_t clients) {
  const auto counter = std::make_shared<run_counter>();
  auto c = config{};
  c.data_dir = x.dir;
  c.events = counter;
  auto rt = runtime{std::move(c)};
  add_five_steps(rt, effect::idempotent);
  rt.start();
  const auto work = std::shared_ptr{make_owner_operations(rt)};
  const auto feed = work->events();
  const auto token = token_file{data_dir{x.dir}.tokens()}.create(
    "bench", role::viewer, system_clock().now(), {});
  auto options = serve_options{.listen = "127.0.0.1:0", .workers = 64};
  options.service.streams = listeners;
  const auto server = api_server{work, data_dir{x.dir}.tokens(), options};
  const auto first = feed->next();
  const auto warm = x.size(std::uint64_t{2'000}, std::uint64_t{50});
  drive(rt, *counter, warm, 256);
  const auto events_of_run
    = static_cast<double>(feed->next() - first) / static_cast<double>(warm);
  auto rate = 0.0;
  {
    auto hears = std::optional<audience>{};
    if (clients > 0) {
      hears.emplace(server.port(), token, clients);
      hears->wait_for(feed->next() - 1);
    }
    rate = pace(rt, *counter, *feed, events_of_run, x.size(5.0, 0.5));
    if (hears)
      hears->wait_for(feed->next() - 1);
  }
  rt.stop();
  return rate;
}

} // namespace

row fan_out() {
  return {
    .name = "fanout",
    .title = "events of paced runs, 50 clients; floor: none",
    .unit = "1/s",
    .product = [](const scale& x) { return measured(x, listeners); },
    .floor = [](const scale& x) { return measured(x, 0); },
    .target = ">= 0.98 x floor, >= 4,900",
    .met
    = [](const figures& f) { return f.ratio() >= 0.98 && f.product >= 4'900; },
    .rounds = 3};
}

} // namespace stanchion::bench

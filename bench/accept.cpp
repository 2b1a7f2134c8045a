#include "bench/floor_sqlite.hpp"
#include "bench/http_load.hpp"
#include "bench/rows.hpp"
#include "bench/workload.hpp"

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/run/agent_context.hpp>
#include <stanchion/httplib.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <httplib.h>
#include <nlohmann/json.hpp>

#include <thread>
#include <utility>

namespace stanchion::bench {

namespace {

constexpr auto clients = std::uint64_t{16};
constexpr auto workers = std::size_t{32};

/// The same server for product and floor; they differ in who answers.
class http_server {
public:
  http_server() {
    http_.new_task_queue = [] { return new httplib::ThreadPool{workers}; };
  }
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;
  ~http_server() {
    http_.stop();
    thread_.join();
  }

  httplib::Server& http() {
    return http_;
  }
  int listen() {
    const auto port = http_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread{[this] { http_.listen_after_bind(); }};
    return port;
  }

private:
  httplib::Server http_;
  std::thread thread_;
};

std::string body_of(std::uint64_t i) {
  return R"({"agent":"returns","input":{"n":)" + std::to_string(i) + "}}";
}

double accepted(int port, const std::string& path, const std::string& token,
                std::uint64_t n) {
  return request_rate(port, n, clients, 202, [&](std::uint64_t i) {
    return request_text("POST " + path, token, body_of(i));
  });
}

std::uint64_t requests(const scale& x) {
  return x.size(std::uint64_t{20'000}, std::uint64_t{200});
}

task<json> returns(agent_context&, value input) {
  co_return input.get();
}

double product(const scale& x) {
  const auto counter = std::make_shared<run_counter>();
  auto c = config{};
  c.data_dir = x.dir;
  c.events = counter;
  auto rt = runtime{std::move(c)};
  add_five_steps(rt, effect::idempotent);
  rt.add(agent{"returns", "1", returns});
  rt.start();
  const auto token = token_file{data_dir{x.dir}.tokens()}.create(
    "bench", role::operator_role, system_clock().now(), {});
  if (!x.quick)
    grow_log(rt, *counter, x.dir);
  auto server = http_server{};
  mount_operator_api(server.http(), rt);
  return accepted(server.listen(), "/v1/runs", token, requests(x));
}

/// Commits what many append, all that has gathered at once.
class group_commits {
public:
  explicit group_commits(const scale& x) : to_(x.dir) {
    // nop
  }

  /// Returns once a record of the run `n` is durable.
  void append(std::uint64_t n, const std::string& body) {
    auto one = batch{};
    one.records.push_back({.run = n, .body = body});
    auto lock = std::unique_lock{mutex_};
    const auto mine = taken_ + waiting_.size();
    waiting_.push_back(std::move(one));
    while (durable_ <= mine) {
      if (busy_)
        changed_.wait(lock);
      else
        commit(lock);
    }
  }

private:
  void commit(std::unique_lock<std::mutex>& lock) {
    busy_ = true;
    const auto group = std::exchange(waiting_, {});
    taken_ += group.size();
    lock.unlock();
    auto parts = std::vector<const batch*>{};
    for (const auto& each : group)
      parts.push_back(&each);
    to_.commit(parts);
    lock.lock();
    durable_ += group.size();
    busy_ = false;
    changed_.notify_all();
  }

  bare::journal to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<batch> waiting_; // guarded by mutex_, as all below
  std::uint64_t taken_ = 0;
  std::uint64_t durable_ = 0;
  bool busy_ = false;
};

double floor(const scale& x) {
  auto journal = group_commits{x};
  auto last = std::atomic<std::uint64_t>{0};
  const auto warm = x.size(5'000, 0);
  for (auto i = 0; i < warm; ++i)
    journal.append(++last, std::string(200, 'x'));
  auto server = http_server{};
  server.http().Post("/append",
                     [&](const httplib::Request& from, httplib::Response& to) {
                       journal.append(++last, from.body);
                       to.status = 202;
                       to.set_content("{}", "application/json");
                     });
  return accepted(server.listen(), "/append", "none", requests(x));
}

} // namespace

row accepted_runs() {
  return {.name = "accept",
          .title = "POST /v1/runs to durable acceptance, 16 clients",
          .unit = "1/s",
          .product = product,
          .floor = floor,
          .target = ">= 0.5 x floor",
          .met = [](const figures& f) { return f.ratio() >= 0.5; }};
}

} // namespace stanchion::bench

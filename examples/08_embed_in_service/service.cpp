#include "service.hpp"

#include "orders.hpp"

#include <stanchion/httplib.hpp>
#include <stanchion/runtime/api/problem.hpp>
#include <stanchion/stanchion.hpp>

#include <httplib.h>

#include <stdexcept>
#include <string>
#include <thread>

namespace shop {

using namespace stanchion;

namespace {

using httplib::Request;
using httplib::Response;

void reply(Response& to, int status, const json& body) {
  to.status = status;
  to.set_content(body.dump(), "application/json");
}

/// What a customer may order. Throws `error`.
value order_of(const Request& from) {
  const auto parsed = parse_json(from.body).get();
  const auto body = parsed.is_object() ? parsed : json::object();
  const auto item = body.value("item", json{});
  const auto cents = body.value("cents", json{});
  if (!item.is_string() || !cents.is_number_integer() || cents <= 0)
    throw error{error_code::usage,
                R"(an order is {"item": "a lamp", "cents": 1999})"};
  return args("item", item, "cents", cents);
}

/// How far an order is, for the customer.
json progress_of(runtime& rt, const run_row& row) {
  auto to = json{{"order", to_string(row.id)}, {"state", "in progress"}};
  if (row.state == run_state::parked)
    to["state"] = "being looked at";
  if (row.state == run_state::completed) {
    to["state"] = "paid";
    to["result"] = rt.result(row.id).get().get();
  } else if (is_terminal(row.state)) {
    to["state"] = "refused";
  }
  return to;
}

} // namespace

struct service::impl {
  explicit impl(const service_options& options)
    : rt(config{.data_dir = options.dir}) {
    std::filesystem::create_directories(options.dir);
    add_orders(rt, std::make_shared<provider>(options.dir / "provider.txt",
                                              options.provider_takes));
    rt.start(); // orders that were not done go on from here
    limit();
    add_routes();
    auto agents = mount_options{};
    agents.prefix = "/agents";
    mount_operator_api(http, rt, agents);
    listen(options.port);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  /// The runtime first: it ends what streams to operators.
  ~impl() {
    rt.stop();
    http.stop();
    listening.join();
  }

  void limit() {
    constexpr auto body = std::size_t{1} << 20U;
    constexpr auto workers = std::size_t{24}; // more than streams
    http.set_payload_max_length(body);
    http.new_task_queue = [] { return new httplib::ThreadPool(workers); };
  }

  void add_routes() {
    http.Post("/orders", [this](const Request& from, Response& to) {
      answer(to, [&] { take(from, to); });
    });
    http.Get(R"(/orders/([0-9a-f-]+))",
             [this](const Request& from, Response& to) {
               answer(to, [&] { show(from.matches[1], to); });
             });
  }

  /// What goes wrong is the customer's to know as far as it is theirs.
  template <class Handler>
  static void answer(Response& to, const Handler& handle) try {
    handle();
  } catch (const error& e) {
    reply(to, http_status_of(e.code()), {{"error", detail_of(e)}});
  }

  /// The customer's key is the run's: however often an order is sent, and
  /// whichever process hears it, it is one run.
  void take(const Request& from, Response& to) {
    const auto key = from.get_header_value("Idempotency-Key");
    if (key.empty())
      throw error{error_code::usage,
                  "send an Idempotency-Key, so that an order that is sent "
                  "twice is one order"};
    const auto row = rt.submit({.agent = "order",
                                .input = order_of(from),
                                .key = key,
                                .submitter = "the shop"});
    reply(to, 202, {{"order", to_string(row.id)}});
  }

  void show(const std::string& order, Response& to) {
    const auto id = parse_uuid(order);
    const auto row = id ? rt.journal().find_run(*id) : std::nullopt;
    if (!row)
      throw error{error_code::unknown_run, "there is no such order"};
    reply(to, 200, progress_of(rt, *row));
  }

  void listen(int wanted) {
    constexpr auto* host = "127.0.0.1";
    port = wanted == 0 ? http.bind_to_any_port(host) : wanted;
    if (port < 0 || (wanted != 0 && !http.bind_to_port(host, wanted)))
      throw std::runtime_error{"cannot listen at port "
                               + std::to_string(wanted)};
    listening = std::thread{[this] { http.listen_after_bind(); }};
    while (!http.is_running())
      std::this_thread::yield();
  }

  runtime rt;
  httplib::Server http;
  int port = 0;
  std::thread listening;
};

service::service(const service_options& options)
  : impl_(std::make_unique<impl>(options)) {
  // nop
}

service::~service() = default;

int service::port() const {
  return impl_->port;
}

} // namespace shop

#pragma once

#include "provider.hpp"

#include <filesystem>
#include <memory>

namespace shop {

struct service_options {
  std::filesystem::path dir = "orders-data";
  /// Of 127.0.0.1; 0 takes any that is free.
  int port = 8080;
  /// How long the payment provider takes to answer.
  stanchion::duration provider_takes{};
};

/// A shop that takes orders over HTTP:
///
///   POST /orders       {item, cents}, with an Idempotency-Key → 202 {order}
///   GET  /orders/{id}  → {order, state, …}
///   /agents/…          the operator API of the runtime that does the work
///
/// Errors:  the constructor throws `std::runtime_error` when it cannot listen;
///          those of `runtime::start`.
/// Threads: its own. One makes and destroys it.
class service {
public:
  explicit service(const service_options& options);
  service(const service&) = delete;
  service& operator=(const service&) = delete;
  /// Answers what it has begun to answer, and ends in order: what is not done
  /// goes on when the next one is made.
  ~service();

  [[nodiscard]] int port() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace shop

#pragma once

#include <stanchion/runtime/api/gate.hpp>
#include <stanchion/runtime/api/http.hpp>
#include <stanchion/runtime/api/operations.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace stanchion {

/// How the operator API answers the network.
struct service_options {
  gate_options gate;
  /// Streams that may be open at a time. Default 16; more get 503.
  std::uint32_t streams = 16;
  /// Whether clients came over TLS, and are to come so ever after.
  bool tls = false;
  /// What to add to the metrics, in the text format of Prometheus; may be null.
  std::function<std::string()> metrics;
};

/// The operator API for clients of the network, whatever server carries it:
/// looks who asks, answers by the routes, and sees to what every answer needs:
/// security headers, `X-Request-Id`, `request_id` in problems.
///
/// Threads: any.
class api_service {
public:
  /// `tokens` is the file that says who may; see `token_file`.
  api_service(std::shared_ptr<operations> work, std::filesystem::path tokens,
              service_options options);

  /// A refusal for which the body need not be read.
  [[nodiscard]] std::optional<http_response> refuse(const http_request& head);

  /// The answer to a request whose head was not refused.
  [[nodiscard]] http_response answer(const http_request& x);

  /// The same while there is no room for work: only what takes none is
  /// answered, such as `/livez`; the rest is told to come back.
  [[nodiscard]] http_response answer_busy(const http_request& x);

  /// An answer of the server's own, such as to what is no request.
  [[nodiscard]] http_response fault(int status, const std::string& why,
                                    const http_request* x = nullptr);

  [[nodiscard]] const service_options& options() const {
    return options_;
  }

private:
  [[nodiscard]] http_response dispatch(const http_request& x);
  [[nodiscard]] http_response finished(http_response x,
                                       const http_request* request);
  void limit_streams(http_response& x);
  [[nodiscard]] std::string metrics() const;

  std::shared_ptr<operations> work_;
  service_options options_;
  api_gate gate_;
  std::shared_ptr<std::atomic<std::uint32_t>> open_streams_;
  /// Answers by the first digit of their status.
  std::array<std::atomic<std::uint64_t>, 6> answers_{};
};

} // namespace stanchion

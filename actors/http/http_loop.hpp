#pragma once

#include <stanchion/actors/http/transfer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace stanchion {

/// Who is told of a transfer. Called on the loop's thread; must be short and
/// must not throw, but may start and cancel transfers. `on_done` is the last
/// call, and comes exactly once.
struct transfer_listener {
  /// The head of the final answer. Null: nobody.
  std::function<void(int status, const http_headers&)> on_head = {};
  /// Bytes of the body, of a 2xx answer only; of others they are gathered.
  /// Null: all are gathered.
  std::function<void(std::string_view)> on_data = {};
  std::function<void(transfer_result)> on_done;
};

/// Speaks HTTP with many servers at once, on one thread of its own: libcurl's
/// multi interface. Connections are kept and used again, as many to one server
/// as there is need for; HTTP/2 where a server offers it over TLS; certificates
/// are always verified; bodies come decompressed.
///
/// A request is sent once at most: that a connection that was kept turns out to
/// be closed ends its transfer as `broken`, for the server may have read it.
///
/// Threads: any. Blocks all signals on its own.
/// Owns:    its thread, from the first transfer on. Its end cancels what is
///          under way and waits for the thread; not to be destroyed there.
class http_loop {
public:
  http_loop();
  http_loop(const http_loop&) = delete;
  http_loop& operator=(const http_loop&) = delete;
  ~http_loop();

  using transfer_id = std::uint64_t;

  /// Begins; returns at once. What is wrong with `what` is told by `on_done`,
  /// too.
  transfer_id start(transfer_request what, transfer_listener who);
  /// Breaks it off: `on_done` gets `cancelled`, unless it is over. Until then
  /// other calls may come.
  void cancel(transfer_id which);

  /// Transfers under way.
  [[nodiscard]] std::size_t open() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace stanchion

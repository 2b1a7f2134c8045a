#pragma once

#include <stanchion/actors/http/sse.hpp>
#include <stanchion/actors/http/transfer.hpp>
#include <stanchion/actors/model/chat.hpp>
#include <stanchion/actors/model/price.hpp>
#include <stanchion/actors/model/provider.hpp>
#include <stanchion/core/budget.hpp>
#include <stanchion/core/time.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// How one question to a model ended.
struct chat_end {
  chat_result result;
  std::optional<spending> spent; ///< nothing where the server does not say
  /// See `tool_answer::closed_until`.
  std::optional<instant> closed_until;
};

/// One question to a model over HTTP, answered at once or bit by bit.
///
/// Threads: not synchronised; used by one thread after the other.
class chat_exchange {
public:
  /// `safe_to_repeat`: whether an answer that broke off after it had begun may
  /// be asked for again.
  chat_exchange(const chat_format& format, model_endpoint where,
                chat_request asked, model_price price, bool safe_to_repeat);

  [[nodiscard]] const chat_request& asked() const {
    return asked_;
  }

  void on_head(int status, const http_headers& headers, instant now);
  /// What these bytes of a streamed answer add.
  [[nodiscard]] std::vector<chat_delta> on_data(std::string_view bytes);
  /// The end of it. Called once, last.
  [[nodiscard]] chat_end finish(transfer_result x, instant now);

private:
  [[nodiscard]] chat_result read(const transfer_result& x, instant now);
  [[nodiscard]] std::optional<chat_usage> usage(const transfer_result& x) const;
  [[nodiscard]] failure repeatable(failure why) const;

  const chat_format& format_;
  model_endpoint where_;
  chat_request asked_;
  model_price price_;
  bool safe_to_repeat_;
  http_headers head_;
  std::string body_; // of a whole answer
  sse_reader events_;
  std::unique_ptr<chat_stream> stream_; // null until it streams
};

} // namespace stanchion

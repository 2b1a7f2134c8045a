#include <stanchion/actors/model/chat_exchange.hpp>
#include <stanchion/actors/model/model_failure.hpp>

#include <nlohmann/json.hpp>

#include <iterator>
#include <utility>

namespace stanchion {

namespace {

bool is_event_stream(const http_headers& head) {
  const auto type = find_header(head, "content-type");
  return type && type->starts_with("text/event-stream");
}

/// Whether another try might go well.
bool passes(failure_kind x) {
  return x == failure_kind::network || x == failure_kind::timeout
         || x == failure_kind::overloaded || x == failure_kind::http_5xx
         || x == failure_kind::rate_limited;
}

} // namespace

chat_exchange::chat_exchange(const chat_format& format, model_endpoint where,
                             chat_request asked, model_price price,
                             bool safe_to_repeat)
  : format_(format), where_(std::move(where)), asked_(std::move(asked)),
    price_(price), safe_to_repeat_(safe_to_repeat) {
  // nop
}

void chat_exchange::on_head(int status, const http_headers& headers,
                            instant now) {
  head_ = headers;
  if (status >= 200 && status < 300 && is_event_stream(headers))
    stream_ = format_.stream(where_, asked_, headers, now);
}

std::vector<chat_delta> chat_exchange::on_data(std::string_view bytes) {
  auto all = std::vector<chat_delta>{};
  if (stream_ == nullptr) { // it does not stream
    body_ += bytes;
    return all;
  }
  for (const auto& x : events_.read(bytes)) {
    auto some = stream_->add(x);
    all.insert(all.end(), std::make_move_iterator(some.begin()),
               std::make_move_iterator(some.end()));
  }
  return all;
}

chat_end chat_exchange::finish(transfer_result x, instant now) {
  if (auto* whole = std::get_if<transfer_response>(&x))
    whole->body += body_;
  auto end = chat_end{read(x, now), {}, rate_reset(head_, now)};
  if (const auto used = usage(x))
    end.spent = cost_of(*used, price_);
  return end;
}

chat_result chat_exchange::read(const transfer_result& x, instant now) {
  const auto begun = stream_ != nullptr && stream_->begun();
  auto result = [&]() -> chat_result {
    // What was whole before the connection broke is whole.
    if (stream_ != nullptr && stream_->over())
      return stream_->finish();
    if (const auto* error = std::get_if<transfer_error>(&x))
      return model_failure(*error, where_, begun, now);
    if (stream_ != nullptr)
      return stream_->finish();
    return format_.read(where_, asked_, std::get<transfer_response>(x), now);
  }();
  if (auto* why = std::get_if<failure>(&result); why != nullptr && begun)
    *why = repeatable(std::move(*why));
  return result;
}

std::optional<chat_usage> chat_exchange::usage(const transfer_result& x) const {
  if (stream_ != nullptr)
    return stream_->usage();
  const auto* whole = std::get_if<transfer_response>(&x);
  return whole != nullptr ? format_.usage(*whole) : std::nullopt;
}

/// Whoever heard the beginning of an answer does not hear another one, unless
/// that was allowed.
failure chat_exchange::repeatable(failure why) const {
  const auto broke_off
    = why.kind == failure_kind::truncated && why.code == "interrupted";
  if (safe_to_repeat_ && broke_off)
    why.kind = failure_kind::network;
  if (safe_to_repeat_ || broke_off || !passes(why.kind))
    return why;
  auto ended = interrupted(true);
  ended.message += ": " + why.message;
  ended.status = why.status;
  return ended;
}

} // namespace stanchion

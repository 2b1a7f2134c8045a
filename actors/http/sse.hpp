#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// One event of a stream.
struct sse_event {
  std::string type = "message";
  std::string data;
  /// The last one that the stream has given, also before this event.
  std::string id;
};

/// Reads `text/event-stream` as it comes, in pieces cut anywhere. Bytes are
/// passed on as they are, also those that are no UTF-8. Source: the WHATWG HTML
/// standard, section 9.2.6.
///
/// Threads: not synchronised.
class sse_reader {
public:
  /// `most` bounds the bytes of one event, and of a line. Default 16 MiB.
  explicit sse_reader(std::size_t most = std::size_t{16} << 20);

  /// The events that are whole now.
  /// Errors: `error{input_too_large}` for an event longer than `most` bytes:
  /// the stream must be given up.
  [[nodiscard]] std::vector<sse_event> read(std::string_view bytes);

  /// What `retry:` said last, in milliseconds.
  [[nodiscard]] std::optional<std::uint64_t> retry_ms() const;
  /// The last id that it has given; empty for none.
  [[nodiscard]] const std::string& last_id() const;

private:
  void add(std::string_view bytes);
  void end_line(std::vector<sse_event>& to);
  void take_field(std::string_view name, std::string_view content);
  void dispatch(std::vector<sse_event>& to);
  void check_size(std::size_t more) const;

  std::size_t most_;
  std::string line_; // what has come of it
  std::string type_;
  std::string data_; // each line of it with its end
  std::string id_;   // of the event that is being read
  std::string last_id_;
  std::optional<std::uint64_t> retry_ms_;
  bool first_line_ = true;
  bool after_cr_ = false; // a line feed would belong to the line before
};

} // namespace stanchion

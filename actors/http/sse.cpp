#include <stanchion/actors/http/sse.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stanchion {

namespace {

constexpr auto byte_order_mark = std::string_view{"\xEF\xBB\xBF"};

std::optional<std::uint64_t> number(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  auto x = std::uint64_t{0};
  const auto* end = text.data() + text.size();
  if (text.empty() || !std::all_of(text.begin(), text.end(), digit)
      || std::from_chars(text.data(), end, x).ec != std::errc{})
    return std::nullopt;
  return x;
}

} // namespace

sse_reader::sse_reader(std::size_t most) : most_(most) {
  // nop
}

std::vector<sse_event> sse_reader::read(std::string_view bytes) {
  auto whole = std::vector<sse_event>{};
  while (!bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const auto end = bytes.find_first_of("\r\n");
    add(bytes.substr(0, end));
    if (end == std::string_view::npos)
      break;
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    end_line(whole);
  }
  return whole;
}

std::optional<std::uint64_t> sse_reader::retry_ms() const {
  return retry_ms_;
}

const std::string& sse_reader::last_id() const {
  return last_id_;
}

void sse_reader::add(std::string_view bytes) {
  check_size(bytes.size());
  line_.append(bytes);
}

void sse_reader::end_line(std::vector<sse_event>& to) {
  const auto whole = std::exchange(line_, {});
  auto line = std::string_view{whole};
  if (std::exchange(first_line_, false) && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  if (line.empty())
    return dispatch(to);
  const auto colon = line.find(':');
  auto content = colon == std::string_view::npos ? std::string_view{}
                                                 : line.substr(colon + 1);
  if (content.starts_with(' '))
    content.remove_prefix(1);
  take_field(line.substr(0, colon), content);
}

// A comment is a field without a name.
void sse_reader::take_field(std::string_view name, std::string_view content) {
  if (name == "data") {
    check_size(content.size() + 1);
    data_.append(content).push_back('\n');
  } else if (name == "event") {
    type_ = content;
  } else if (name == "id") {
    if (content.find('\0') == std::string_view::npos)
      id_ = content;
  } else if (name == "retry") {
    if (const auto x = number(content))
      retry_ms_ = x;
  }
}

void sse_reader::dispatch(std::vector<sse_event>& to) {
  last_id_ = id_;
  auto type = std::exchange(type_, {});
  auto data = std::exchange(data_, {});
  if (data.empty())
    return;
  data.pop_back();
  to.push_back({.type = type.empty() ? "message" : std::move(type),
                .data = std::move(data),
                .id = last_id_});
}

void sse_reader::check_size(std::size_t more) const {
  if (line_.size() + type_.size() + data_.size() + more > most_)
    throw error{error_code::input_too_large,
                "an event of the stream has more than " + std::to_string(most_)
                  + " bytes; read it with a larger limit, or ask for less"};
}

} // namespace stanchion

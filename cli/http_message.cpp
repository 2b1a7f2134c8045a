#include <stanchion/cli/http_message.hpp>
#include <stanchion/core/error.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace stanchion {

namespace {

constexpr auto line_limit = std::size_t{8'192};
constexpr auto most_headers = std::size_t{64};

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::usage, "this is no request for this socket: " + why};
}

std::string lower(std::string_view text) {
  auto to = std::string{text};
  std::transform(to.begin(), to.end(), to.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  return to;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  auto parts = std::vector<std::string_view>{};
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view reason(int status) {
  return status < 300 ? "OK" : status < 500 ? "Refused" : "Failed";
}

std::size_t body_size(const http_request& x) {
  if (x.headers.contains("transfer-encoding"))
    refuse("its length must be announced with Content-Length");
  const auto found = x.headers.find("content-length");
  if (found == x.headers.end())
    return 0;
  const auto& text = found->second;
  auto size = std::size_t{0};
  const auto [end, problem]
    = std::from_chars(text.data(), text.data() + text.size(), size);
  if (problem != std::errc{} || end != text.data() + text.size())
    refuse("its Content-Length is no number");
  if (size > request_limit)
    throw error{error_code::input_too_large,
                "the request has " + text + " bytes; at most "
                  + std::to_string(request_limit) + " are taken"};
  return size;
}

void read_headers(stream_socket& from, http_request& to) {
  for (;;) {
    const auto line = from.read_line(line_limit);
    if (!line)
      refuse("it ends within its headers");
    if (line->empty())
      return;
    const auto colon = line->find(':');
    if (colon == std::string::npos || to.headers.size() >= most_headers)
      refuse("its headers are malformed, or too many");
    to.headers[lower(line->substr(0, colon))]
      = trimmed(std::string_view{*line}.substr(colon + 1));
  }
}

http_request read_from(stream_socket& from, const std::string& first) {
  const auto words = split(first, ' ');
  if (words.size() != 3 || !words[2].starts_with("HTTP/1."))
    refuse("it does not start with METHOD TARGET HTTP/1.1");
  auto target = parse_target(words[1]);
  if (!target)
    refuse("its target is malformed");
  auto to = http_request{.method = std::string{words[0]},
                         .path = std::move(target->path),
                         .query = std::move(target->query)};
  read_headers(from, to);
  const auto size = body_size(to);
  to.body = from.read(size);
  if (to.body.size() != size)
    refuse("it ends within its body");
  return to;
}

} // namespace

std::optional<http_request> read_request(stream_socket& from) try {
  const auto first = from.read_line(line_limit);
  if (!first)
    return std::nullopt;
  return read_from(from, *first);
} catch (const std::length_error&) {
  refuse("it has a line that is too long");
}

void write_response(const stream_socket& to, const http_response& x) {
  auto head = "HTTP/1.1 " + std::to_string(x.status) + " "
              + std::string{reason(x.status)} + "\r\nContent-Type: " + x.type
              + "\r\nConnection: close\r\n";
  if (!x.stream)
    head += "Content-Length: " + std::to_string(x.body.size()) + "\r\n";
  to.write(head + "\r\n" + x.body);
  if (x.stream)
    x.stream({.write = [&to](std::string_view bytes) { to.write(bytes); },
              .alive = [&to] { return !to.hung_up(); }});
}

std::string percent_encoded(std::string_view text) {
  constexpr auto digits = std::string_view{"0123456789ABCDEF"};
  auto to = std::string{};
  for (const auto c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      to += c;
      continue;
    }
    to += '%';
    to += digits[byte >> 4U];
    to += digits[byte & 15U];
  }
  return to;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  auto to = std::string{};
  while (!text.empty()) {
    if (text.front() != '%') {
      to += text.front();
      text.remove_prefix(1);
      continue;
    }
    auto byte = 0U;
    if (text.size() < 3
        || std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr
             != text.data() + 3)
      return std::nullopt;
    to += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return to;
}

std::optional<http_target> parse_target(std::string_view text) {
  if (!text.starts_with('/'))
    return std::nullopt;
  auto target = http_target{};
  const auto mark = text.find('?');
  for (const auto part : split(text.substr(1, mark - 1), '/')) {
    auto plain = percent_decoded(part);
    if (!plain)
      return std::nullopt;
    target.path.push_back(std::move(*plain));
  }
  if (mark == std::string_view::npos)
    return target;
  for (const auto pair : split(text.substr(mark + 1), '&')) {
    const auto equals = pair.find('=');
    auto key = percent_decoded(pair.substr(0, equals));
    auto x = percent_decoded(
      equals == std::string_view::npos ? "" : pair.substr(equals + 1));
    if (!key || !x)
      return std::nullopt;
    target.query.insert_or_assign(std::move(*key), std::move(*x));
  }
  return target;
}

} // namespace stanchion

#include <stanchion/cli/http_message.hpp>
#include <stanchion/core/error.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace stanchion {

namespace {

constexpr auto line_limit = std::size_t{8'192};
constexpr auto most_headers = std::size_t{64};

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::usage, "this is no request for this socket: " + why};
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
    auto name = lower_case(line->substr(0, colon));
    if (to.headers.contains(name))
      to.repeated.insert(name);
    to.headers[std::move(name)]
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
  for (const auto& [name, content] : x.headers)
    head.append(name).append(": ").append(content).append("\r\n");
  if (!x.stream)
    head += "Content-Length: " + std::to_string(x.body.size()) + "\r\n";
  to.write(head + "\r\n" + x.body);
  if (x.stream)
    x.stream({.write = [&to](std::string_view bytes) { to.write(bytes); },
              .alive = [&to] { return !to.hung_up(); }});
}

} // namespace stanchion

#include <stanchion/actors/http/detail/answer_head.hpp>

#include <algorithm>
#include <charconv>

namespace stanchion {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr auto blanks = " \t\r\n";
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Of "HTTP/1.1 200 OK"; zero for what is none.
int status_of(std::string_view line) {
  auto status = 0;
  line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  std::from_chars(line.data(), line.data() + line.size(), status);
  return status;
}

} // namespace

answer_head::state answer_head::add(std::string_view line) {
  if (complete_)
    return state::reading;
  bytes_ += line.size();
  if (bytes_ > most)
    return state::too_long;
  constexpr auto first_interim = 100;
  constexpr auto first_final = 200;
  if (line.starts_with("HTTP/")) {
    status_ = status_of(line);
    headers_.clear();
  } else if (!trimmed(line).empty()) {
    add_header(line);
  } else {
    complete_ = status_ < first_interim || status_ >= first_final;
  }
  return complete_ ? state::complete : state::reading;
}

void answer_head::add_header(std::string_view line) {
  const auto folded = line.front() == ' ' || line.front() == '\t';
  if (folded && !headers_.empty()) {
    headers_.back().second.append(" ").append(trimmed(line));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos)
    return;
  auto name = std::string{trimmed(line.substr(0, colon))};
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  headers_.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
}

} // namespace stanchion

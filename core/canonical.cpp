#include <stanchion/core/canonical.hpp>
#include <stanchion/core/detail/json_order.hpp>
#include <stanchion/core/detail/json_text.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

/// Where and why a document has no canonical bytes.
struct fault {
  std::string pointer;
  std::string why;
};

constexpr const char* not_utf8 = "a string that is not UTF-8";

/// True when the first eight bytes are ASCII that stands for itself in a
/// string. Precondition: `text` has as many.
bool all_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101ULL;
  constexpr std::uint64_t highs = 0x8080808080808080ULL;
  std::uint64_t x = 0;
  std::memcpy(&x, text.data(), sizeof x);
  const auto zero_in = [](std::uint64_t y) { return (y - ones) & ~y; };
  const auto controls = (x - ones * 0x20U) & ~x;
  const auto quotes = zero_in(x ^ (ones * '"'));
  const auto slashes = zero_in(x ^ (ones * '\\'));
  return ((x | controls | quotes | slashes) & highs) == 0;
}

constexpr bool is_plain(std::uint8_t c) {
  return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

void append_escape(std::string& to, std::uint8_t c) {
  constexpr std::string_view hex = "0123456789abcdef";
  switch (c) {
  case '"':
    to += "\\\"";
    return;
  case '\\':
    to += "\\\\";
    return;
  case '\b':
    to += "\\b";
    return;
  case '\f':
    to += "\\f";
    return;
  case '\n':
    to += "\\n";
    return;
  case '\r':
    to += "\\r";
    return;
  case '\t':
    to += "\\t";
    return;
  default:
    to += "\\u00";
    to += hex[c >> 4U];
    to += hex[c & 15U];
  }
}

/// The number of bytes at the front of `text` that need no escape, or nothing
/// when they end at a byte that is no UTF-8.
std::optional<std::size_t> plain_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8 && all_plain(text.substr(at))) {
      at += 8;
      continue;
    }
    const auto c = static_cast<std::uint8_t>(text[at]);
    if (is_plain(c)) {
      ++at;
      continue;
    }
    if (c < 0x80)
      break;
    const auto length = detail::utf8_length(text.substr(at));
    if (length == 0)
      return std::nullopt;
    at += length;
  }
  return at;
}

bool append_string(std::string& to, std::string_view text) {
  to += '"';
  while (!text.empty()) {
    const auto plain = plain_prefix(text);
    if (!plain)
      return false;
    to.append(text.data(), *plain);
    text.remove_prefix(*plain);
    if (text.empty())
      break;
    append_escape(to, static_cast<std::uint8_t>(text[0]));
    text.remove_prefix(1);
  }
  to += '"';
  return true;
}

template <class... Number>
void append_number(std::string& to, Number... x) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.begin(), text.end(), x...).ptr;
  to.append(text.data(), end);
}

void append_double(std::string& to, double x) {
  if (detail::is_exact_integer(x))
    append_number(to, static_cast<std::int64_t>(x));
  else if (std::abs(x) >= detail::exact_limit)
    // An exponent, so that it does not read as an exact integer.
    append_number(to, x, std::chars_format::scientific);
  else
    append_number(to, x);
}

class writer {
public:
  writer(std::string& to, std::size_t depth) : to_(to), depth_(depth) {
    // nop
  }

  /// Appends `x`, which `depth` arrays and objects enclose. False, with
  /// `found` filled, when it has no canonical form.
  bool append(const json& x, std::size_t depth) {
    switch (x.type()) {
    case json::value_t::null:
      to_ += "null";
      return true;
    case json::value_t::boolean:
      to_ += *x.get_ptr<const bool*>() ? "true" : "false";
      return true;
    case json::value_t::number_integer:
      append_number(to_, *x.get_ptr<const json::number_integer_t*>());
      return true;
    case json::value_t::number_unsigned:
      append_number(to_, *x.get_ptr<const json::number_unsigned_t*>());
      return true;
    case json::value_t::number_float:
      return append_finite(*x.get_ptr<const double*>());
    case json::value_t::string:
      return append_string(to_, *x.get_ptr<const std::string*>())
             || refuse(not_utf8);
    case json::value_t::array:
      return append_array(*x.get_ptr<const json::array_t*>(), depth + 1);
    case json::value_t::object:
      return append_object(*x.get_ptr<const json::object_t*>(), depth + 1);
    case json::value_t::binary:
    case json::value_t::discarded:
      break;
    }
    return refuse("a value that JSON cannot express");
  }

  fault found;

private:
  bool refuse(std::string why) {
    found.why = std::move(why);
    return false;
  }

  bool append_finite(double x) {
    if (!std::isfinite(x))
      return refuse("a number that is not finite");
    append_double(to_, x);
    return true;
  }

  bool append_array(const json::array_t& xs, std::size_t depth) {
    if (depth > depth_)
      return refuse("nesting deeper than " + std::to_string(depth_)
                    + " levels");
    char before = '[';
    for (const auto& x : xs) {
      to_ += before;
      before = ',';
      if (!append(x, depth)) {
        const auto index = static_cast<std::size_t>(&x - xs.data());
        return locate(std::to_string(index));
      }
    }
    to_ += xs.empty() ? "[]" : "]";
    return true;
  }

  /// Members come sorted: the map compares keys as unsigned bytes.
  bool append_object(const json::object_t& members, std::size_t depth) {
    if (depth > depth_)
      return refuse("nesting deeper than " + std::to_string(depth_)
                    + " levels");
    char before = '{';
    for (const auto& [key, x] : members) {
      to_ += before;
      before = ',';
      if (!append_string(to_, key))
        return refuse("a key that is not UTF-8");
      to_ += ':';
      if (!append(x, depth))
        return locate(key);
    }
    to_ += members.empty() ? "{}" : "}";
    return true;
  }

  bool locate(std::string_view step) {
    found.pointer.insert(0, detail::pointer_step(step));
    return false;
  }

  std::string& to_;
  std::size_t depth_;
};

[[noreturn]] void refuse(const fault& found) {
  const auto place
    = found.pointer.empty() ? "the document" : detail::clip(found.pointer, 200);
  throw error{error_code::invalid_json, "no canonical JSON: " + place
                                          + " holds " + found.why
                                          + "; correct it where it is made"};
}

} // namespace

void append_canonical(std::string& to, const json& doc,
                      const json_limits& limits) {
  const auto size = to.size();
  writer w{to, limits.depth};
  if (w.append(doc, 0))
    return;
  to.resize(size);
  refuse(w.found);
}

void append_canonical(std::string& to, std::string_view text) {
  const auto size = to.size();
  if (append_string(to, text))
    return;
  to.resize(size);
  refuse({{}, not_utf8});
}

std::string canonical(const json& doc, const json_limits& limits) {
  std::string result;
  result.reserve(128);
  append_canonical(result, doc, limits);
  return result;
}

std::string canonical(const value& doc, const json_limits& limits) {
  return canonical(doc.get(), limits);
}

} // namespace stanchion

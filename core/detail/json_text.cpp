#include <stanchion/core/detail/json_text.hpp>

namespace stanchion::detail {

std::string pointer_step(std::string_view name) {
  std::string result{"/"};
  result.reserve(name.size() + 1);
  for (const char c : name) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

std::string syntax_complaint(std::string_view what) {
  if (const auto start = what.find("syntax error");
      start != std::string_view::npos)
    what.remove_prefix(start);
  return std::string{what.substr(0, what.find("; last read:"))};
}

} // namespace stanchion::detail

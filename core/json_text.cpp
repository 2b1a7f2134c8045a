#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/json_text.hpp>

#include <nlohmann/json.hpp>

namespace stanchion {

using nlohmann::json;

std::string json_text(const json& doc) {
  return doc.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string text_in(const json& doc, const char* member) {
  const auto found = doc.find(member);
  return found != doc.end() && found->is_string() ? found->get<std::string>()
                                                  : std::string{};
}

void put_text(json& to, const char* member, std::string_view text) {
  if (!text.empty())
    to[member] = detail::to_valid_utf8(text);
}

} // namespace stanchion

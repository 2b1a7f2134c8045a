#include <stanchion/core/detail/json_text.hpp>
#include <stanchion/core/detail/refusal.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/failure.hpp>

#include <nlohmann/json.hpp>

namespace stanchion::detail {

namespace {

std::string_view type_name(const json& x) {
  switch (x.type()) {
  case json::value_t::null:
    return "null";
  case json::value_t::boolean:
    return "a boolean";
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
    return "an integer";
  case json::value_t::number_float:
    return "a number";
  case json::value_t::string:
    return "a string";
  case json::value_t::array:
    return "an array";
  case json::value_t::object:
    return "an object";
  case json::value_t::binary:
  case json::value_t::discarded:
    break;
  }
  return "no JSON";
}

std::string place(const std::string& pointer) {
  return pointer.empty() ? "the document" : clip(pointer, 200);
}

/// The first few member names, for a person to compare with.
std::string names_of(const json::object_t& members) {
  constexpr std::size_t shown = 8;
  std::string text;
  std::size_t count = 0;
  for (const auto& [key, x] : members) {
    if (count++ == shown)
      return text + ", …";
    text += (text.empty() ? "" : ", ") + clip(key, 40);
  }
  return text;
}

/// How an operand is named: by its place if it has one, and its type.
std::string operand(const value& x) {
  const std::string type{type_name(x.get())};
  return x.pointer().empty() ? type
                             : clip(x.pointer(), 200) + ", " + type + ",";
}

} // namespace

void refuse(std::string_view message) {
  throw step_error{failure{.kind = failure_kind::invalid_input,
                           .effect = side_effect::none,
                           .message = to_valid_utf8(message)}};
}

void refuse_type(const value& x, std::string_view wanted) {
  refuse(place(x.pointer()) + " is " + std::string{type_name(x.get())}
         + ", not " + std::string{wanted});
}

void refuse_content(const value& x, std::string_view complaint) {
  refuse(place(x.pointer()) + " is " + std::string{complaint});
}

void refuse_member(const value& x, std::string_view key) {
  const auto wanted = place(x.pointer() + pointer_step(key)) + " is missing: ";
  const auto* members = x.get().get_ptr<const json::object_t*>();
  const auto have = members == nullptr ? std::string{type_name(x.get())}
                    : members->empty() ? std::string{"an empty object"}
                                       : "an object with " + names_of(*members);
  refuse(wanted + place(x.pointer()) + " is " + have);
}

void refuse_element(const value& x, std::string_view index) {
  const auto* elements = x.get().get_ptr<const json::array_t*>();
  const auto have = elements == nullptr
                      ? std::string{type_name(x.get())}
                      : "an array of " + std::to_string(elements->size());
  refuse(place(x.pointer() + pointer_step(index))
         + " is missing: " + place(x.pointer()) + " is " + have);
}

void refuse_order(const value& x, const value& y) {
  refuse("no order between " + operand(x) + " and " + operand(y)
         + ": only two numbers or two strings have one");
}

} // namespace stanchion::detail

#include <stanchion/core/detail/plain_check.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace stanchion::detail {

namespace {

using nlohmann::json;

enum type_bit : unsigned {
  null_bit = 1U,
  boolean_bit = 2U,
  integer_bit = 4U,
  fraction_bit = 8U,
  string_bit = 16U,
  array_bit = 32U,
  object_bit = 64U,
};

unsigned bits_of(std::string_view type) {
  if (type == "null")
    return null_bit;
  if (type == "boolean")
    return boolean_bit;
  if (type == "integer")
    return integer_bit;
  if (type == "number")
    return integer_bit | fraction_bit;
  if (type == "string")
    return string_bit;
  if (type == "array")
    return array_bit;
  if (type == "object")
    return object_bit;
  return 0;
}

unsigned bit_of(const json& x) {
  switch (x.type()) {
  case json::value_t::null:
    return null_bit;
  case json::value_t::boolean:
    return boolean_bit;
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
    return integer_bit;
  case json::value_t::number_float:
    return x.get<double>() == std::trunc(x.get<double>()) ? integer_bit
                                                          : fraction_bit;
  case json::value_t::string:
    return string_bit;
  case json::value_t::array:
    return array_bit;
  case json::value_t::object:
    return object_bit;
  default:
    return 0;
  }
}

bool is_annotation(std::string_view keyword) {
  constexpr auto known = std::array<std::string_view, 6>{
    "$comment", "$schema", "default", "description", "examples", "title"};
  return std::find(known.begin(), known.end(), keyword) != known.end();
}

std::uint64_t characters(std::string_view text) {
  return static_cast<std::uint64_t>(
    std::count_if(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

template <class T>
bool take_number(T& to, const json& x) {
  if (!x.is_number())
    return false;
  if constexpr (std::is_same_v<T, std::uint64_t>)
    if (!x.is_number_unsigned())
      return false;
  to = x.get<T>();
  return true;
}

} // namespace

std::optional<plain_check> plain_check::compile(const json& schema) {
  auto result = plain_check{};
  if (!schema.is_object())
    return std::nullopt;
  for (const auto& [keyword, x] : schema.items())
    if (!is_annotation(keyword) && !result.take(keyword, x))
      return std::nullopt;
  auto& members = result.members_;
  std::sort(members.begin(), members.end(),
            [](const auto& x, const auto& y) { return x.name < y.name; });
  result.required_ = static_cast<std::size_t>(std::count_if(
    members.begin(), members.end(), [](const auto& x) { return x.required; }));
  return result;
}

bool plain_check::take(const std::string& keyword, const json& x) {
  if (keyword == "type")
    return take_types(x);
  if (keyword == "properties")
    return take_properties(x);
  if (keyword == "required")
    return take_required(x);
  if (keyword == "additionalProperties") {
    closed_ = x == false;
    return x.is_boolean();
  }
  if (keyword == "minimum")
    return take_number(minimum_, x);
  if (keyword == "maximum")
    return take_number(maximum_, x);
  if (keyword == "exclusiveMinimum")
    return take_number(above_, x);
  if (keyword == "exclusiveMaximum")
    return take_number(below_, x);
  if (keyword == "minLength")
    return take_number(min_length_, x);
  return keyword == "maxLength" && take_number(max_length_, x);
}

bool plain_check::take_types(const json& x) {
  types_ = 0;
  if (x.is_string())
    types_ = bits_of(x.get_ref<const std::string&>());
  else if (x.is_array())
    for (const auto& each : x)
      if (each.is_string())
        types_ |= bits_of(each.get_ref<const std::string&>());
  return types_ != 0;
}

bool plain_check::take_properties(const json& x) {
  if (!x.is_object())
    return false;
  for (const auto& [name, schema] : x.items()) {
    auto content = compile(schema);
    if (!content)
      return false;
    auto& to = named(name);
    to.content = std::move(*content);
    to.listed = true;
  }
  return true;
}

bool plain_check::take_required(const json& x) {
  if (!x.is_array())
    return false;
  for (const auto& each : x) {
    if (!each.is_string())
      return false;
    named(each.get_ref<const std::string&>()).required = true;
  }
  return true;
}

plain_check::member& plain_check::named(const std::string& name) {
  for (auto& x : members_)
    if (x.name == name)
      return x;
  return members_.emplace_back(member{name, {}, false, false});
}

bool plain_check::vouches_for(const json& x) const {
  const auto bit = bit_of(x);
  if ((types_ & bit) == 0)
    return false;
  if ((bit & (integer_bit | fraction_bit)) != 0)
    return vouches_for_number(x.get<double>());
  if (bit == string_bit)
    return vouches_for_text(x.get_ref<const std::string&>());
  return bit != object_bit || vouches_for_object(x);
}

bool plain_check::vouches_for_number(double x) const {
  return x >= minimum_ && x <= maximum_ && x > above_ && x < below_;
}

bool plain_check::vouches_for_text(const std::string& x) const {
  if (min_length_ == 0 && max_length_ == no_bound)
    return true;
  const auto length = characters(x);
  return length >= min_length_ && length <= max_length_;
}

bool plain_check::vouches_for_object(const json& x) const {
  auto missing = required_;
  auto next = members_.begin();
  const auto& object = x.get_ref<const json::object_t&>();
  for (const auto& [name, content] : object) {
    while (next != members_.end() && next->name < name)
      ++next;
    const auto known = next != members_.end() && next->name == name;
    if (closed_ && !(known && next->listed))
      return false;
    if (!known)
      continue;
    if (!next->content.vouches_for(content))
      return false;
    missing -= next->required ? 1 : 0;
  }
  return missing == 0;
}

} // namespace stanchion::detail

#include <stanchion/runtime/testing/detail/sample.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <string>

namespace stanchion::detail {

namespace {

std::int64_t bound(const json& schema, const char* name, std::int64_t other) {
  const auto found = schema.find(name);
  return found != schema.end() && found->is_number()
           ? static_cast<std::int64_t>(found->get<double>())
           : other;
}

std::int64_t integer(const json& schema, random_source& random) {
  constexpr auto usual = std::int64_t{1'000};
  auto low = bound(schema, "minimum", 0);
  if (schema.contains("exclusiveMinimum"))
    low = std::max(low, bound(schema, "exclusiveMinimum", 0) + 1);
  auto high = bound(schema, "maximum", std::max(low, usual));
  if (schema.contains("exclusiveMaximum"))
    high = std::min(high, bound(schema, "exclusiveMaximum", high + 1) - 1);
  const auto step = std::max<std::int64_t>(1, bound(schema, "multipleOf", 1));
  low = (low + step - 1) / step * step;
  const auto choices
    = high < low ? 1 : static_cast<std::uint64_t>((high - low) / step) + 1;
  return low + step * static_cast<std::int64_t>(random.next() % choices);
}

std::string text(const json& schema, random_source& random) {
  auto x = "text " + std::to_string(random.next() % 1'000);
  const auto least = static_cast<std::size_t>(bound(schema, "minLength", 0));
  const auto most = bound(schema, "maxLength", 1'000'000);
  x.resize(std::max(x.size(), least), 'x');
  x.resize(std::min(x.size(), static_cast<std::size_t>(most)));
  return x;
}

json array(const json& schema, random_source& random) {
  auto x = json::array();
  const auto items = schema.value("items", json::object());
  const auto least = bound(schema, "minItems", 1);
  const auto most = bound(schema, "maxItems", least + 1);
  const auto spread = static_cast<std::uint64_t>(most - least) + 1;
  auto left = least + static_cast<std::int64_t>(random.next() % spread);
  for (; left > 0; --left)
    x.push_back(sample(items.is_array() ? items.front() : items, random));
  return x;
}

json object(const json& schema, random_source& random) {
  auto x = json::object();
  const auto properties = schema.value("properties", json::object());
  for (const auto& [name, of] : properties.items())
    x[name] = sample(of, random);
  for (const auto& name : schema.value("required", json::array()))
    if (!x.contains(name.get<std::string>()))
      x[name.get<std::string>()] = json::object();
  return x;
}

/// What the schema names by itself; null when it names nothing.
const json* named(const json& schema, random_source& random) {
  if (const auto x = schema.find("const"); x != schema.end())
    return &*x;
  for (const auto* list : {"enum", "examples"})
    if (const auto x = schema.find(list);
        x != schema.end() && x->is_array() && !x->empty())
      return &(*x)[random.next() % x->size()];
  const auto x = schema.find("default");
  return x == schema.end() ? nullptr : &*x;
}

} // namespace

json sample(const json& document, random_source& random) {
  if (!document.is_object())
    return json::object();
  if (const auto* x = named(document, random))
    return *x;
  auto type = document.value("type", json{});
  if (type.is_array())
    type = type.empty() ? json{} : type.front();
  if (type == "integer")
    return integer(document, random);
  if (type == "number")
    return static_cast<double>(integer(document, random));
  if (type == "string")
    return text(document, random);
  if (type == "boolean")
    return random.next() % 2 == 0;
  if (type == "null")
    return nullptr;
  if (type == "array")
    return array(document, random);
  return object(document, random);
}

} // namespace stanchion::detail

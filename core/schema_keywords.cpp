#include <stanchion/core/detail/schema_words.hpp>
#include <stanchion/core/schema_keywords.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

using detail::append_token;
using detail::is_data;

/// Whether each member of the content of `keyword` is a schema, whatever its
/// name.
bool names_schemas(std::string_view keyword) {
  return keyword == "properties" || keyword == "patternProperties"
         || keyword == "definitions" || keyword == "$defs"
         || keyword == "dependencies";
}

constexpr auto later_keywords = std::array<std::string_view, 12>{
  "prefixItems",      "unevaluatedItems",  "unevaluatedProperties",
  "dependentSchemas", "dependentRequired", "minContains",
  "maxContains",      "$dynamicRef",       "$dynamicAnchor",
  "$recursiveRef",    "$recursiveAnchor",  "$anchor"};

bool is_unsupported(std::string_view keyword, const json& content) {
  if (std::ranges::find(later_keywords, keyword) != later_keywords.end())
    return true;
  return keyword == "$ref" && content.is_string()
         && !content.get_ref<const std::string&>().starts_with('#');
}

void collect_unsupported(const json& x, const std::string& pointer,
                         std::vector<std::string>& to) {
  const auto all_schemas = [&](const json& parts, const std::string& at) {
    for (const auto& [key, part] : parts.items()) {
      auto below = at;
      append_token(below, key);
      collect_unsupported(part, below, to);
    }
  };
  if (x.is_array())
    return all_schemas(x, pointer);
  if (!x.is_object())
    return;
  for (const auto& [key, part] : x.items()) {
    auto below = pointer;
    append_token(below, key);
    if (is_unsupported(key, part))
      to.push_back(below);
    else if (names_schemas(key) && part.is_object())
      all_schemas(part, below);
    else if (!is_data(key))
      collect_unsupported(part, below, to);
  }
}

} // namespace

std::vector<std::string> unsupported_keywords(const json& document) {
  auto found = std::vector<std::string>{};
  collect_unsupported(document, "", found);
  return found;
}

schema unchecked_schema(json document) {
  if (!document.is_object())
    return any();
  document[detail::unchecked_keyword] = true;
  return schema{document};
}

} // namespace stanchion

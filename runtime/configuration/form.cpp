#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/span.hpp>
#include <stanchion/core/suggest.hpp>
#include <stanchion/runtime/configuration/form.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace stanchion::configuring {

namespace {

const std::string& text_of(const json& x) {
  return x.get_ref<const std::string&>();
}

/// One that needs no files.
template <class T, class Read, class Show>
form<T> plain(std::string fits, const json& schema, Read read, Show show) {
  return {
    std::move(fits), value{schema},
    [read](const located_json& from, const file_source&) -> std::optional<T> {
      return read(*from.content);
    },
    [show](const T& x) { return value{show(x)}; }};
}

const json& file_schema() {
  static const auto x
    = json{{"type", "object"},
           {"properties", {{"file", {{"type", "string"}, {"minLength", 1}}}}},
           {"required", {"file"}},
           {"additionalProperties", false}};
  return x;
}

/// The file of `{"file": …}`; nothing for anything else.
std::optional<std::filesystem::path> file_in(const json& x) {
  if (!x.is_object() || x.size() != 1 || !x.contains("file")
      || !x["file"].is_string() || text_of(x["file"]).empty())
    return std::nullopt;
  return text_of(x["file"]);
}

json number_schema(const char* type, const json& least, const json& most) {
  return {{"type", type}, {"minimum", least}, {"maximum", most}};
}

std::string shortest(double x) {
  return json(x).dump();
}

std::string list_of_words(const std::vector<std::string>& words) {
  auto text = std::string{};
  for (const auto& x : words)
    text += (text.empty() ? "\"" : ", \"") + x + "\"";
  return text;
}

} // namespace

form<std::string> text() {
  return plain<std::string>(
    "a text", {{"type", "string"}},
    [](const json& x) {
      return x.is_string() ? std::optional{text_of(x)} : std::nullopt;
    },
    [](const std::string& x) { return x; });
}

form<std::string> name() {
  return plain<std::string>(
    "a text that is not empty", {{"type", "string"}, {"minLength", 1}},
    [](const json& x) {
      return x.is_string() && !text_of(x).empty() ? std::optional{text_of(x)}
                                                  : std::nullopt;
    },
    [](const std::string& x) { return x; });
}

form<bool> flag() {
  return plain<bool>(
    "true or false", {{"type", "boolean"}},
    [](const json& x) {
      return x.is_boolean() ? std::optional{x.get<bool>()} : std::nullopt;
    },
    [](bool x) { return x; });
}

form<double> real(double least, double most) {
  return plain<double>(
    "a number from " + shortest(least) + " to " + shortest(most),
    number_schema("number", least, most),
    [least, most](const json& x) -> std::optional<double> {
      if (!x.is_number())
        return std::nullopt;
      const auto n = x.get<double>();
      return n >= least && n <= most ? std::optional{n} : std::nullopt;
    },
    [](double x) { return x; });
}

form<std::uint64_t> natural(std::uint64_t least, std::uint64_t most) {
  return plain<std::uint64_t>(
    "a whole number from " + std::to_string(least) + " to "
      + std::to_string(most),
    number_schema("integer", least, most),
    [least, most](const json& x) -> std::optional<std::uint64_t> {
      if (!x.is_number_unsigned())
        return std::nullopt;
      const auto n = x.get<std::uint64_t>();
      return n >= least && n <= most ? std::optional{n} : std::nullopt;
    },
    [](std::uint64_t x) { return x; });
}

form<duration> span(bool zero) {
  return plain<duration>(
    zero ? "a span such as \"30s\", \"10min\" or \"2h\", or \"0s\""
         : "a span such as \"30s\", \"10min\" or \"2h\"",
    {{"type", "string"}, {"pattern", "^[0-9]+(us|ms|s|m|min|h|d)$"}},
    [zero](const json& x) -> std::optional<duration> {
      if (!x.is_string() || text_of(x).empty())
        return std::nullopt;
      const auto& text = text_of(x);
      if (zero && text == "0s")
        return duration::zero();
      const auto has_unit = text.back() < '0' || text.back() > '9';
      return has_unit ? parse_span(text) : std::nullopt;
    },
    [](duration x) { return span_text(x); });
}

form<value> any_value() {
  return plain<value>(
    "any value", json(true),
    [](const json& x) { return std::optional{value{x}}; },
    [](const value& x) { return x.get(); });
}

form<value> json_schema() {
  return {"a JSON Schema, {\"file\": …} with one, or true for anything",
          value{json{{"type", {"object", "boolean"}}}},
          [](const located_json& from,
             const file_source& files) -> std::optional<value> {
            const auto file = file_in(*from.content);
            auto doc = file ? parse_json(files.read(files.folder / *file))
                            : value{*from.content};
            if (!doc.is_object() && doc.get() != true)
              return std::nullopt;
            static_cast<void>(schema{doc.get()});
            return doc;
          },
          [](const value& x) { return x; }};
}

form<std::string> prose() {
  return {"a text, or {\"file\": …} with one",
          value{json{{"anyOf", {{{"type", "string"}}, file_schema()}}}},
          [](const located_json& from,
             const file_source& files) -> std::optional<std::string> {
            if (from.content->is_string())
              return text_of(*from.content);
            const auto file = file_in(*from.content);
            return file ? std::optional{files.read(files.folder / *file)}
                        : std::nullopt;
          },
          [](const std::string& x) { return value{x}; }};
}

form<std::filesystem::path> path() {
  return {"a path that is not empty",
          value{json{{"type", "string"}, {"minLength", 1}}},
          [](const located_json& from,
             const file_source& files) -> std::optional<std::filesystem::path> {
            if (!from.content->is_string() || text_of(*from.content).empty())
              return std::nullopt;
            return files.folder / text_of(*from.content);
          },
          [](const std::filesystem::path& x) { return value{x.string()}; }};
}

form<credential_source> credential() {
  static constexpr auto fits
    = "{\"env\": NAME}, {\"file\": PATH} or {\"credential\": NAME}";
  const auto one = [](const char* name) {
    return json{
      {"type", "object"},
      {"properties", {{name, {{"type", "string"}, {"minLength", 1}}}}},
      {"required", {name}},
      {"additionalProperties", false}};
  };
  return {
    std::string{fits} + ": where it is, never it itself",
    value{json{{"anyOf", {one("env"), one("file"), one("credential")}}}},
    [](const located_json& from,
       const file_source& files) -> std::optional<credential_source> {
      const auto& x = *from.content;
      if (!x.is_object() || from.parts.size() != 1 || !x.begin()->is_string())
        return std::nullopt;
      const auto& where = text_of(*x.begin());
      const auto& kind = from.parts[0].name;
      if (where.empty())
        return std::nullopt;
      if (kind == "env")
        return credential_source{.env = where};
      if (kind == "file")
        return credential_source{.file = files.folder / where};
      return kind == "credential"
               ? std::optional{credential_source{.credential = where}}
               : std::nullopt;
    },
    [](const credential_source& x) -> value {
      if (!x.env.empty())
        return json{{"env", x.env}};
      if (!x.file.empty())
        return json{{"file", x.file.string()}};
      return x.credential.empty() ? json{} : json{{"credential", x.credential}};
    }};
}

form<std::vector<std::pair<std::string, std::string>>> texts() {
  using pairs = std::vector<std::pair<std::string, std::string>>;
  return {
    "an object whose members are texts",
    value{
      json{{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}},
    [](const located_json& from, const file_source&) -> std::optional<pairs> {
      auto all = pairs{};
      if (!from.content->is_object())
        return std::nullopt;
      for (const auto& part : from.parts) {
        if (!part.content->is_string())
          return std::nullopt;
        all.emplace_back(part.name, text_of(*part.content));
      }
      return all;
    },
    [](const pairs& xs) -> value {
      auto to = json::object();
      for (const auto& [name, text] : xs)
        to[name] = text;
      return to;
    }};
}

form<std::size_t> word(std::vector<std::string> words) {
  const auto fits = "one of " + list_of_words(words);
  return {fits, value{json{{"enum", words}}},
          [words, fits](const located_json& from,
                        const file_source&) -> std::optional<std::size_t> {
            if (!from.content->is_string())
              return std::nullopt;
            const auto& given = text_of(*from.content);
            const auto found = std::ranges::find(words, given);
            if (found != words.end())
              return static_cast<std::size_t>(found - words.begin());
            if (const auto meant = nearest(given, words))
              throw error{error_code::usage, "must be " + fits
                                               + "; did you mean \"" + *meant
                                               + "\"?"};
            return std::nullopt;
          },
          [words](std::size_t i) { return value{words[i]}; }};
}

value array_schema(const value& of, std::size_t least) {
  auto x = json{{"type", "array"}, {"items", of.get()}};
  if (least > 0)
    x["minItems"] = least;
  return x;
}

value array_of(const std::vector<value>& parts) {
  auto x = json::array();
  for (const auto& part : parts)
    x.push_back(part.get());
  return x;
}

} // namespace stanchion::configuring

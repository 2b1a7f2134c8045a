#include "record.hpp"

#include <array>
#include <string_view>

namespace license_inventory {

namespace {

using nlohmann::json;

constexpr auto dep5_name = "dep5";
constexpr auto free_form_name = "free_form";

json list_of_texts(std::size_t max_items, std::size_t max_length) {
  return {{"type", "array"},
          {"maxItems", max_items},
          {"items",
           {{"type", "string"}, {"minLength", 1}, {"maxLength", max_length}}}};
}

json make_schema() {
  const json text{{"type", "string"}, {"minLength", 1}, {"maxLength", 4096}};
  return {
    {"$schema", "http://json-schema.org/draft-07/schema#"},
    {"title", "What the inventory knows about one copyright document"},
    {"type", "object"},
    {"required",
     {"package", "source", "format", "licences", "holders", "confidence",
      "doubts"}},
    {"additionalProperties", false},
    {"properties",
     {{"package", text},
      {"source", text},
      {"format", {{"enum", {dep5_name, free_form_name}}}},
      {"licences", list_of_texts(2000, 16384)},
      {"holders", list_of_texts(500, 400)},
      {"texts",
       {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}}},
      {"confidence", {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}},
      {"doubts", list_of_texts(100, 4096)},
      {"decided_by", text}}},
  };
}

/// Joins expressions so that each keeps its meaning.
std::string all_of(const std::vector<std::string>& expressions) {
  std::string result;
  for (const auto& expression : expressions) {
    const bool choice = expression.find(" OR ") != std::string::npos;
    const bool brackets = choice && expressions.size() > 1;
    result += result.empty() ? "" : " AND ";
    result += brackets ? "(" + expression + ")" : expression;
  }
  return result;
}

} // namespace

void to_json(json& out, const record& in) {
  const bool dep5 = in.format == document_format::dep5;
  out = json{{"package", in.package},
             {"source", in.source},
             {"format", dep5 ? dep5_name : free_form_name},
             {"licences", in.licences},
             {"holders", in.holders},
             {"texts", in.texts},
             {"confidence", in.confidence},
             {"doubts", in.doubts}};
  if (!in.decided_by.empty())
    out["decided_by"] = in.decided_by;
}

void from_json(const json& in, record& out) {
  in.at("package").get_to(out.package);
  in.at("source").get_to(out.source);
  out.format = in.at("format").get<std::string>() == dep5_name
                 ? document_format::dep5
                 : document_format::free_form;
  in.at("licences").get_to(out.licences);
  in.at("holders").get_to(out.holders);
  out.texts = in.value("texts", std::map<std::string, std::string>{});
  in.at("confidence").get_to(out.confidence);
  in.at("doubts").get_to(out.doubts);
  out.decided_by = in.value("decided_by", std::string{});
}

const json& record_schema() {
  static const json schema = make_schema();
  return schema;
}

std::string digest_of(const record& r) {
  constexpr std::uint64_t prime = 0x100000001b3U;
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : json(r).dump())
    hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  std::string result(16, '0');
  for (auto at = result.rbegin(); at != result.rend(); ++at, hash >>= 4U)
    *at = digits[hash & 0xFU];
  return result;
}

std::string concluded_licence(const record& r) {
  return r.licences.empty() ? "NOASSERTION" : all_of(r.licences);
}

} // namespace license_inventory

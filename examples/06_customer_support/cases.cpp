#include "cases.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace customer_support {

namespace {

using nlohmann::json;

json read_json(const std::filesystem::path& file) {
  auto in = std::ifstream{file, std::ios::binary};
  if (!in)
    throw std::runtime_error{"cannot read " + file.string()};
  try {
    return json::parse(in);
  } catch (const json::exception& e) {
    throw std::runtime_error{file.string() + ": " + e.what()};
  }
}

support_case parse_case(const json& x) {
  return {.id = x.at("id"),
          .text = x.at("text"),
          .truth = parse_category(x.at("category").get<std::string>()),
          .order = x.value("order", std::string{}),
          .cents = x.value("cents", std::int64_t{0}),
          .injection = x.value("injection", false)};
}

} // namespace

std::string_view to_string(category x) {
  switch (x) {
  case category::refund:
    return "refund";
  case category::delivery:
    return "delivery";
  case category::damage:
    return "damage";
  case category::invoice:
    return "invoice";
  case category::account:
    return "account";
  case category::feedback:
    return "feedback";
  }
  return "?";
}

category parse_category(std::string_view text) {
  for (const auto x : categories)
    if (to_string(x) == text)
      return x;
  throw std::invalid_argument{"no category: " + std::string{text}};
}

double score_of(const scores& x, category of) {
  return x.at(static_cast<std::size_t>(of));
}

category likeliest(const scores& x) {
  const auto best = std::max_element(x.begin(), x.end());
  return categories.at(static_cast<std::size_t>(best - x.begin()));
}

std::filesystem::path data_file(std::string_view name) {
  return std::filesystem::path{EXAMPLE_DIR} / name;
}

case_file read_cases(const std::filesystem::path& file) {
  const auto all = read_json(file);
  auto result = case_file{};
  try {
    for (const auto& [id, x] : all.at("orders").items())
      result.orders[id] = {.paid = x.at("paid"), .bought = x.at("bought")};
    for (const auto& x : all.at("cases"))
      result.cases.push_back(parse_case(x));
  } catch (const std::exception& e) {
    throw std::runtime_error{file.string() + ": " + e.what()};
  }
  return result;
}

std::vector<labelled_text> read_training(const std::filesystem::path& file) {
  const auto all = read_json(file);
  auto result = std::vector<labelled_text>{};
  try {
    for (const auto& [label, texts] : all.items())
      for (const auto& text : texts)
        result.push_back({text.get<std::string>(), parse_category(label)});
  } catch (const std::exception& e) {
    throw std::runtime_error{file.string() + ": " + e.what()};
  }
  return result;
}

std::string as_money(std::int64_t cents) {
  const auto rest = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (rest.size() == 1 ? ".0" : ".") + rest;
}

} // namespace customer_support

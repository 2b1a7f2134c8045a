#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Mail to a shop, and what is known about it.
namespace customer_support {

/// What a customer writes about.
enum class category : std::uint8_t {
  refund,   ///< wants money back
  delivery, ///< where is it, and where to
  damage,   ///< arrived broken, or broke soon
  invoice,
  account,
  feedback, ///< praise and anger: nothing to be done but to answer
};

inline constexpr auto categories
  = std::array{category::refund,  category::delivery, category::damage,
               category::invoice, category::account,  category::feedback};

[[nodiscard]] std::string_view to_string(category x);
/// Throws `std::invalid_argument` for what is none.
[[nodiscard]] category parse_category(std::string_view text);

/// How sure a classifier is of each category, in their order; together 1.
using scores = std::array<double, categories.size()>;

[[nodiscard]] double score_of(const scores& x, category of);
/// The first of those with the highest score.
[[nodiscard]] category likeliest(const scores& x);

/// What the shop knows of an order.
struct purchase {
  std::int64_t paid = 0; ///< cents
  std::string bought;    ///< the day, as 2026-10-31
};

/// One mail: what the customer wrote, and what the form said beside it.
struct support_case {
  std::string id;
  std::string text;
  /// What a person takes it for.
  category truth = category::feedback;
  /// From the form; empty where none was named.
  std::string order;
  /// What the customer wants back by the form; 0 for nothing.
  std::int64_t cents = 0;
  /// Whether the text tries to give orders to the program that reads it.
  bool injection = false;
};

struct case_file {
  std::map<std::string, purchase> orders;
  std::vector<support_case> cases;
};

struct labelled_text {
  std::string text;
  category label = category::feedback;
};

/// A file of this example, such as `cases.json`.
[[nodiscard]] std::filesystem::path data_file(std::string_view name);

/// Errors of both: `std::runtime_error`, naming the file.
[[nodiscard]] case_file read_cases(const std::filesystem::path& file);
[[nodiscard]] std::vector<labelled_text>
read_training(const std::filesystem::path& file);

/// 1234 as `12.34`.
[[nodiscard]] std::string as_money(std::int64_t cents);

} // namespace customer_support

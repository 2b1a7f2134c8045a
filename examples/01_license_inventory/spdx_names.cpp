#include "spdx_names.hpp"

#include "spdx_list.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace license_inventory {

namespace {

bool cut_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool cut_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix))
    return false;
  text.remove_suffix(suffix.size());
  return true;
}

/// A name of a GNU licence, taken apart.
struct gnu_name {
  std::string family;
  std::string version; ///< "2.0"; empty if the name leaves it open
  bool or_later = false;
  bool no_invariants = false;

  [[nodiscard]] std::string id() const {
    const std::string any = family == "GFDL"   ? "1.1"
                            : family == "LGPL" ? "2.0"
                                               : "1.0";
    return family + "-" + (version.empty() ? any : version)
           + (no_invariants ? "-no-invariants" : "")
           + (or_later || version.empty() ? "-or-later" : "-only");
  }
};

bool exists(const gnu_name& name) {
  constexpr auto known = std::to_array<std::string_view>({
    "GPL-1.0",
    "GPL-2.0",
    "GPL-3.0",
    "LGPL-2.0",
    "LGPL-2.1",
    "LGPL-3.0",
    "AGPL-1.0",
    "AGPL-3.0",
    "GFDL-1.1",
    "GFDL-1.2",
    "GFDL-1.3",
    "GPL-",
    "LGPL-",
    "AGPL-",
    "GFDL-",
  });
  return std::find(known.begin(), known.end(), name.family + "-" + name.version)
         != known.end();
}

/// Reads "gpl-2+", "lgpl2.1+", "gplv3", "gfdl-niv-1.3+",
/// "gfdl-1.3+-no-invariant", "gpl-2.0-or-later".
std::optional<gnu_name> read_gnu_name(std::string_view name) {
  gnu_name result;
  for (const std::string_view family : {"agpl", "lgpl", "gfdl", "gpl"})
    if (result.family.empty() && cut_prefix(name, family))
      for (const char c : family)
        result.family += static_cast<char>(c - 'a' + 'A');
  if (result.family.empty())
    return std::nullopt;
  result.no_invariants = cut_prefix(name, "-niv")
                         || cut_suffix(name, "-no-invariants")
                         || cut_suffix(name, "-no-invariant");
  result.or_later = cut_suffix(name, "+") || cut_suffix(name, "-or-later");
  cut_suffix(name, "-only");
  cut_prefix(name, "-");
  cut_prefix(name, "v");
  result.version = name;
  if (name.size() == 1)
    result.version += ".0";
  return exists(result) ? std::optional{result} : std::nullopt;
}

/// "GPL-3+-with-bison-exception" → the leaf it should have been.
license_expression untangled(const license_expression& leaf) {
  const auto folded = lower(leaf.name);
  const std::string_view view = folded;
  constexpr std::string_view tail = "-exception";
  if (!leaf.exception.empty() || !view.ends_with(tail))
    return leaf;
  auto result = leaf;
  if (const auto with = view.find("-with-"); with != view.npos) {
    const auto from = with + std::string_view{"-with-"}.size();
    result.name = leaf.name.substr(0, with);
    result.exception
      = view.substr(from, std::max(view.size() - tail.size(), from) - from);
  } else if (const auto plus = view.find("+-"); plus != view.npos) {
    result.name = leaf.name.substr(0, plus + 1);
    result.exception
      = view.substr(plus + 2, view.size() - tail.size() - plus - 2);
  }
  return result.exception.empty() ? leaf : result;
}

spdx_name plain_name(std::string_view name) {
  const auto folded = lower(name);
  if (const auto id = listed_id(folded); !id.empty())
    return {std::string{id}, true, false};
  if (const auto gnu = read_gnu_name(folded))
    return {gnu->id(), true, gnu->version.empty()};
  return {license_ref(name), false, false};
}

/// Calls `act` with each word of an SPDX expression and what parts it from
/// the word before.
template <class F>
void for_each_word(std::string_view expression, F act) {
  constexpr std::string_view separators = " ()";
  while (!expression.empty()) {
    const auto begin
      = std::min(expression.find_first_not_of(separators), expression.size());
    const auto end = std::min(expression.find_first_of(separators, begin),
                              expression.size());
    act(expression.substr(0, begin), expression.substr(begin, end - begin));
    expression.remove_prefix(end);
  }
}

} // namespace

spdx_name spdx_for(const license_expression& given) {
  const auto leaf = untangled(given);
  auto result = plain_name(leaf.name);
  if (leaf.exception.empty())
    return result;
  const auto exception = exception_id(leaf.exception, result.id);
  if (!result.listed || exception.empty())
    return {license_ref(debian_name(given)), false, false};
  result.id += " WITH ";
  result.id += exception;
  return result;
}

std::string license_ref(std::string_view debian_name) {
  std::string result;
  for (const char c : shorten(debian_name, 100)) {
    if (c == '+')
      result += "plus";
    else if (is_ascii_letter(c) || is_digit(c) || c == '.')
      result += c;
    else if (!result.ends_with('-'))
      result += '-';
  }
  while (result.ends_with('-'))
    result.pop_back();
  return "LicenseRef-" + (result.empty() ? "unnamed" : result);
}

std::string spdx_expression(const license_expression& expression,
                            const leaf_namer& name) {
  if (expression.what == license_expression::kind::name)
    return expression.empty() ? std::string{} : name(expression);
  std::vector<std::string> parts; // each once: names may have become the same
  for (const auto& operand : expression.operands) {
    auto part = spdx_expression(operand, name);
    if (part.find(" AND ") != part.npos || part.find(" OR ") != part.npos)
      part = "(" + part + ")";
    if (!part.empty()
        && std::find(parts.begin(), parts.end(), part) == parts.end())
      parts.push_back(std::move(part));
  }
  if (parts.size() == 1 && parts.front().starts_with('('))
    return parts.front().substr(1, parts.front().size() - 2);
  const bool all = expression.what == license_expression::kind::all_of;
  std::string result;
  for (const auto& part : parts) {
    result += result.empty() ? "" : all ? " AND " : " OR ";
    result += part;
  }
  return result;
}

std::vector<std::string> licences_in(std::string_view expression) {
  std::vector<std::string> result;
  bool is_exception = false;
  for_each_word(expression, [&](std::string_view, std::string_view word) {
    const bool is_operator = word == "AND" || word == "OR" || word == "WITH";
    if (!word.empty() && !is_operator && !is_exception)
      result.emplace_back(word);
    is_exception = word == "WITH";
  });
  return result;
}

std::vector<std::string> conjuncts_of(std::string_view expression) {
  constexpr std::string_view both = " AND ";
  std::vector<std::string> result;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    depth += expression[i] == '(' ? 1 : 0;
    depth -= expression[i] == ')' && depth > 0 ? 1 : 0;
    if (depth > 0)
      continue;
    if (expression.substr(i).starts_with(" OR "))
      return {std::string{expression}};
    if (expression.substr(i).starts_with(both)) {
      result.emplace_back(expression.substr(begin, i - begin));
      begin = i + both.size();
    }
  }
  result.emplace_back(expression.substr(begin));
  if (result.size() > 1)
    for (auto& part : result)
      if (part.starts_with('('))
        part = part.substr(1, part.size() - 2);
  return result;
}

std::string with_licence(std::string_view expression, std::string_view from,
                         std::string_view to) {
  std::string result;
  for_each_word(expression,
                [&](std::string_view before, std::string_view word) {
                  result += before;
                  result += word == from ? to : word;
                });
  return result;
}

} // namespace license_inventory

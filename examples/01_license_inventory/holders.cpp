#include "holders.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

namespace license_inventory {

namespace {

constexpr std::size_t max_holder_bytes = 200;
constexpr std::size_t max_holders = 500;

/// Signs and words that may stand before the holder's name.
constexpr auto leads = std::to_array<std::string_view>({
  "copyright",
  "copyrights",
  "copr.",
  "copyleft",
  "©",
  "(c)",
  "by",
  "years",
  "year",
  "held",
  "and",
  "present",
  "now",
  "date",
  "to",
});

bool is_lead(std::string_view word) {
  const auto folded = lower(word);
  return std::find(leads.begin(), leads.end(), folded) != leads.end();
}

/// A word of digits and the signs years are written with: "1998-2004,",
/// "1998-present".
bool is_year_like(std::string_view word) {
  if (const auto dash = word.find('-');
      dash != word.npos && dash > 0 && is_lead(word.substr(dash + 1)))
    word = word.substr(0, dash);
  const bool digits = std::any_of(word.begin(), word.end(), is_digit);
  return digits && word.find_first_not_of("0123456789-,.;:/~x?+") == word.npos;
}

bool is_punctuation(std::string_view word) {
  return word.find_first_not_of("-,.;:/*#+–—=&|\"'") == word.npos;
}

std::string_view next_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

std::string_view without_tail(std::string_view text) {
  constexpr std::string_view reserved = "all rights reserved";
  text = trim(text);
  while (text.ends_with(',') || text.ends_with(';') || text.ends_with('.')) {
    if (text.ends_with("Inc.") || text.ends_with("Ltd."))
      break;
    text.remove_suffix(1);
  }
  if (text.size() >= reserved.size()
      && lower(text.substr(text.size() - reserved.size())) == reserved)
    return without_tail(text.substr(0, text.size() - reserved.size()));
  return trim(text);
}

bool names_somebody(std::string_view holder) {
  return std::any_of(holder.begin(), holder.end(), [](char c) {
    return is_ascii_letter(c) || static_cast<unsigned char>(c) >= 0x80U;
  });
}

/// Collects holders, each once.
class holder_list {
public:
  void add(std::string holder) {
    if (result.size() < max_holders && names_somebody(holder)
        && seen_.insert(holder).second)
      result.push_back(std::move(holder));
  }

  std::vector<std::string> result;

private:
  std::unordered_set<std::string> seen_;
};

/// The statement in a line of free text; empty if it holds none. Behind the
/// word copyright must follow what a statement goes on with: a sign or years.
std::string_view statement_in(std::string_view line) {
  constexpr std::string_view word = "copyright";
  line = trim(
    line.substr(std::min(line.find_first_not_of(" \t*#/|;-"), line.size())));
  const auto folded = lower(line);
  if (folded.starts_with("(c) ") || folded.starts_with("©"))
    return line;
  const auto at = folded.find(word);
  if (at == folded.npos)
    return {};
  auto rest = trim(line.substr(at + word.size()));
  if (at == 0 && rest.starts_with(':'))
    rest = trim(rest.substr(1));
  const auto next = next_word(rest);
  const bool stated = lower(next).starts_with("(c)") || next.starts_with("©")
                      || is_year_like(next) || lower(next) == "by";
  return stated ? rest : std::string_view{};
}

/// "Portions Copyright (c) 1993 by Ann" → the statement in it.
std::string_view relevant_part(std::string_view line) {
  const auto statement = statement_in(line);
  return statement.empty() ? line : statement;
}

bool begins_statement(std::string_view line) {
  const auto word = next_word(line);
  return is_year_like(word) || is_lead(word) || word.starts_with("©")
         || lower(word).starts_with("(c)");
}

bool begins_terms(std::string_view line) {
  const auto folded = lower(trim(line));
  return folded.starts_with("permission ")
         || folded.starts_with("redistribution ")
         || folded.starts_with("this program ")
         || folded.starts_with("licensed ");
}

} // namespace

std::string holder_in(std::string_view statement) {
  auto rest = trim(statement);
  while (!rest.empty()) {
    auto word = next_word(rest);
    const auto bare = word.substr(0, word.find_last_not_of(",:;") + 1);
    // "©2004", "(c)1998" and "(C),": the sign is glued to what follows
    std::size_t cut = 0;
    if (is_punctuation(word) || is_year_like(word) || is_lead(bare))
      cut = word.size();
    else if (word.starts_with("©"))
      cut = std::string_view{"©"}.size();
    else if (lower(word).starts_with("(c)"))
      cut = 3;
    if (cut == 0)
      break;
    rest = trim(rest.substr(cut));
  }
  return shorten(one_line(without_tail(rest)), max_holder_bytes);
}

std::vector<std::string> holders_in(std::string_view value) {
  holder_list list;
  std::string statement;
  for (const auto line : lines(value)) {
    if (begins_terms(line))
      break;
    const bool goes_on
      = statement.ends_with(',') && statement.size() < max_holder_bytes;
    if (!goes_on || begins_statement(trim(line)))
      list.add(holder_in(std::exchange(statement, {})));
    statement += statement.empty() ? "" : " ";
    statement += relevant_part(trim(line));
  }
  list.add(holder_in(statement));
  return std::move(list.result);
}

bool holds_terms(std::string_view value) {
  const auto all = lines(value);
  return std::any_of(all.begin(), all.end(), begins_terms);
}

std::vector<std::string> holders_in_text(std::string_view text) {
  holder_list list;
  for (const auto line : lines(text))
    if (const auto statement = statement_in(line); !statement.empty())
      list.add(holder_in(statement));
  return std::move(list.result);
}

} // namespace license_inventory

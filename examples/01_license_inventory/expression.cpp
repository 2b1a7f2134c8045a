#include "expression.hpp"

#include "text.hpp"

#include <utility>

namespace license_inventory {

namespace {

using kind = license_expression::kind;

constexpr std::size_t max_depth = 32;
constexpr std::size_t max_bytes = 16384; // longer is no expression

enum class token_kind : std::uint8_t {
  word,
  both,
  either,
  with,
  comma,
  open,
  close,
  end,
};

struct token {
  token_kind what = token_kind::end;
  std::string_view text;
};

token_kind classify(std::string_view word) {
  const auto w = lower(word);
  if (w == "and" || w == "&" || w == "&&")
    return token_kind::both;
  if (w == "or" || w == "and/or" || w == "|" || w == "||")
    return token_kind::either;
  return w == "with" ? token_kind::with : token_kind::word;
}

token_kind punctuation(char c) {
  return c == ',' || c == ';' ? token_kind::comma
         : c == '('           ? token_kind::open
         : c == ')'           ? token_kind::close
                              : token_kind::word;
}

std::vector<token> tokens_of(std::string_view text) {
  constexpr std::string_view stops = " \t\r\n\f\v,;()";
  std::vector<token> result;
  while (!(text = trim(text)).empty()) {
    if (const auto p = punctuation(text.front()); p != token_kind::word) {
      result.push_back({p, text.substr(0, 1)});
      text.remove_prefix(1);
      continue;
    }
    const auto word = text.substr(0, text.find_first_of(stops));
    result.push_back({classify(word), word});
    text.remove_prefix(word.size());
  }
  return result;
}

license_expression join(kind what, license_expression left,
                        license_expression right) {
  if (left.empty())
    return right;
  if (right.empty())
    return left;
  if (left.what != what) {
    license_expression parent{what, {}, {}, {}};
    parent.operands.push_back(std::move(left));
    left = std::move(parent);
  }
  if (right.what != what)
    left.operands.push_back(std::move(right));
  else
    for (auto& operand : right.operands)
      left.operands.push_back(std::move(operand));
  return left;
}

class expression_parser {
public:
  explicit expression_parser(std::string_view text) : tokens_{tokens_of(text)} {
    // nop
  }

  parsed_expression run() {
    auto result = list(0);
    while (peek() != token_kind::end) { // only a stray ")" ends the list early
      complain("unbalanced bracket");
      ++at_;
      result = join(kind::all_of, std::move(result), list(0));
    }
    if (result.empty())
      complain("no licence name");
    return {std::move(result), std::move(problems_)};
  }

private:
  [[nodiscard]] token_kind peek() const {
    return at_ < tokens_.size() ? tokens_[at_].what : token_kind::end;
  }

  bool accept(token_kind what) {
    if (peek() != what)
      return false;
    ++at_;
    return true;
  }

  void complain(const std::string& what) {
    if (problems_.empty() || problems_.back() != what)
      problems_.push_back(what);
  }

  /// The operator after a comma; a bare comma asks the commas behind it.
  [[nodiscard]] kind operator_of_comma() const {
    for (auto i = at_; i + 1 < tokens_.size(); ++i)
      if (tokens_[i].what == token_kind::comma) {
        if (tokens_[i + 1].what == token_kind::either)
          return kind::any_of;
        if (tokens_[i + 1].what == token_kind::both)
          return kind::all_of;
      }
    for (auto i = at_; i < tokens_.size(); ++i) // "A, B or C"
      if (tokens_[i].what == token_kind::either)
        return kind::any_of;
    return kind::all_of;
  }

  license_expression list(std::size_t depth) {
    auto result = either(depth);
    while (peek() == token_kind::comma) {
      const auto what = operator_of_comma();
      ++at_;
      if (!accept(token_kind::both))
        accept(token_kind::either);
      result = join(what, std::move(result), either(depth));
    }
    return result;
  }

  license_expression either(std::size_t depth) {
    auto result = both(depth);
    while (accept(token_kind::either))
      result = join(kind::any_of, std::move(result), both(depth));
    return result;
  }

  license_expression both(std::size_t depth) {
    auto result = leaf(depth);
    while (accept(token_kind::both))
      result = join(kind::all_of, std::move(result), leaf(depth));
    return result;
  }

  license_expression leaf(std::size_t depth) {
    if (peek() == token_kind::open && depth < max_depth) {
      ++at_;
      auto result = list(depth + 1);
      if (!accept(token_kind::close))
        complain("unbalanced bracket");
      return result;
    }
    while (accept(token_kind::open))
      complain("brackets nested too deeply");
    license_expression result;
    result.name = words();
    if (result.name.find(' ') != std::string::npos)
      complain("a licence name with blanks: " + shorten(result.name, 60));
    if (result.name.empty())
      complain("an operator without a licence name");
    if (accept(token_kind::with))
      result.exception = exception_words();
    return result;
  }

  std::string words() {
    std::string result;
    for (; peek() == token_kind::word; ++at_)
      result += (result.empty() ? "" : " ") + std::string{tokens_[at_].text};
    return result;
  }

  std::string exception_words() {
    std::string result;
    while (peek() == token_kind::word) {
      const auto word = tokens_[at_++].text;
      const auto folded = lower(word);
      if (folded == "exception" || folded == "exceptions")
        return result;
      result += (result.empty() ? "" : " ") + std::string{word};
    }
    return result;
  }

  std::vector<token> tokens_;
  std::size_t at_ = 0;
  std::vector<std::string> problems_;
};

void collect(const license_expression& expression,
             std::vector<license_expression>& result) {
  if (expression.what != kind::name) {
    for (const auto& operand : expression.operands)
      collect(operand, result);
  } else if (!expression.empty()) {
    result.push_back(expression);
  }
}

} // namespace

parsed_expression parse_expression(std::string_view text) {
  if (text.size() > max_bytes)
    return {{}, {"a licence expression of more than 16 KiB; not read"}};
  return expression_parser{text}.run();
}

std::vector<license_expression> leaves(const license_expression& expression) {
  std::vector<license_expression> result;
  collect(expression, result);
  return result;
}

std::string debian_name(const license_expression& leaf) {
  if (leaf.exception.empty())
    return leaf.name;
  return leaf.name + " with " + leaf.exception + " exception";
}

} // namespace license_inventory

#include <stanchion/core/ascii.hpp>
#include <stanchion/core/redaction.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <utility>

namespace stanchion {

namespace {

constexpr std::array<std::string_view, 22> known_names{
  "password",      "passwd",     "pwd",         "passphrase", "passcode",
  "secret",        "secrets",    "token",       "apikey",     "api key",
  "access key",    "accesskey",  "private key", "privatekey", "signing key",
  "authorization", "credential", "credentials", "cookie",     "cookies",
  "jwt",           "bearer"};

/// What keys of well-known services begin with.
constexpr std::array<std::string_view, 15> prefixes{
  "sk-",    "sk_live_", "sk_test_", "rk_live_", "pk_live_",
  "ghp_",   "gho_",     "ghs_",     "ghu_",     "github_pat_",
  "glpat-", "xoxb-",    "xoxp-",    "AKIA",     "eyJ"};

/// Letters behind such a prefix that make it a key.
constexpr std::size_t least_key = 12;
/// Letters of a credential behind `Bearer` that are no word of prose.
constexpr std::size_t least_credential = 8;

bool is_alnum(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

bool is_token(char c) {
  return is_alnum(c)
         || std::string_view{"-._~+/="}.find(c) != std::string::npos;
}

bool is_name(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/// Whether a word begins at `i` that goes on with small letters, as in
/// `apiKey` and `APIKey`, or a number does.
bool begins_word(std::string_view x, std::size_t i) {
  if (i == 0)
    return true;
  if (is_digit(x[i]) != is_digit(x[i - 1]))
    return true;
  if (!is_upper(x[i]))
    return false;
  return !is_upper(x[i - 1])
         || (i + 1 < x.size() && is_alnum(x[i + 1]) && !is_upper(x[i + 1]));
}

/// The words of a name in small letters.
std::vector<std::string> words_of(std::string_view name) {
  auto words = std::vector<std::string>{};
  auto open = false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!is_alnum(name[i])) {
      open = false;
      continue;
    }
    if (!open || begins_word(name, i))
      words.emplace_back();
    words.back() += to_lower(name[i]);
    open = true;
  }
  return words;
}

/// Whether `at` goes on with `with`, in any case.
bool goes_on(std::string_view at, std::string_view with) {
  return at.size() >= with.size()
         && std::equal(with.begin(), with.end(), at.begin(),
                       [](char x, char y) { return x == to_lower(y); });
}

template <class Predicate>
std::size_t run_of(std::string_view at, Predicate is) {
  const auto end = std::find_if_not(at.begin(), at.end(), is);
  return static_cast<std::size_t>(end - at.begin());
}

/// The length of a key that begins here; 0 for none.
std::size_t key_length(std::string_view at) {
  for (const auto prefix : prefixes)
    if (at.starts_with(prefix)) {
      const auto rest = run_of(at.substr(prefix.size()), [](char c) {
        return is_alnum(c) || c == '_' || c == '-' || c == '.';
      });
      if (rest >= least_key)
        return prefix.size() + rest;
    }
  return 0;
}

/// The length of `Bearer ` where a credential follows, and of that; zeros
/// where none does.
std::pair<std::size_t, std::size_t> credential(std::string_view at) {
  for (const auto scheme : {"bearer", "basic"})
    if (goes_on(at, scheme)) {
      const auto name = std::string_view{scheme}.size();
      const auto blanks = run_of(at.substr(name), is_blank);
      const auto token = at.substr(name + blanks);
      const auto length = run_of(token, is_token);
      const auto word
        = length < least_credential
          && std::none_of(token.begin(), token.begin() + length, is_digit);
      if (blanks > 0 && length > 0 && !word)
        return {name + blanks, length};
    }
  return {0, 0};
}

/// The length of `user:password` where `://` comes before it and `@` follows.
std::size_t userinfo(std::string_view at) {
  const auto length = run_of(at, [](char c) {
    return c != '@' && c != '/' && c != '"' && c != '\'' && !is_blank(c)
           && c != '\n';
  });
  return length < at.size() && at[length] == '@' ? length : 0;
}

/// The length of a private key in PEM that begins here; 0 for none.
std::size_t pem_length(std::string_view at) {
  constexpr auto end = std::string_view{"PRIVATE KEY-----"};
  if (!at.starts_with("-----BEGIN "))
    return 0;
  const auto first = at.find(end);
  if (first > 40) // or there is none
    return 0;
  const auto last = at.find(end, first + end.size());
  return last == at.npos ? at.size() : last + end.size();
}

/// Quotes, also escaped ones, as they stand in JSON within JSON.
std::size_t quote_length(std::string_view at) {
  const auto slashes = run_of(at, [](char c) { return c == '\\'; });
  const auto quoted
    = slashes < at.size() && (at[slashes] == '"' || at[slashes] == '\'');
  return quoted ? slashes + 1 : 0;
}

/// What lies between a name and its value: `=`, `: `, `": "`; 0 for nothing.
std::size_t separator_length(std::string_view at) {
  auto i = quote_length(at);
  i += run_of(at.substr(i), is_blank);
  if (i >= at.size() || (at[i] != '=' && at[i] != ':'))
    return 0;
  ++i;
  return i + run_of(at.substr(i), is_blank);
}

std::size_t value_length(std::string_view at, bool to_end_of_line) {
  if (const auto quote = quote_length(at)) {
    const auto end = at.find(at.substr(0, quote), quote);
    return end == at.npos ? at.size() : end + quote;
  }
  const auto ends = to_end_of_line ? std::string_view{"\n\r\"'"}
                                   : std::string_view{" \t\n\r,;&\"'<>)}]\\"};
  return std::min(at.find_first_of(ends), at.size());
}

} // namespace

redaction::redaction(const std::vector<std::string>& more) {
  for (const auto name : known_names)
    names_.push_back(words_of(name));
  for (const auto& name : more)
    if (auto x = words_of(name); !x.empty())
      names_.push_back(std::move(x));
}

bool redaction::hides(std::string_view name) const {
  const auto has = words_of(name);
  return std::any_of(names_.begin(), names_.end(), [&](const words& wanted) {
    if (wanted.size() == 1)
      return std::any_of(has.begin(), has.end(), [&](const auto& word) {
        return word.ends_with(wanted.front()); // as in `accesstoken`
      });
    return std::search(has.begin(), has.end(), wanted.begin(), wanted.end())
           != has.end();
  });
}

std::string redaction::text(std::string_view x) const {
  auto to = std::string{};
  to.reserve(x.size());
  const auto copy = [&](std::size_t n) {
    to.append(x.substr(0, n));
    x.remove_prefix(n);
  };
  const auto hide = [&](std::size_t n) {
    to.append(mark);
    x.remove_prefix(n);
  };
  while (!x.empty()) {
    if (const auto n = pem_length(x)) {
      hide(n);
    } else if (x.starts_with("://")) {
      copy(3);
      if (const auto user = userinfo(x))
        hide(user);
    } else if (!is_alnum(x.front()) || (!to.empty() && is_alnum(to.back()))) {
      copy(1);
    } else if (const auto key = key_length(x)) {
      hide(key);
    } else if (const auto [scheme, secret] = credential(x); secret != 0) {
      copy(scheme);
      hide(secret);
    } else {
      const auto name = run_of(x, is_name);
      const auto separator = separator_length(x.substr(name));
      if (separator == 0 || !hides(x.substr(0, name))) {
        copy(1);
        continue;
      }
      const auto last = words_of(x.substr(0, name)).back();
      copy(name + separator);
      hide(value_length(x, last == "authorization" || last == "cookie"));
    }
  }
  return to;
}

void redaction::apply(json& doc) const {
  if (auto* text = doc.get_ptr<json::string_t*>()) {
    *text = this->text(*text);
  } else if (auto* members = doc.get_ptr<json::object_t*>()) {
    for (auto& [name, x] : *members)
      if (hides(name) && !x.is_null())
        x = mark;
      else
        apply(x);
  } else if (doc.is_array()) {
    for (auto& x : doc)
      apply(x);
  }
}

} // namespace stanchion

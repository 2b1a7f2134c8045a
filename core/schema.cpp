#include <stanchion/core/detail/plain_check.hpp>
#include <stanchion/core/detail/schema_words.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/schema.hpp>
#include <stanchion/core/schema_keywords.hpp>

#include <nlohmann/json.hpp>

// Without it the library ends the process where a schema is wrong.
#define VALIJSON_USE_EXCEPTIONS 1 // NOLINT(readability-identifier-naming)
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include <cmath>
#include <cstdint>
#include <regex>
#include <string_view>
#include <utility>

namespace stanchion {

namespace {

using detail::append_token;
using detail::is_data;
using valijson::adapters::NlohmannJsonAdapter;

/// Longer texts are not matched against patterns: libstdc++ needs stack for
/// each character.
constexpr std::size_t longest_match = 8192;
/// Offences beyond these are only counted.
constexpr std::size_t offences_told = 5;

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::invalid_spec, "not a JSON Schema (draft 7): " + why};
}

void check_pattern(const std::string& pattern, const std::string& pointer) {
  try {
    const std::regex compiled{pattern};
  } catch (const std::regex_error& e) {
    refuse("\"" + pattern + "\" at " + pointer
           + " is no regular expression: " + e.what());
  }
}

/// Compiles all patterns below `x` once, so that a wrong one is found before
/// any document is checked. Returns whether there is any.
bool check_patterns(const json& x, const std::string& pointer) {
  auto found = false;
  for (const auto& [key, part] : x.items()) {
    auto below = pointer;
    append_token(below, key);
    if (x.is_object() && is_data(key))
      continue;
    if (x.is_object() && key == "pattern" && part.is_string()) {
      check_pattern(part.get_ref<const std::string&>(), below);
      found = true;
    } else if (part.is_structured()) {
      found = check_patterns(part, below) || found;
    }
    if (x.is_object() && key == "patternProperties" && part.is_object()) {
      found = found || !part.empty();
      for (const auto& member : part.items())
        check_pattern(member.key(), below);
    }
  }
  return found;
}

/// Whether a text in `x`, or the name of a member, is longer than a pattern
/// can be matched against.
bool has_long_text(const json& x) {
  if (x.is_string())
    return x.get_ref<const std::string&>().size() > longest_match;
  if (!x.is_structured())
    return false;
  for (const auto& [key, part] : x.items())
    if (key.size() > longest_match || has_long_text(part))
      return true;
  return false;
}

bool is_integral_double(const json& x) {
  constexpr auto exact = 0x1p53;
  if (!x.is_number_float())
    return false;
  const auto number = x.get<double>();
  return number == std::trunc(number) && std::abs(number) < exact;
}

/// Turns 5.0 into 5, which draft 7 does not tell apart. Returns whether there
/// was any such number.
bool make_integers(json& x) {
  auto changed = is_integral_double(x);
  if (changed)
    x = static_cast<std::int64_t>(x.get<double>());
  else if (x.is_structured())
    for (auto& part : x)
      changed = make_integers(part) || changed;
  return changed;
}

/// `context` is `<root>` and then names and indices in brackets.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string result;
  for (std::size_t i = 1; i < context.size(); ++i) {
    auto token = std::string_view{context[i]};
    if (token.size() >= 2 && token.front() == '[' && token.back() == ']')
      token = token.substr(1, token.size() - 2);
    append_token(result, token);
  }
  return result;
}

std::string describe(const valijson::ValidationResults& results) {
  std::string text;
  std::size_t told = 0;
  for (const auto& offence : results) {
    if (told++ == offences_told)
      break;
    const auto pointer = pointer_of(offence.context);
    text += text.empty() ? "" : "; ";
    text += pointer.empty() ? "the document" : pointer;
    text += ": " + offence.description;
  }
  if (results.numErrors() > offences_told)
    text += "; and " + std::to_string(results.numErrors() - offences_told)
            + " more";
  return text.empty() ? "the document: nothing is allowed here" : text;
}

} // namespace

struct schema::impl {
  json document;
  bool accepts_all = false;
  bool has_patterns = false;
  std::optional<detail::plain_check> plain;
  valijson::Schema compiled;

  bool fits(const json& x, valijson::ValidationResults* results) const {
    // Keeps compiled patterns; may not be shared between threads.
    thread_local valijson::Validator validator;
    return validator.validate(compiled, NlohmannJsonAdapter{x}, results);
  }
};

schema::schema(std::shared_ptr<const impl> x) : impl_(std::move(x)) {
  // nop
}

schema schema::any() {
  static const auto shared = [] {
    auto x = std::make_shared<impl>();
    x->document = true;
    x->accepts_all = true;
    return std::shared_ptr<const impl>{std::move(x)};
  }();
  return schema{shared};
}

schema::schema(const json& document) {
  auto x = std::make_shared<impl>();
  x->document = document;
  if (document.is_object() && document.contains(detail::unchecked_keyword)) {
    x->accepts_all = true;
    impl_ = std::move(x);
    return;
  }
  if (const auto unknown = unsupported_keywords(document); !unknown.empty())
    refuse(unknown.front()
           + (unknown.front().ends_with("/$ref")
                ? " leads to a remote document, which is never fetched"
                : " belongs to a later draft and would be ignored; say it in "
                  "other words"));
  x->accepts_all = document == true || document == json::object();
  x->has_patterns = document.is_structured() && check_patterns(document, "");
  try {
    valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(
      NlohmannJsonAdapter{x->document}, x->compiled);
  } catch (const std::exception& e) {
    refuse(e.what());
  }
  x->plain = detail::plain_check::compile(x->document);
  impl_ = std::move(x);
}

std::optional<std::string> schema::check(const json& x) const {
  if (impl_->accepts_all || (impl_->plain && impl_->plain->vouches_for(x)))
    return std::nullopt;
  if (impl_->has_patterns && has_long_text(x))
    return "a text is longer than " + std::to_string(longest_match)
           + " bytes, the most that a schema with patterns can check";
  if (impl_->fits(x, nullptr))
    return std::nullopt;
  auto canonical = x;
  const auto* judged = make_integers(canonical) ? &canonical : &x;
  valijson::ValidationResults results;
  if (impl_->fits(*judged, &results))
    return std::nullopt;
  return describe(results);
}

const json& schema::document() const {
  return impl_->document;
}

} // namespace stanchion

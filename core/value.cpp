#include <stanchion/core/detail/json_text.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/failure.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <compare>

namespace stanchion {

// -- what a value remembers beside its document
// ----------------------------------

struct value::origin {
  std::string pointer;
  std::string source;
  std::optional<double> confidence;
};

namespace {

/// Doubles below this hold every integer exactly.
constexpr double exact_limit = 0x1p53;

const std::string& primary() {
  static const std::string text{"primary"};
  return text;
}

/// Shares `x`, which lives as long as the program; costs no count.
std::shared_ptr<const json> immortal(const json& x) {
  return {std::shared_ptr<const json>{}, &x};
}

const json& null_document() {
  static const json x;
  return x;
}

const json& bool_document(bool x) {
  static const json yes(true);
  static const json no(false);
  return x ? yes : no;
}

// -- what errors say
// -------------------------------------------------------------

std::string_view type_name(const json& x) {
  switch (x.type()) {
  case json::value_t::null:
    return "null";
  case json::value_t::boolean:
    return "a boolean";
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
    return "an integer";
  case json::value_t::number_float:
    return "a number";
  case json::value_t::string:
    return "a string";
  case json::value_t::array:
    return "an array";
  case json::value_t::object:
    return "an object";
  case json::value_t::binary:
  case json::value_t::discarded:
    break;
  }
  return "no JSON";
}

std::string place(const std::string& pointer) {
  return pointer.empty() ? "the document" : detail::clip(pointer, 200);
}

[[noreturn]] void refuse(const std::string& message) {
  throw step_error{failure{.kind = failure_kind::invalid_input,
                           .effect = side_effect::none,
                           .message = detail::to_valid_utf8(message)}};
}

[[noreturn]] void refuse_type(const value& x, std::string_view wanted) {
  refuse(place(x.pointer()) + " is " + std::string{type_name(x.get())}
         + ", not " + std::string{wanted});
}

/// The first few member names, for a person to compare with.
std::string names_of(const json::object_t& members) {
  constexpr std::size_t shown = 8;
  std::string text;
  std::size_t count = 0;
  for (const auto& [key, x] : members) {
    if (count++ == shown)
      return text + ", …";
    text += (text.empty() ? "" : ", ") + detail::clip(key, 40);
  }
  return text;
}

[[noreturn]] void refuse_member(const value& x, std::string_view key) {
  const auto wanted
    = place(x.pointer() + detail::pointer_step(key)) + " is missing: ";
  const auto* members = x.get().get_ptr<const json::object_t*>();
  const auto have = members == nullptr ? std::string{type_name(x.get())}
                    : members->empty() ? std::string{"an empty object"}
                                       : "an object with " + names_of(*members);
  refuse(wanted + place(x.pointer()) + " is " + have);
}

[[noreturn]] void refuse_element(const value& x, std::string_view index) {
  const auto* elements = x.get().get_ptr<const json::array_t*>();
  const auto have = elements == nullptr
                      ? std::string{type_name(x.get())}
                      : "an array of " + std::to_string(elements->size());
  refuse(place(x.pointer() + detail::pointer_step(index))
         + " is missing: " + place(x.pointer()) + " is " + have);
}

/// How an operand is named: by its place if it has one, and its type.
std::string operand(const value& x) {
  const std::string type{type_name(x.get())};
  return x.pointer().empty()
           ? type
           : detail::clip(x.pointer(), 200) + ", " + type + ",";
}

[[noreturn]] void refuse_order(const value& x, const value& y) {
  refuse("no order between " + operand(x) + " and " + operand(y)
         + ": only two numbers or two strings have one");
}

// -- comparison
// ------------------------------------------------------------------

std::partial_ordering compare(std::integral auto x, std::integral auto y) {
  if (std::cmp_less(x, y))
    return std::partial_ordering::less;
  return std::cmp_equal(x, y) ? std::partial_ordering::equivalent
                              : std::partial_ordering::greater;
}

std::partial_ordering compare(double x, double y) {
  return x <=> y;
}

/// Exact: no integer is rounded to a double on the way.
template <std::integral Int>
std::partial_ordering compare(Int x, double y) {
  if (std::isnan(y))
    return std::partial_ordering::unordered;
  constexpr double beyond = std::is_signed_v<Int> ? 0x1p63 : 0x1p64;
  constexpr double least = std::is_signed_v<Int> ? -0x1p63 : 0.0;
  if (y >= beyond)
    return std::partial_ordering::less;
  if (y < least)
    return std::partial_ordering::greater;
  const auto whole = std::trunc(y);
  const auto order = compare(x, static_cast<Int>(whole));
  return order == 0 ? compare(whole, y) : order;
}

template <std::integral Int>
std::partial_ordering compare(double x, Int y) {
  return 0 <=> compare(y, x);
}

/// Calls `f` with a number as the type that holds it.
template <class F>
auto with_number(const json& x, F f) {
  if (const auto* n = x.get_ptr<const json::number_unsigned_t*>())
    return f(*n);
  if (const auto* n = x.get_ptr<const json::number_integer_t*>())
    return f(*n);
  return f(*x.get_ptr<const double*>());
}

/// Precondition: both are numbers.
std::partial_ordering compare_numbers(const json& x, const json& y) {
  return with_number(x, [&](auto a) {
    return with_number(y, [&](auto b) { return compare(a, b); });
  });
}

/// Whether two numbers have the same canonical bytes: an integer and a double
/// only where doubles are exact. Precondition: both are numbers.
bool same_number(const json& x, const json& y) {
  if (x.is_number_float() != y.is_number_float()) {
    const auto& inexact = x.is_number_float() ? x : y;
    if (std::abs(*inexact.get_ptr<const double*>()) >= exact_limit)
      return false;
  }
  return compare_numbers(x, y) == 0;
}

bool same(const json& x, const json& y) {
  if (x.is_number() && y.is_number())
    return same_number(x, y);
  if (x.type() != y.type())
    return false;
  if (const auto* xs = x.get_ptr<const json::array_t*>()) {
    const auto* ys = y.get_ptr<const json::array_t*>();
    return std::equal(xs->begin(), xs->end(), ys->begin(), ys->end(), same);
  }
  if (const auto* xs = x.get_ptr<const json::object_t*>()) {
    const auto* ys = y.get_ptr<const json::object_t*>();
    return std::equal(xs->begin(), xs->end(), ys->begin(), ys->end(),
                      [](const auto& a, const auto& b) {
                        return a.first == b.first && same(a.second, b.second);
                      });
  }
  return x == y;
}

/// Throws where there is no order, NaN included: a rule must not pass because
/// its input could not be compared.
std::partial_ordering order(const value& x, const value& y) {
  const auto& a = x.get();
  const auto& b = y.get();
  auto result = std::partial_ordering::unordered;
  if (a.is_number() && b.is_number())
    result = compare_numbers(a, b);
  else if (a.is_string() && b.is_string())
    result
      = *a.get_ptr<const std::string*>() <=> *b.get_ptr<const std::string*>();
  if (result == std::partial_ordering::unordered)
    refuse_order(x, y);
  return result;
}

/// A double that the canonical form writes as an integer.
bool is_exact_integer(double x) {
  return std::abs(x) < exact_limit && x == std::trunc(x);
}

} // namespace

// -- making
// ----------------------------------------------------------------------

value::value() = default;

value::value(std::nullptr_t) {
  // nop
}

value::value(bool x) : doc_(immortal(bool_document(x))) {
  // nop
}

value::value(double x) : doc_(std::make_shared<const json>(x)) {
  // nop
}

value::value(std::string x) : doc_(std::make_shared<const json>(std::move(x))) {
  // nop
}

value::value(std::string_view x) : doc_(std::make_shared<const json>(x)) {
  // nop
}

value::value(const char* x) : value(std::string_view{x}) {
  // nop
}

value::value(json x) : doc_(std::make_shared<const json>(std::move(x))) {
  // nop
}

value::value(signed_tag x) : doc_(std::make_shared<const json>(x.x)) {
  // nop
}

value::value(unsigned_tag x) : doc_(std::make_shared<const json>(x.x)) {
  // nop
}

// -- structure
// -------------------------------------------------------------------

bool value::is_null() const {
  return get().is_null();
}

bool value::is_bool() const {
  return get().is_boolean();
}

bool value::is_number() const {
  return get().is_number();
}

bool value::is_integer() const {
  if (const auto* x = get().get_ptr<const double*>())
    return is_exact_integer(*x);
  return get().is_number_integer();
}

bool value::is_string() const {
  return get().is_string();
}

bool value::is_array() const {
  return get().is_array();
}

bool value::is_object() const {
  return get().is_object();
}

std::size_t value::size() const {
  return get().size();
}

bool value::contains(std::string_view key) const {
  const auto* members = get().get_ptr<const json::object_t*>();
  return members != nullptr && members->find(key) != members->end();
}

value value::part(const json& x, std::string_view step) const {
  auto from = std::make_shared<origin>();
  if (origin_)
    *from = *origin_;
  from->pointer += detail::pointer_step(step);
  value result;
  result.doc_ = {doc_, &x};
  result.origin_ = std::move(from);
  return result;
}

value value::operator[](std::string_view key) const {
  if (const auto* members = get().get_ptr<const json::object_t*>())
    if (const auto at = members->find(key); at != members->end())
      return part(at->second, key);
  refuse_member(*this, key);
}

value value::operator[](const char* key) const {
  return (*this)[std::string_view{key}];
}

value value::element(unsigned_tag index) const {
  const auto* elements = get().get_ptr<const json::array_t*>();
  if (elements == nullptr || index.x >= elements->size())
    refuse_element(*this, std::to_string(index.x));
  return part((*elements)[index.x], std::to_string(index.x));
}

value value::element(signed_tag index) const {
  if (index.x < 0)
    refuse_element(*this, std::to_string(index.x));
  return element(unsigned_tag{static_cast<std::uint64_t>(index.x)});
}

value value::get(std::string_view key, value otherwise) const {
  const auto* members = get().get_ptr<const json::object_t*>();
  if (members == nullptr && !is_null())
    refuse_member(*this, key);
  if (members == nullptr)
    return otherwise;
  const auto at = members->find(key);
  if (at == members->end() || at->second.is_null())
    return otherwise;
  return part(at->second, key);
}

// -- scalars
// ---------------------------------------------------------------------

bool value::as_bool() const {
  if (const auto* x = get().get_ptr<const bool*>())
    return *x;
  refuse_type(*this, "a boolean");
}

std::int64_t value::as_int() const {
  const auto& doc = get();
  if (const auto* x = doc.get_ptr<const json::number_unsigned_t*>()) {
    if (!std::in_range<std::int64_t>(*x))
      refuse(place(pointer()) + " is " + std::to_string(*x)
             + ", beyond a signed 64-bit integer");
    return static_cast<std::int64_t>(*x);
  }
  if (const auto* x = doc.get_ptr<const json::number_integer_t*>())
    return *x;
  if (const auto* x = doc.get_ptr<const double*>()) {
    if (is_exact_integer(*x))
      return static_cast<std::int64_t>(*x);
    refuse(place(pointer()) + " is a number that no integer equals exactly");
  }
  refuse_type(*this, "an integer");
}

double value::as_double() const {
  if (!is_number())
    refuse_type(*this, "a number");
  return with_number(get(), [](auto x) { return static_cast<double>(x); });
}

const std::string& value::as_string() const {
  if (const auto* x = get().get_ptr<const std::string*>())
    return *x;
  refuse_type(*this, "a string");
}

// -- the document
// ----------------------------------------------------------------

const json& value::get() const {
  return doc_ ? *doc_ : null_document();
}

std::string value::dump() const {
  return get().dump(-1, ' ', false, json::error_handler_t::replace);
}

const std::string& value::pointer() const {
  static const std::string whole;
  return origin_ ? origin_->pointer : whole;
}

// -- provenance
// ------------------------------------------------------------------

const std::string& value::source() const {
  return origin_ && !origin_->source.empty() ? origin_->source : primary();
}

std::optional<double> value::confidence() const {
  return origin_ ? origin_->confidence : std::nullopt;
}

value value::with_source(std::string source) const {
  auto from = std::make_shared<origin>();
  if (origin_)
    *from = *origin_;
  from->source = source == primary() ? std::string{} : std::move(source);
  auto result = *this;
  result.origin_ = std::move(from);
  return result;
}

value value::with_confidence(double confidence) const {
  if (!(confidence >= 0.0 && confidence <= 1.0))
    refuse("a confidence of " + std::to_string(confidence)
           + " is outside of [0, 1]");
  auto from = std::make_shared<origin>();
  if (origin_)
    *from = *origin_;
  from->confidence = confidence;
  auto result = *this;
  result.origin_ = std::move(from);
  return result;
}

// -- comparison
// ------------------------------------------------------------------

bool operator==(const value& x, const value& y) {
  return same(x.get(), y.get());
}

bool value::equals(const json& y) const {
  return same(get(), y);
}

bool operator<(const value& x, const value& y) {
  return order(x, y) < 0;
}

bool operator>(const value& x, const value& y) {
  return order(x, y) > 0;
}

bool operator<=(const value& x, const value& y) {
  return order(x, y) <= 0;
}

bool operator>=(const value& x, const value& y) {
  return order(x, y) >= 0;
}

void to_json(json& to, const value& from) {
  to = from.get();
}

// -- building objects
// ------------------------------------------------------------

object_builder::object_builder()
  : object_(std::make_unique<json>(json::value_t::object)) {
  // nop
}

object_builder::~object_builder() = default;

void object_builder::add(std::string_view key, const value& x) {
  auto& members = object_->get_ref<json::object_t&>();
  if (!members.emplace(key, x.get()).second)
    throw error{error_code::invalid_json, "an object with the key \""
                                            + detail::clip(key, 60)
                                            + "\" twice; give each key once"};
}

value object_builder::build() {
  return value{std::move(*object_)};
}

value args() {
  static const json empty(json::value_t::object);
  static const value shared{empty};
  return shared;
}

} // namespace stanchion

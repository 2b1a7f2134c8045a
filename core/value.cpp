#include <stanchion/core/detail/json_order.hpp>
#include <stanchion/core/detail/json_text.hpp>
#include <stanchion/core/detail/refusal.hpp>
#include <stanchion/core/detail/utf8.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/value.hpp>

#include <nlohmann/json.hpp>

#include <compare>

namespace stanchion {

// -- what a value remembers beside its document -------------------------------

struct value::origin {
  std::string pointer;
  std::string source;
  std::optional<double> confidence;
  confidence_method how = confidence_method::reported;
};

namespace {

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

/// Throws where there is no order, NaN included: a rule must not pass because
/// its input could not be compared.
std::partial_ordering order(const value& x, const value& y) {
  const auto& a = x.get();
  const auto& b = y.get();
  auto result = std::partial_ordering::unordered;
  if (a.is_number() && b.is_number())
    result = detail::compare_numbers(a, b);
  else if (a.is_string() && b.is_string())
    result
      = *a.get_ptr<const std::string*>() <=> *b.get_ptr<const std::string*>();
  if (result == std::partial_ordering::unordered)
    detail::refuse_order(x, y);
  return result;
}

} // namespace

// -- making -------------------------------------------------------------------

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

// -- structure ----------------------------------------------------------------

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
    return detail::is_exact_integer(*x);
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
  detail::refuse_member(*this, key);
}

value value::operator[](const char* key) const {
  return (*this)[std::string_view{key}];
}

value value::element(unsigned_tag index) const {
  const auto* elements = get().get_ptr<const json::array_t*>();
  if (elements == nullptr || index.x >= elements->size())
    detail::refuse_element(*this, std::to_string(index.x));
  return part((*elements)[index.x], std::to_string(index.x));
}

value value::element(signed_tag index) const {
  if (index.x < 0)
    detail::refuse_element(*this, std::to_string(index.x));
  return element(unsigned_tag{static_cast<std::uint64_t>(index.x)});
}

value value::get(std::string_view key, value otherwise) const {
  const auto* members = get().get_ptr<const json::object_t*>();
  if (members == nullptr && !is_null())
    detail::refuse_member(*this, key);
  if (members == nullptr)
    return otherwise;
  const auto at = members->find(key);
  if (at == members->end() || at->second.is_null())
    return otherwise;
  return part(at->second, key);
}

// -- scalars ------------------------------------------------------------------

bool value::as_bool() const {
  if (const auto* x = get().get_ptr<const bool*>())
    return *x;
  detail::refuse_type(*this, "a boolean");
}

std::int64_t value::as_int() const {
  const auto& doc = get();
  if (const auto* x = doc.get_ptr<const json::number_unsigned_t*>()) {
    if (!std::in_range<std::int64_t>(*x))
      detail::refuse_content(*this, "beyond a signed 64-bit integer");
    return static_cast<std::int64_t>(*x);
  }
  if (const auto* x = doc.get_ptr<const json::number_integer_t*>())
    return *x;
  if (const auto* x = doc.get_ptr<const double*>()) {
    if (!detail::is_exact_integer(*x))
      detail::refuse_content(*this, "a number that no integer equals exactly");
    return static_cast<std::int64_t>(*x);
  }
  detail::refuse_type(*this, "an integer");
}

double value::as_double() const {
  if (!is_number())
    detail::refuse_type(*this, "a number");
  return get().get<double>();
}

const std::string& value::as_string() const {
  if (const auto* x = get().get_ptr<const std::string*>())
    return *x;
  detail::refuse_type(*this, "a string");
}

// -- the document -------------------------------------------------------------

const json& value::get() const {
  return doc_ ? *doc_ : null_document();
}

std::string value::dump() const {
  return json_text(get());
}

const std::string& value::pointer() const {
  static const std::string whole;
  return origin_ ? origin_->pointer : whole;
}

// -- provenance ---------------------------------------------------------------

const std::string& value::source() const {
  return origin_ && !origin_->source.empty() ? origin_->source : primary();
}

std::optional<double> value::confidence() const {
  return origin_ ? origin_->confidence : std::nullopt;
}

confidence_method value::confidence_by() const {
  return origin_ ? origin_->how : confidence_method::reported;
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

value value::with_confidence(double confidence, confidence_method how) const {
  if (!(confidence >= 0.0 && confidence <= 1.0))
    detail::refuse("a confidence of " + std::to_string(confidence)
                   + " is outside of [0, 1]");
  auto from = std::make_shared<origin>();
  if (origin_)
    *from = *origin_;
  from->confidence = confidence;
  from->how = how;
  auto result = *this;
  result.origin_ = std::move(from);
  return result;
}

// -- comparison ---------------------------------------------------------------

bool operator==(const value& x, const value& y) {
  return detail::same(x.get(), y.get());
}

bool value::equals(const json& y) const {
  return detail::same(get(), y);
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

// -- building objects ---------------------------------------------------------

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
  const auto sure = x.confidence();
  if (sure && (!confidence_ || *sure < *confidence_)) {
    confidence_ = sure;
    how_ = x.confidence_by();
  }
}

value object_builder::build() {
  auto result = value{std::move(*object_)};
  return confidence_ ? result.with_confidence(*confidence_, how_) : result;
}

value args() {
  static const json empty(json::value_t::object);
  static const value shared{empty};
  return shared;
}

} // namespace stanchion

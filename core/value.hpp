#pragma once

#include <nlohmann/json_fwd.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace stanchion {

using nlohmann::json;

/// How it was found out how sure somebody is. Append only: journaled.
enum class confidence_method : std::uint8_t {
  reported = 1, ///< whoever made the value said so itself
  agreement,    ///< the share of several answers that say the same
  validator,    ///< something else has looked at it
};

/// Immutable, shared JSON with where it came from and how sure that is.
///
/// Copies are cheap and share the document; `[]` yields a part that keeps the
/// whole alive. Reading what is not there, or as what it is not, throws
/// `step_error{invalid_input, none}` naming the JSON pointer and the types: a
/// missing key is an answer, never undefined behaviour.
///
/// Threads: immutable; copies may be read from any thread.
class value {
public:
  /// JSON null.
  value();
  value(std::nullptr_t);
  value(bool x);
  value(double x);
  value(std::string x);
  value(std::string_view x);
  value(const char* x);
  /// Takes the document as it is.
  value(json x); // NOLINT(performance-unnecessary-value-param)
  /// Any integer; unsigned ones keep all 64 bits.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  value(T x) : value(integer(x)) {
    // nop
  }

  // -- structure --------------------------------------------------------------

  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_bool() const;
  /// True for integers and for other numbers.
  [[nodiscard]] bool is_number() const;
  /// True for integers and for numbers whose canonical form is an integer,
  /// such as 5.0.
  [[nodiscard]] bool is_integer() const;
  [[nodiscard]] bool is_string() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] bool is_object() const;

  /// Members of an object, elements of an array, 0 for null, 1 otherwise.
  [[nodiscard]] std::size_t size() const;
  /// Whether this is an object with member `key`.
  [[nodiscard]] bool contains(std::string_view key) const;

  /// Member `key`. Throws `step_error` when there is none.
  [[nodiscard]] value operator[](std::string_view key) const;
  [[nodiscard]] value operator[](const char* key) const;
  /// Element `index`. Throws `step_error` when there is none.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  [[nodiscard]] value operator[](T index) const {
    return element(integer(index));
  }

  /// Member `key`, or `otherwise` when there is none or it is null, or when
  /// this is null itself. Throws `step_error` when this is neither an object
  /// nor null.
  [[nodiscard]] value get(std::string_view key, value otherwise) const;

  // -- scalars: throw `step_error` when this is something else ----------------

  [[nodiscard]] bool as_bool() const;
  /// Takes 5.0 for 5; throws beyond 64 bits and for every other fraction.
  [[nodiscard]] std::int64_t as_int() const;
  /// Integers beyond 2^53 are rounded.
  [[nodiscard]] double as_double() const;
  [[nodiscard]] const std::string& as_string() const;

  // -- the document -----------------------------------------------------------

  /// The JSON itself; lives as long as any `value` that shares it.
  [[nodiscard]] const json& get() const;
  /// Compact JSON text, for people and logs.
  [[nodiscard]] std::string dump() const;
  /// The JSON pointer of this part inside its document; empty for the whole.
  [[nodiscard]] const std::string& pointer() const;

  // -- provenance -------------------------------------------------------------

  /// `primary`, or where else the value came from: `reconciled`,
  /// `person:<ticket>` and so on. Parts inherit it.
  [[nodiscard]] const std::string& source() const;
  /// How sure its maker is, in [0, 1]; nothing if nobody said. Compares below
  /// every number when absent, so that `< 0.8` is true for the unknown. Parts
  /// inherit it.
  [[nodiscard]] std::optional<double> confidence() const;
  /// How that was found out; `reported` where nobody said.
  [[nodiscard]] confidence_method confidence_by() const;
  [[nodiscard]] value with_source(std::string source) const;
  /// Throws `step_error` when `confidence` is outside of [0, 1] or NaN.
  [[nodiscard]] value with_confidence(double confidence,
                                      confidence_method how
                                      = confidence_method::reported) const;

  // -- comparison: by content, whatever the source ----------------------------

  /// Equal values have equal canonical bytes, and the other way round: 1 is
  /// 1.0, but from 2^53 on no integer equals a double.
  friend bool operator==(const value& x, const value& y);
  template <std::same_as<json> Json>
  friend bool operator==(const value& x, const Json& y) {
    return x.equals(y);
  }
  /// Ordering, exact for numbers and by bytes for strings; throws
  /// `step_error` for anything else and for NaN.
  friend bool operator<(const value& x, const value& y);
  friend bool operator>(const value& x, const value& y);
  friend bool operator<=(const value& x, const value& y);
  friend bool operator>=(const value& x, const value& y);

private:
  struct signed_tag {
    std::int64_t x;
  };
  struct unsigned_tag {
    std::uint64_t x;
  };
  struct origin;

  explicit value(signed_tag x);
  explicit value(unsigned_tag x);

  template <std::integral T>
  static auto integer(T x) {
    if constexpr (std::signed_integral<T>)
      return signed_tag{static_cast<std::int64_t>(x)};
    else
      return unsigned_tag{static_cast<std::uint64_t>(x)};
  }

  value element(signed_tag index) const;
  value element(unsigned_tag index) const;
  value part(const json& x, std::string_view step) const;
  bool equals(const json& y) const;

  std::shared_ptr<const json> doc_;
  std::shared_ptr<const origin> origin_; // null: primary, whole, unknown
};

/// Lets a `value` stand wherever nlohmann::json takes a convertible type.
void to_json(json& to, const value& from);

/// Collects the members of `args`. Not for direct use.
class object_builder {
public:
  object_builder();
  object_builder(const object_builder&) = delete;
  object_builder& operator=(const object_builder&) = delete;
  ~object_builder();

  void add(std::string_view key, const value& x);
  /// The object so far; ends the builder's life.
  [[nodiscard]] value build();

private:
  std::unique_ptr<json> object_;
  std::optional<double> confidence_;
  confidence_method how_ = confidence_method::reported;
};

/// The empty object.
[[nodiscard]] value args();

/// An object from keys and values in turn: `args("id", 7, "name", name)`. As
/// sure as the least sure of those that say how sure they are.
/// Throws `error{invalid_json}` when a key repeats.
template <class... Rest>
[[nodiscard]] value args(std::string_view key, const value& x,
                         const Rest&... rest)
  requires(sizeof...(Rest) % 2 == 0);

namespace detail {

inline void add_members(object_builder&) {
  // nop
}

template <class... Rest>
void add_members(object_builder& to, std::string_view key, const value& x,
                 const Rest&... rest) {
  to.add(key, x);
  add_members(to, rest...);
}

} // namespace detail

template <class... Rest>
value args(std::string_view key, const value& x, const Rest&... rest)
  requires(sizeof...(Rest) % 2 == 0)
{
  object_builder to;
  detail::add_members(to, key, x, rest...);
  return to.build();
}

} // namespace stanchion

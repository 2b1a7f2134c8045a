#pragma once

#include <stanchion/core/credential.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/configuration/located_json.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// How values are written in a configuration. The same form reads a value,
/// shows it, and says in a JSON Schema what fits.
namespace stanchion::configuring {

/// Where files that a configuration names are, and how they are read.
struct file_source {
  std::filesystem::path folder;
  /// Throws `error` for one that cannot be read. Called with paths below
  /// `folder`, or absolute ones.
  std::function<std::string(const std::filesystem::path&)> read;
};

template <class T>
struct form {
  /// What fits, for an error: `a span such as "30s"`.
  std::string fits;
  /// The same as a JSON Schema.
  value schema;
  /// Nothing for what does not fit; throws `error` where more can be said.
  std::function<std::optional<T>(const located_json&, const file_source&)> read;
  std::function<value(const T&)> show;
};

/// A text, which may be empty.
[[nodiscard]] form<std::string> text();
/// One that must not.
[[nodiscard]] form<std::string> name();
[[nodiscard]] form<bool> flag();
[[nodiscard]] form<double> real(double least, double most);
[[nodiscard]] form<std::uint64_t> natural(std::uint64_t least,
                                          std::uint64_t most);
/// A whole number of any type.
template <class T = std::uint32_t>
[[nodiscard]] form<T> whole(T least = 0,
                            T most = std::numeric_limits<T>::max());
/// `30s`, `10min`, `2h`. Positive, or `0s` where that may be.
[[nodiscard]] form<duration> span(bool zero = false);
[[nodiscard]] form<value> any_value();
/// A JSON Schema, `{"file": …}` with one, or `true` for anything.
[[nodiscard]] form<value> json_schema();
/// A text, or `{"file": …}` with one.
[[nodiscard]] form<std::string> prose();
/// A path, below the configuration's folder unless it is absolute.
[[nodiscard]] form<std::filesystem::path> path();
/// `{"env": …}`, `{"file": …}` or `{"credential": …}`.
[[nodiscard]] form<credential_source> credential();
/// Texts by name.
[[nodiscard]] form<std::vector<std::pair<std::string, std::string>>> texts();
/// One of these words: their number.
[[nodiscard]] form<std::size_t> word(std::vector<std::string> words);

/// The enumerators as `to_string` calls them.
template <class T>
[[nodiscard]] form<T> one_of(std::initializer_list<T> all);
/// Every enumerator from 1 to `last`.
template <class T>
[[nodiscard]] form<T> any_of(T last);
template <class T>
[[nodiscard]] form<std::vector<T>> list_of(form<T> of, std::size_t least = 0);

// -- templates ----------------------------------------------------------------

/// A form of another type, by functions between the two.
template <class To, class From, class There, class Back>
[[nodiscard]] form<To> mapped(form<From> x, There there, Back back) {
  return {
    x.fits, x.schema,
    [read = x.read, there](const located_json& from,
                           const file_source& files) -> std::optional<To> {
      auto got = read(from, files);
      return got ? std::optional<To>{there(*got)} : std::nullopt;
    },
    [show = x.show, back](const To& shown) { return show(back(shown)); }};
}

template <class T>
form<T> whole(T least, T most) {
  return mapped<T>(
    natural(least, most), [](std::uint64_t x) { return static_cast<T>(x); },
    [](const T& x) { return static_cast<std::uint64_t>(x); });
}

template <class T>
form<T> enumerators(const std::vector<T>& all) {
  auto names = std::vector<std::string>{};
  for (const auto x : all)
    names.emplace_back(to_string(x));
  return mapped<T>(
    word(std::move(names)), [all](std::size_t i) { return all[i]; },
    [all](const T& x) {
      auto i = std::size_t{0};
      while (i + 1 < all.size() && all[i] != x)
        ++i;
      return i;
    });
}

template <class T>
form<T> one_of(std::initializer_list<T> all) {
  return enumerators(std::vector<T>{all});
}

template <class T>
form<T> any_of(T last) {
  auto all = std::vector<T>{};
  for (auto i = 1U; i <= static_cast<unsigned>(last); ++i)
    all.push_back(static_cast<T>(i));
  return enumerators(all);
}

/// `{"type": "array", …}` of that.
[[nodiscard]] value array_schema(const value& of, std::size_t least);
[[nodiscard]] value array_of(const std::vector<value>& parts);

template <class T>
form<std::vector<T>> list_of(form<T> of, std::size_t least) {
  return {"an array, each part of it " + of.fits,
          array_schema(of.schema, least),
          [read = of.read,
           least](const located_json& from,
                  const file_source& files) -> std::optional<std::vector<T>> {
            if (!from.content->is_array() || from.parts.size() < least)
              return std::nullopt;
            auto all = std::vector<T>{};
            for (const auto& part : from.parts) {
              auto one = read(part, files);
              if (!one)
                return std::nullopt;
              all.push_back(std::move(*one));
            }
            return all;
          },
          [show = of.show](const std::vector<T>& xs) {
            auto parts = std::vector<value>{};
            for (const auto& x : xs)
              parts.push_back(show(x));
            return array_of(parts);
          }};
}

} // namespace stanchion::configuring

#pragma once

#include <stanchion/runtime/configuration/form.hpp>
#include <stanchion/runtime/configuration/located_json.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion::configuring {

/// A value that holds, and where it is from.
struct effective_value {
  std::string pointer;
  value content; ///< null: nothing is set
  /// Where it stands; nothing: it is the default.
  std::optional<text_place> at;
};

/// What came of reading a document so far.
struct findings {
  file_source files;
  std::vector<configuration_problem> problems;
  std::vector<effective_value> values;
};

/// A member of an object: its name, and what it is for.
struct key {
  const char* name;
  const char* about;
};

/// Reads an object member by member and refuses what nobody asked for. The same
/// function that reads can be asked what it would read: then nothing is there,
/// and a JSON Schema comes of it.
///
///     void read(object_reader& x, retry_options& to) {
///       x.field({"max_attempts", "Attempts of one call."}, to.max_attempts,
///               whole(1U, 100U));
///     }
///
/// Problems are collected; what is read stays as it was where there is one.
///
/// Threads: one.
class object_reader {
public:
  /// Reads `from`, which is an object.
  object_reader(findings& to, const located_json& from, std::string pointer);
  /// Describes what would be read.
  explicit object_reader(json& schema);
  object_reader(const object_reader&) = delete;
  object_reader& operator=(const object_reader&) = delete;
  ~object_reader();

  /// Whether a schema is made, and nothing is there to be read.
  [[nodiscard]] bool describes() const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// Where a member stands, or the object where there is none of that name: a
  /// problem that says nothing yet.
  [[nodiscard]] configuration_problem where(std::string_view name = {}) const;

  // -- members that are read as a whole ---------------------------------------

  template <class T>
  void field(const key& k, T& into, const form<T>& as) {
    take(
      k, as.fits, as.schema, [&] { return as.show(into); },
      reading_into(into, as), false);
  }
  /// One that may be missing.
  template <class T>
  void field(const key& k, std::optional<T>& into, const form<T>& as) {
    take(
      k, as.fits, as.schema, [&] { return into ? as.show(*into) : value{}; },
      reading_into(into, as), false);
  }
  /// One that must be there.
  template <class T>
  void require(const key& k, T& into, const form<T>& as) {
    take(
      k, as.fits, as.schema, [&] { return as.show(into); },
      reading_into(into, as), true);
  }

  // -- members that are objects or hold such ----------------------------------

  using read_object = std::function<void(object_reader&)>;
  using read_named = std::function<void(const std::string&, object_reader&)>;

  /// An object whose members have defaults, so that it may be missing.
  void section(const key& k, const read_object& read);
  /// One that means something by being there. False where it is not.
  bool object(const key& k, const read_object& read);
  /// Objects by names of the author's.
  void named(const key& k, const read_named& read);
  /// An array of objects.
  void list(const key& k, const read_object& read);

  /// What is read where a member says which of several this is.
  struct alternative {
    std::string name;
    std::string about;
    read_object read;
  };
  void variant(const key& k, const std::vector<alternative>& all);

  /// Refuses the object unless exactly one of these members is there.
  void exactly_one(std::initializer_list<const char*> names);

  /// Something is wrong with a member, or with the whole for an empty name.
  void complain(std::string_view name, const std::string& what);

  /// Refuses what was not read. Called once, when everything was.
  void finish();

private:
  using show_value = std::function<value()>;
  using read_value
    = std::function<bool(const located_json&, const file_source&)>;
  struct impl;

  template <class To, class T>
  static read_value reading_into(To& into, const form<T>& as) {
    return [&into, &as](const located_json& from, const file_source& files) {
      auto got = as.read(from, files);
      if (!got)
        return false;
      into = std::move(*got);
      return true;
    };
  }

  void take(const key& k, const std::string& fits, const value& schema,
            const show_value& show, const read_value& read, bool required);
  const located_json* find(const key& k);
  void descend(const located_json& into, const std::string& pointer,
               const read_object& read);

  std::unique_ptr<impl> impl_;
};

/// What `read` reads, as a JSON Schema.
[[nodiscard]] json describe(const object_reader::read_object& read);

} // namespace stanchion::configuring

#include <stanchion/core/error.hpp>
#include <stanchion/core/suggest.hpp>
#include <stanchion/runtime/configuration/object_reader.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace stanchion::configuring {

namespace {

/// What stands there instead. Never a text itself: somebody may have written a
/// key where it does not belong.
std::string given(const json& x) {
  return x.is_object()   ? "an object"
         : x.is_array()  ? "an array"
         : x.is_string() ? "a text that does not fit"
                         : x.dump();
}

/// A step of a JSON pointer.
std::string step_to(std::string_view name) {
  return (json::json_pointer{} / std::string{name}).to_string();
}

std::string names_in(const std::vector<std::string>& names) {
  auto text = std::string{};
  for (const auto& x : names)
    text += (text.empty() ? "" : ", ") + x;
  return text;
}

json empty_schema() {
  return {{"type", "object"},
          {"properties", json::object()},
          {"additionalProperties", false}};
}

} // namespace

struct object_reader::impl {
  findings* to = nullptr;             // null while describing
  const located_json* from = nullptr; // null while describing
  std::string pointer;
  json* schema = nullptr; // null while reading
  std::vector<std::string> known;
  bool unsure = false; // which members there are is not known

  void note(const char* name, value content, std::optional<text_place> at) {
    to->values.push_back({pointer + step_to(name), std::move(content), at});
  }
  void require(const char* name) {
    (*schema)["required"].push_back(name);
  }
};

object_reader::object_reader(findings& to, const located_json& from,
                             std::string pointer)
  : impl_(std::make_unique<impl>()) {
  impl_->to = &to;
  impl_->from = &from;
  impl_->pointer = std::move(pointer);
}

object_reader::object_reader(json& schema) : impl_(std::make_unique<impl>()) {
  schema = empty_schema();
  impl_->schema = &schema;
}

object_reader::~object_reader() = default;

bool object_reader::describes() const {
  return impl_->schema != nullptr;
}

bool object_reader::has(std::string_view name) const {
  return !describes() && impl_->from->member(name) != nullptr;
}

configuration_problem object_reader::where(std::string_view name) const {
  if (describes())
    return {};
  const auto* at = name.empty() ? nullptr : impl_->from->member(name);
  return {at == nullptr ? impl_->from->at : at->at,
          name.empty() ? impl_->pointer : impl_->pointer + step_to(name),
          {}};
}

// -- one member ---------------------------------------------------------------

/// The member, which is known from now on; null where there is none.
const located_json* object_reader::find(const key& k) {
  impl_->known.emplace_back(k.name);
  return describes() ? nullptr : impl_->from->member(k.name);
}

void object_reader::take(const key& k, const std::string& fits,
                         const value& schema, const show_value& show,
                         const read_value& read, bool required) {
  const auto* from = find(k);
  if (describes()) {
    auto& x = (*impl_->schema)["properties"][k.name];
    x = schema.get().is_object() ? schema.get() : json::object();
    x["description"] = k.about;
    if (required)
      impl_->require(k.name);
    else if (const auto normal = show(); !normal.is_null())
      x["default"] = normal.get();
    return;
  }
  if (from == nullptr) {
    if (required)
      complain({}, "has no \"" + std::string{k.name}
                     + "\"; it must be there: " + fits);
    else
      impl_->note(k.name, show(), std::nullopt);
    return;
  }
  try {
    if (!read(*from, impl_->to->files))
      complain(k.name, "must be " + fits + "; it is " + given(*from->content));
    else
      impl_->note(k.name, show(), from->at);
  } catch (const error& e) {
    complain(k.name, std::string{detail_of(e)});
  }
}

// -- objects ------------------------------------------------------------------

void object_reader::descend(const located_json& into,
                            const std::string& pointer,
                            const read_object& read) {
  if (!into.content->is_object()) {
    impl_->to->problems.push_back(
      {into.at, pointer, "must be an object; it is " + given(*into.content)});
    return;
  }
  auto inner = object_reader{*impl_->to, into, pointer};
  read(inner);
  inner.finish();
}

void object_reader::section(const key& k, const read_object& read) {
  if (describes() || has(k.name)) {
    object(k, read);
    return;
  }
  find(k);
  static const auto empty = json::object();
  const auto nothing = located_json{.content = &empty, .at = where().at};
  descend(nothing, impl_->pointer + step_to(k.name), read);
}

bool object_reader::object(const key& k, const read_object& read) {
  const auto* from = find(k);
  if (describes()) {
    auto& x = (*impl_->schema)["properties"][k.name];
    x = describe(read);
    x["description"] = k.about;
    return false;
  }
  if (from != nullptr)
    descend(*from, impl_->pointer + step_to(k.name), read);
  else
    impl_->note(k.name, {}, std::nullopt);
  return from != nullptr;
}

void object_reader::named(const key& k, const read_named& read) {
  const auto* from = find(k);
  if (describes()) {
    const auto one
      = describe([&read](object_reader& inner) { read("name", inner); });
    (*impl_->schema)["properties"][k.name]
      = json{{"type", "object"},
             {"description", k.about},
             {"propertyNames", {{"minLength", 1}}},
             {"additionalProperties", one}};
    return;
  }
  if (from == nullptr)
    return;
  if (!from->content->is_object()) {
    complain(k.name, "must be an object, each member of it under a name of "
                     "yours; it is "
                       + given(*from->content));
    return;
  }
  const auto at = impl_->pointer + step_to(k.name);
  for (const auto& part : from->parts) {
    if (part.name.empty())
      impl_->to->problems.push_back({part.key, at + "/", "a name is missing"});
    descend(part, at + step_to(part.name),
            [&](object_reader& inner) { read(part.name, inner); });
  }
}

void object_reader::list(const key& k, const read_object& read) {
  const auto* from = find(k);
  if (describes()) {
    (*impl_->schema)["properties"][k.name] = json{
      {"type", "array"}, {"description", k.about}, {"items", describe(read)}};
    return;
  }
  if (from == nullptr)
    return;
  if (!from->content->is_array()) {
    complain(k.name,
             "must be an array of objects; it is " + given(*from->content));
    return;
  }
  const auto at = impl_->pointer + step_to(k.name);
  for (auto i = std::size_t{0}; i < from->parts.size(); ++i)
    descend(from->parts[i], at + "/" + std::to_string(i), read);
}

void object_reader::variant(const key& k, const std::vector<alternative>& all) {
  auto names = std::vector<std::string>{};
  for (const auto& x : all)
    names.push_back(x.name);
  if (describes()) {
    find(k);
    impl_->require(k.name);
    for (const auto& x : all) {
      auto one = describe(x.read);
      one["properties"][k.name] = {{"const", x.name}, {"description", k.about}};
      one["title"] = x.name;
      one["description"] = x.about;
      (*impl_->schema)["oneOf"].push_back(std::move(one));
    }
    return;
  }
  auto chosen = all.size();
  require(k, chosen, word(names));
  if (chosen < all.size())
    all[chosen].read(*this);
  else
    impl_->unsure = true;
}

void object_reader::exactly_one(std::initializer_list<const char*> names) {
  if (describes()) {
    for (const auto* name : names)
      (*impl_->schema)["oneOf"].push_back({{"required", {name}}});
    return;
  }
  auto there = std::vector<std::string>{};
  for (const auto* name : names)
    if (has(name))
      there.emplace_back(name);
  const auto all
    = names_in(std::vector<std::string>{names.begin(), names.end()});
  if (there.empty())
    complain({}, "must have one of these members: " + all);
  else if (there.size() > 1)
    complain(there[1], "stands beside " + there[0]
                         + "; only one of these members may be there: " + all);
}

// -- complaints ---------------------------------------------------------------

void object_reader::complain(std::string_view name, const std::string& what) {
  if (describes())
    return;
  auto problem = where(name);
  problem.what = what;
  impl_->to->problems.push_back(std::move(problem));
}

namespace {

/// Moves what all alternatives share into each of them: a JSON Schema closes
/// an object against members that stand elsewhere.
void close_alternatives(json& schema) {
  if (!schema.contains("oneOf")
      || !schema["oneOf"].front().contains("properties"))
    return;
  for (auto& one : schema["oneOf"]) {
    one["properties"].update(schema["properties"]);
    for (const auto& name : schema.value("required", json::array()))
      one["required"].push_back(name);
  }
  for (const auto* part : {"properties", "required", "additionalProperties"})
    schema.erase(part);
}

} // namespace

void object_reader::finish() {
  if (describes()) {
    close_alternatives(*impl_->schema);
    return;
  }
  if (impl_->unsure)
    return;
  auto& known = impl_->known;
  for (const auto& part : impl_->from->parts) {
    if (std::ranges::find(known, part.name) != known.end())
      continue;
    const auto meant = nearest(part.name, known);
    impl_->to->problems.push_back(
      {part.key, impl_->pointer + step_to(part.name),
       meant ? "unknown key; did you mean \"" + *meant + "\"?"
             : "unknown key; there are: " + names_in(known)});
  }
}

json describe(const object_reader::read_object& read) {
  auto schema = json{};
  auto inner = object_reader{schema};
  read(inner);
  inner.finish();
  return schema;
}

} // namespace stanchion::configuring

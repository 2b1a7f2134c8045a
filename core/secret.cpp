#include <stanchion/core/error.hpp>
#include <stanchion/core/json_text.hpp>
#include <stanchion/core/redaction.hpp>
#include <stanchion/core/secret.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <mutex>

namespace stanchion {

namespace {

constexpr auto member = "$secret";

/// The secret that `x` stands for; nothing where it is anything else.
std::optional<std::string> marked(const json& x) {
  if (!x.is_object() || x.size() != 1)
    return std::nullopt;
  const auto found = x.find(member);
  return found != x.end() && found->is_string()
           ? std::optional{found->get<std::string>()}
           : std::nullopt;
}

[[noreturn]] void refuse(const std::string& why) {
  throw error{error_code::usage, why};
}

std::string escaped(const std::string& name) {
  auto to = std::string{};
  for (const auto c : name)
    to += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return to;
}

/// Calls `put` with each mark and its place.
template <class Put>
void each_mark(json& x, const std::string& at, const Put& put) {
  if (const auto name = marked(x)) {
    put(x, at, *name);
    return;
  }
  if (x.is_object())
    for (auto& [key, content] : x.items())
      each_mark(content, at + "/" + escaped(key), put);
  else if (x.is_array())
    for (auto i = std::size_t{0}; i < x.size(); ++i)
      each_mark(x[i], at + "/" + std::to_string(i), put);
}

bool replace_all(std::string& text, const std::string& what) {
  auto found = false;
  for (auto i = text.find(what); i != std::string::npos;
       i = text.find(what, i + redaction::mark.size())) {
    text.replace(i, what.size(), redaction::mark);
    found = true;
  }
  return found;
}

} // namespace

value secret(std::string_view name) {
  return value{json{{member, std::string{name}}}};
}

std::optional<std::string> environment_secret(std::string_view name) {
  auto variable = std::string{"STANCHION_SECRET_"};
  for (const auto c : name) {
    const auto byte = static_cast<unsigned char>(c);
    variable
      += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  const auto* found = std::getenv(variable.c_str()); // NOLINT(concurrency-*)
  return found == nullptr ? std::nullopt : std::optional<std::string>{found};
}

value secret_vault::reveal(const value& arguments,
                           const std::vector<secret_place>& allowed) {
  auto all = arguments.get();
  each_mark(
    all, "", [&](json& x, const std::string& at, const std::string& name) {
      if (std::ranges::find(allowed, secret_place{at, name}) == allowed.end())
        refuse("the secret \"" + name + "\" may not stand at \"" + at
               + "\"; tool::secret says where it may");
      x = find(name);
    });
  return value{std::move(all)};
}

std::string secret_vault::find(const std::string& name) {
  auto found = from_ ? from_(name) : std::nullopt;
  if (!found)
    refuse("there is no secret \"" + name + "\"");
  if (found->size() < shortest)
    refuse("the secret \"" + name + "\" has fewer than "
           + std::to_string(shortest) + " bytes and could not be hidden");
  {
    const std::unique_lock guard{mutex_};
    known_.insert(*found);
    // As it stands in JSON text, without the quotes around it.
    const auto text = json_text(json(*found));
    known_.insert(text.substr(1, text.size() - 2));
  }
  any_.store(true, std::memory_order_release);
  return *std::move(found);
}

std::string secret_vault::hide(std::string text) const {
  if (!any())
    return text;
  const std::shared_lock guard{mutex_};
  for (const auto& each : known_)
    replace_all(text, each);
  return text;
}

bool secret_vault::hide_in(json& doc) const {
  if (auto* text = doc.get_ptr<json::string_t*>()) {
    auto hidden = hide(*text);
    const auto changed = hidden != *text;
    *text = std::move(hidden);
    return changed;
  }
  auto changed = false;
  if (doc.is_object()) {
    auto clean = json::object();
    for (auto& [key, content] : doc.items()) {
      changed = hide_in(content) || changed;
      auto name = hide(key);
      changed = changed || name != key;
      clean[std::move(name)] = std::move(content);
    }
    doc = std::move(clean);
  } else if (doc.is_array()) {
    for (auto& content : doc)
      changed = hide_in(content) || changed;
  }
  return changed;
}

outcome secret_vault::hide(const outcome& x) const {
  if (!x.ok())
    return outcome{hide(x.why())};
  if (!any())
    return x;
  auto doc = x.get().get();
  if (!hide_in(doc))
    return x;
  auto clean = value{std::move(doc)}.with_source(x.get().source());
  if (const auto sure = x.get().confidence())
    clean = clean.with_confidence(*sure, x.get().confidence_by());
  return outcome{std::move(clean)};
}

failure secret_vault::hide(failure x) const {
  static const auto looks = redaction{};
  x.message = looks.text(hide(std::move(x.message)));
  x.code = looks.text(hide(std::move(x.code)));
  if (x.cause)
    x.cause = std::make_shared<const failure>(hide(*x.cause));
  return x;
}

} // namespace stanchion

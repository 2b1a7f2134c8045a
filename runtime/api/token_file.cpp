#include <stanchion/actors/journal/posix_file.hpp>
#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

namespace stanchion {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr auto file_version = 1;
/// Bytes of a token file at most.
constexpr auto largest = std::size_t{1} << 20U;

[[noreturn]] void damaged(const fs::path& path, const std::string& why) {
  throw error{error_code::store_damaged,
              path.string() + " cannot be used: " + why};
}

bool is_name(std::string_view text) {
  constexpr auto longest = std::size_t{64};
  constexpr auto letters = std::string_view{
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-"};
  return !text.empty() && text.size() <= longest
         && text.find_first_not_of(letters) == std::string_view::npos;
}

void require_name(const std::string& text) {
  if (!is_name(text))
    throw error{error_code::usage, "\"" + text
                                     + "\" is no name; one has 1 to 64 "
                                       "letters, digits and ._@-"};
}

std::string new_secret() {
  auto bytes = digest{};
  if (RAND_bytes(bytes.bytes.data(), static_cast<int>(bytes.bytes.size())) != 1)
    throw error{error_code::store_io, "the system has no chance to give"};
  return "stn_" + to_string(bytes);
}

std::optional<digest> parse_digest(std::string_view text) {
  auto x = digest{};
  if (text.size() != 2 * x.bytes.size())
    return std::nullopt;
  for (auto& byte : x.bytes) {
    const auto [end, problem]
      = std::from_chars(text.data(), text.data() + 2, byte, 16);
    if (problem != std::errc{} || end != text.data() + 2)
      return std::nullopt;
    text.remove_prefix(2);
  }
  return x;
}

std::optional<instant> instant_of(const json& from, const char* key) {
  const auto found = from.find(key);
  if (found == from.end())
    return std::nullopt;
  const auto x = parse_rfc3339(found->get<std::string>());
  if (!x)
    throw error{error_code::invalid_json,
                "\"" + std::string{key} + "\" is no time"};
  return x;
}

api_token token_of(const json& from) {
  auto x = api_token{};
  x.name = from.at("name").get<std::string>();
  const auto as = parse_role(from.at("role").get<std::string>());
  const auto hash = parse_digest(from.at("sha256").get<std::string>());
  const auto created = instant_of(from, "created");
  if (!as || !hash || !created || !is_name(x.name))
    throw error{error_code::invalid_json, "it holds what is no token"};
  x.as = *as;
  x.hash = *hash;
  x.created = *created;
  x.expires = instant_of(from, "expires");
  x.revoked = instant_of(from, "revoked");
  for (const auto& each : from.value("decides_as", json::array()))
    x.decides_as.push_back(each.get<std::string>());
  return x;
}

std::vector<api_token> read_tokens(const fs::path& path) try {
  auto from = std::ifstream{path, std::ios::binary};
  auto text = std::string(largest + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(from.gcount()));
  const auto doc = parse_json(text, {.bytes = largest}).get();
  if (doc.at("version") != file_version)
    damaged(path, "it is of a version that this program does not know");
  auto tokens = std::vector<api_token>{};
  for (const auto& x : doc.at("tokens"))
    tokens.push_back(token_of(x));
  return tokens;
} catch (const nlohmann::json::exception& e) {
  damaged(path, e.what());
} catch (const error& e) {
  damaged(path, std::string{detail_of(e)});
}

/// A file of a fresh content in place of another, never of half a content.
void replace(const fs::path& path, const std::string& text) try {
  const auto fresh = fs::path{path.string() + ".new"};
  fs::remove(fresh);
  {
    auto to = posix_file{fresh, O_WRONLY | O_CREAT | O_EXCL};
    to.write(0, text);
    to.sync();
  }
  fs::rename(fresh, path);
  sync_directory(path.parent_path());
} catch (const std::system_error& e) {
  throw error{error_code::store_io,
              "cannot write " + path.string() + ": " + e.what()};
}

} // namespace

token_file::token_file(const fs::path& path) : path_(fs::absolute(path)) {
  // nop
}

void token_file::refresh() {
  struct stat about = {};
  auto now = stamp{};
  if (::stat(path_.c_str(), &about) == 0) {
    constexpr auto nano = std::int64_t{1'000'000'000};
    now = {about.st_ino, about.st_mtim.tv_sec * nano + about.st_mtim.tv_nsec,
           about.st_size};
  } else if (errno != ENOENT) {
    throw error{error_code::store_io, "cannot look at " + path_.string()};
  }
  if (seen_ == now)
    return;
  seen_.reset(); // until it has been read
  auto tokens = std::vector<api_token>{};
  if (now.bytes >= 0) {
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
      damaged(path_, "others than its owner may read or write it; chmod 600");
    tokens = read_tokens(path_);
  }
  tokens_ = std::move(tokens);
  seen_ = now;
}

void token_file::save() {
  auto doc = json{{"version", file_version}, {"tokens", json::array()}};
  for (const auto& x : tokens_) {
    auto token = json(x);
    token["sha256"] = to_string(x.hash);
    doc["tokens"].push_back(std::move(token));
  }
  seen_.reset(); // whatever comes of it
  replace(path_, doc.dump(2) + "\n");
}

std::vector<api_token> token_file::list() {
  const std::lock_guard guard{mutex_};
  refresh();
  return tokens_;
}

std::optional<api_token> token_file::find(std::string_view secret,
                                          instant now) {
  const auto hash = sha256(secret);
  const std::lock_guard guard{mutex_};
  refresh();
  auto found = std::optional<api_token>{};
  for (const auto& x : tokens_)
    if (CRYPTO_memcmp(x.hash.bytes.data(), hash.bytes.data(), hash.bytes.size())
          == 0
        && x.valid(now))
      found = x;
  return found;
}

std::string token_file::create(const std::string& name, role as, instant now,
                               std::optional<instant> expires,
                               std::vector<std::string> decides_as) {
  require_name(name);
  for (const auto& each : decides_as)
    require_name(each);
  const std::lock_guard guard{mutex_};
  refresh();
  const auto same
    = std::find_if(tokens_.begin(), tokens_.end(),
                   [&name](const api_token& x) { return x.name == name; });
  if (same != tokens_.end() && same->valid(now))
    throw error{error_code::token_conflict,
                "there is a valid token named " + name
                  + "; revoke it first, or choose another name"};
  if (same != tokens_.end())
    tokens_.erase(same);
  auto secret = new_secret();
  tokens_.push_back({.name = name,
                     .as = as,
                     .hash = sha256(secret),
                     .created = now,
                     .expires = expires,
                     .revoked = {},
                     .decides_as = std::move(decides_as)});
  save();
  return secret;
}

api_token token_file::revoke(const std::string& name, instant now) {
  const std::lock_guard guard{mutex_};
  refresh();
  const auto found
    = std::find_if(tokens_.begin(), tokens_.end(), [&](const api_token& x) {
        return x.name == name && x.valid(now);
      });
  if (found == tokens_.end())
    throw error{error_code::unknown_token,
                "there is no valid token named " + name
                  + "; `token list` shows what there is"};
  found->revoked = now;
  auto revoked = *found;
  save();
  return revoked;
}

void to_json(nlohmann::json& to, const api_token& from) {
  to = {{"name", from.name},
        {"role", to_string(from.as)},
        {"created", to_rfc3339_micros(from.created)}};
  if (from.expires)
    to["expires"] = to_rfc3339_micros(*from.expires);
  if (from.revoked)
    to["revoked"] = to_rfc3339_micros(*from.revoked);
  if (!from.decides_as.empty())
    to["decides_as"] = from.decides_as;
}

} // namespace stanchion

#include <stanchion/actors/journal/data_dir.hpp>
#include <stanchion/actors/journal/sqlite_store.hpp>
#include <stanchion/cli/words.hpp>
#include <stanchion/core/canonical.hpp>
#include <stanchion/core/error.hpp>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <istream>
#include <iterator>

namespace stanchion {

namespace {

/// At most one byte more than anybody takes.
std::string read_all(std::istream& from) {
  constexpr auto chunk = std::streamsize{65'536};
  constexpr auto limit = json_limits{}.bytes;
  auto text = std::string{};
  auto bytes = std::string(chunk, '\0');
  while (text.size() <= limit
         && (from.read(bytes.data(), chunk) || from.gcount() > 0))
    text.append(bytes, 0, static_cast<std::size_t>(from.gcount()));
  return text;
}

std::string read_file(const std::string& path) {
  auto file = std::ifstream{path, std::ios::binary};
  auto text = file ? read_all(file) : std::string{};
  if (!file.is_open() || file.bad())
    throw error{error_code::usage,
                "the file " + path + " cannot be read; is its name right?"};
  return text;
}

/// Safe in a shell.
std::string shell_word(const std::string& word) {
  constexpr auto plain
    = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "_-./:,@%+=";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos)
    return word;
  auto text = std::string{"'"};
  for (const auto c : word)
    text += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return text + "'";
}

} // namespace

json read_json(const std::string& word, const terminal& io) {
  const auto text = word == "-"             ? read_all(io.in)
                    : word.starts_with('@') ? read_file(word.substr(1))
                                            : word;
  return parse_json(text).get();
}

faults read_faults(const std::optional<std::string>& word) {
  try {
    return parse_faults(!word || *word == "none" ? "" : *word);
  } catch (const error& e) {
    throw error{error_code::usage, std::string{detail_of(e)}};
  }
}

std::vector<std::string> read_ids(const command_context& x) {
  auto ids = std::vector<std::string>{};
  for (const auto& word : x.words.ids) {
    if (word != "-") {
      ids.push_back(word);
      continue;
    }
    ids.insert(ids.end(), std::istream_iterator<std::string>{x.io.in}, {});
  }
  if (ids.empty())
    throw error{error_code::usage,
                "stdin named nothing; there is nothing to do"};
  return ids;
}

std::unique_ptr<store> journal_of(const invocation& words) {
  return open_sqlite_store(data_dir{words.data_dir}.database(),
                           {.read_only = true});
}

std::string user_name(unsigned user) {
  auto entry = passwd{};
  auto* found = static_cast<passwd*>(nullptr);
  auto room = std::vector<char>(16'384);
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0
      && found != nullptr)
    return found->pw_name;
  return "user " + std::to_string(user);
}

std::string read_token(const invocation& x) {
  constexpr auto blanks = " \t\r\n";
  auto token = std::string{};
  if (!x.token_file.empty()) {
    auto from = std::ifstream{x.token_file};
    if (!std::getline(from, token))
      throw error{error_code::usage,
                  "cannot read a token from " + x.token_file.string()};
  } else if (const auto* said = std::getenv(
               "STANCHION_TOKEN")) { // NOLINT(concurrency-mt-unsafe)
    token = said;
  }
  token.erase(0, token.find_first_not_of(blanks));
  token.erase(token.find_last_not_of(blanks) + 1);
  return token;
}

notification_options notifications_of(const invocation& x) {
  auto to = notification_options{.base_url = x.notify_base_url};
  const auto shape = parse_notification_template(x.notify_template)
                       .value_or(notification_template::generic);
  if (!x.notify_webhook.empty() || shape == notification_template::pagerduty) {
    auto hook = webhook{.body = shape};
    if (x.notify_webhook.starts_with('@'))
      hook.url_from.file = x.notify_webhook.substr(1);
    else
      hook.url = x.notify_webhook;
    hook.secret.file = x.notify_secret_file;
    hook.routing_key.file = x.notify_routing_key_file;
    to.channels.push_back({.name = "webhook",
                           .to = std::move(hook),
                           .resolved = x.notify_resolved});
  }
  if (!x.notify_command.empty())
    to.channels.push_back({.name = "command",
                           .to = command_hook{{x.notify_command}},
                           .resolved = x.notify_resolved});
  return to;
}

std::string who(const invocation& x) {
  if (!x.by.empty() || !x.url.empty())
    return x.by;
  return user_name(::geteuid());
}

std::string hint(const invocation& x, const std::string& words) {
  auto text = shell_word(x.program) + " " + words;
  if (!x.url.empty())
    text += " --url " + shell_word(x.url);
  else if (x.data_dir != invocation{}.data_dir)
    text += " --data-dir " + shell_word(x.data_dir.string());
  return text;
}

} // namespace stanchion

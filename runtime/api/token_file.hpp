#pragma once

#include <stanchion/core/canonical.hpp>
#include <stanchion/core/time.hpp>
#include <stanchion/runtime/api/role.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stanchion {

/// Who may use the operator API: what is known of one bearer token.
struct api_token {
  std::string name;
  role as = role::viewer;
  digest hash; ///< SHA-256 of the secret, which nobody keeps
  instant created;
  std::optional<instant> expires;
  std::optional<instant> revoked;
  /// In which roles tickets know who has it, such as `finance`; plain words.
  std::vector<std::string> decides_as = {};

  [[nodiscard]] bool valid(instant now) const {
    return !revoked && (!expires || now < *expires);
  }
};

/// The tokens of a data directory: `DATA_DIR/tokens.json`, mode 0600, replaced
/// as a whole. What another process writes counts at once.
///
/// Errors:  `error{store_damaged}` for a file that makes no sense or that
///          others than its owner may read or write; `store_io`.
/// Threads: any. One process writes at a time: the one that drives the runs, or
///          that holds the lock of the data directory.
class token_file {
public:
  explicit token_file(const std::filesystem::path& path);

  /// All, in the order in which they were made; none for a missing file.
  [[nodiscard]] std::vector<api_token> list();

  /// The valid token that a secret belongs to. Takes as long whichever it is.
  [[nodiscard]] std::optional<api_token> find(std::string_view secret,
                                              instant now);

  /// Makes a token and returns its secret: 256 bits of chance. Errors: `usage`
  /// for names that are none: 1 to 64 letters, digits and `._@-`;
  /// `token_conflict` when a valid token has it.
  [[nodiscard]] std::string create(const std::string& name, role as,
                                   instant now, std::optional<instant> expires,
                                   std::vector<std::string> decides_as = {});

  /// Errors: `unknown_token` when no valid token has the name.
  api_token revoke(const std::string& name, instant now);

private:
  /// What tells one content of the file from another.
  struct stamp {
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;
    std::int64_t bytes = -1; ///< -1: no file
    bool operator==(const stamp&) const = default;
  };

  void refresh();
  void save();

  std::filesystem::path path_;
  std::mutex mutex_;
  std::optional<stamp> seen_;     // guarded by mutex_
  std::vector<api_token> tokens_; // guarded by mutex_
};

/// As the operator API shows it: `name, role, created, expires, revoked,
/// decides_as`.
void to_json(nlohmann::json& to, const api_token& from);

} // namespace stanchion

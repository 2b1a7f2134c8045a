#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace stanchion {

/// Where a secret is, so that it stands in no configuration and on no command
/// line: the first of these that is not empty.
struct credential_source {
  std::string env = {};            ///< a variable of the environment
  std::filesystem::path file = {}; ///< a file
  /// A file of that name in the folder `CREDENTIALS_DIRECTORY`, where systemd
  /// puts what `LoadCredential=` names.
  std::string credential = {};

  [[nodiscard]] bool empty() const {
    return env.empty() && file.empty() && credential.empty();
  }
};

/// What is there, without line breaks at its end; empty where `x` is. `where`
/// says in errors what it is for. Errors: `invalid_spec` for one that is not
/// there or empty.
[[nodiscard]] std::string read_credential(const credential_source& x,
                                          std::string_view where);

} // namespace stanchion

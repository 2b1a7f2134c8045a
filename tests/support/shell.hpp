#pragma once

#include "support/process.hpp"

#include <stanchion/cli/exit_code.hpp>

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <string>
#include <vector>

namespace stanchion {
class runtime;
} // namespace stanchion

namespace stanchion::test {

/// Commands in this process, one after the other, on one data directory that
/// nobody owns between them.
class shell {
public:
  /// `setup` adds tools and agents, for each command anew. Must not be null.
  explicit shell(std::function<void(runtime&)> setup);

  /// Gives a command on the directory, with `input` to read.
  exit_code run(std::vector<std::string> words, const std::string& input = {});
  /// The same without a word of the directory.
  exit_code run_alone(const std::vector<std::string>& words,
                      const std::string& input = {});
  /// The first id that a command prints. It has to succeed.
  std::string first(std::vector<std::string> words);
  /// What a command prints as a document. It has to succeed.
  nlohmann::json document(std::vector<std::string> words);

  temporary_dir dir; ///< the data directory is `d` in it
  std::string out;   ///< of the last command
  std::string err;
  bool progress = false; ///< whether anybody looks at `err`

private:
  std::function<void(runtime&)> setup_;
};

} // namespace stanchion::test

#include <stanchion/core/credential.hpp>
#include <stanchion/core/error.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace stanchion {

namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& why) {
  throw error{error_code::invalid_spec, std::string{where} + ": " + why};
}

const char* variable(const std::string& name) {
  return std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe)
}

std::string contents(const std::filesystem::path& file,
                     std::string_view where) {
  auto from = std::ifstream{file, std::ios::binary};
  if (!from)
    refuse(where, "cannot read a secret from " + file.string());
  return {std::istreambuf_iterator<char>{from}, {}};
}

std::filesystem::path path_of(const std::string& credential,
                              std::string_view where) {
  const auto* folder = variable("CREDENTIALS_DIRECTORY");
  if (folder == nullptr)
    refuse(where, "the credential " + credential
                    + " is nowhere: CREDENTIALS_DIRECTORY is not set");
  if (credential.find('/') != std::string::npos)
    refuse(where, "a credential is named without a folder, not " + credential);
  return std::filesystem::path{folder} / credential;
}

} // namespace

std::string read_credential(const credential_source& x,
                            std::string_view where) {
  if (x.empty())
    return {};
  auto text = std::string{};
  auto from = x.env;
  if (!x.env.empty()) {
    const auto* said = variable(x.env);
    if (said == nullptr)
      refuse(where, "the environment has no variable " + x.env);
    text = said;
  } else {
    const auto file = x.file.empty() ? path_of(x.credential, where) : x.file;
    from = file.string();
    text = contents(file, where);
  }
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.pop_back();
  if (text.empty())
    refuse(where, "the secret in " + from + " is empty");
  return text;
}

} // namespace stanchion

#include "support/catch.hpp"

#include <stanchion/core/credential.hpp>
#include <stanchion/core/error.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace stanchion;

namespace {

struct scratch {
  scratch() {
    std::filesystem::create_directories(folder);
    ::setenv("CREDENTIALS_DIRECTORY", folder.c_str(), 1);
    ::setenv("STANCHION_TEST_KEY", "from the environment", 1);
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    ::unsetenv("CREDENTIALS_DIRECTORY");
    ::unsetenv("STANCHION_TEST_KEY");
    std::filesystem::remove_all(folder);
  }
  std::filesystem::path write(const std::string& name,
                              const std::string& text) const {
    std::ofstream{folder / name} << text;
    return folder / name;
  }

  std::filesystem::path folder
    = std::filesystem::temp_directory_path()
      / ("credentials-" + std::to_string(::getpid()));
};

} // namespace

TEST_CASE_METHOD(scratch, "a credential is read from where it is",
                 "[core][credential]") {
  CHECK(read_credential({}, "x").empty());
  CHECK(read_credential({.env = "STANCHION_TEST_KEY"}, "x")
        == "from the environment");
  CHECK(read_credential({.file = write("f", "from a file\r\n")}, "x")
        == "from a file");
  static_cast<void>(write("openai", "from systemd\n"));
  CHECK(read_credential({.credential = "openai"}, "x") == "from systemd");
}

TEST_CASE_METHOD(scratch, "a credential that is not there is refused by place",
                 "[core][credential]") {
  const auto why = [](const credential_source& x) -> std::string {
    try {
      static_cast<void>(read_credential(x, "model big: key"));
    } catch (const error& e) {
      return e.what();
    }
    return "nothing";
  };
  CHECK_THAT(why({.env = "STANCHION_TEST_NOTHING"}),
             ContainsSubstring("model big: key: the environment has no"));
  CHECK_THAT(why({.file = folder / "nothing"}),
             ContainsSubstring("cannot read"));
  CHECK_THAT(why({.file = write("empty", "\n")}), ContainsSubstring("empty"));
  CHECK_THAT(why({.credential = "../etc/passwd"}),
             ContainsSubstring("without a folder"));
  ::unsetenv("CREDENTIALS_DIRECTORY");
  CHECK_THAT(why({.credential = "openai"}),
             ContainsSubstring("CREDENTIALS_DIRECTORY"));
}

#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/refusal.hpp"

#include <stanchion/core/error.hpp>
#include <stanchion/runtime/api/token_file.hpp>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <iterator>

using namespace stanchion;
using namespace stanchion::test;

namespace {

constexpr auto t0 = instant{1'800'000'000s};

struct fixture {
  temporary_dir dir;
  std::filesystem::path path = dir.path() / "tokens.json";
  token_file file{path};

  [[nodiscard]] std::string content() const {
    auto from = std::ifstream{path};
    return {std::istreambuf_iterator<char>{from}, {}};
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "a token is found by its secret, which is not kept",
                 "[runtime][api][token]") {
  const auto secret = file.create("ann", role::approver, t0, {});
  CHECK(secret.size() == 4 + 64);
  CHECK(secret != file.create("bob", role::viewer, t0, {}));
  const auto found = file.find(secret, t0);
  REQUIRE(found);
  CHECK(found->name == "ann");
  CHECK(found->as == role::approver);
  CHECK(content().find(secret.substr(4)) == std::string::npos);
  struct stat about = {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
}

TEST_CASE_METHOD(fixture, "a token keeps the roles that tickets ask for",
                 "[runtime][api][token]") {
  const auto secret
    = file.create("ann", role::approver, t0, {}, {"finance", "legal"});
  CHECK(token_file{path}.find(secret, t0)->decides_as
        == std::vector<std::string>{"finance", "legal"});
}

TEST_CASE_METHOD(fixture, "what is no secret of a token finds none",
                 "[runtime][api][token]") {
  const auto secret = file.create("ann", role::admin, t0, {});
  const auto wrong = GENERATE_COPY(
    std::string{}, std::string{"stn_"}, secret.substr(0, secret.size() - 1),
    secret + "0", secret.substr(4), std::string(68, '0'));
  CHECK_FALSE(file.find(wrong, t0));
}

TEST_CASE_METHOD(fixture, "a token that has expired is none",
                 "[runtime][api][token]") {
  const auto secret = file.create("ann", role::admin, t0, t0 + 1h);
  CHECK(file.find(secret, t0 + 59min));
  CHECK_FALSE(file.find(secret, t0 + 1h));
}

TEST_CASE_METHOD(fixture,
                 "a token that another process revoked is refused at once",
                 "[runtime][api][token]") {
  const auto secret = file.create("ann", role::admin, t0, {});
  REQUIRE(file.find(secret, t0));
  auto other = token_file{path};
  CHECK(other.revoke("ann", t0).revoked == t0);
  CHECK_FALSE(file.find(secret, t0));
  CHECK(refusal([&] { file.revoke("ann", t0); }) == error_code::unknown_token);
}

TEST_CASE_METHOD(fixture, "one name has one valid token at a time",
                 "[runtime][api][token]") {
  const auto first = file.create("ann", role::admin, t0, {});
  CHECK(refusal(
          [&] { static_cast<void>(file.create("ann", role::viewer, t0, {})); })
        == error_code::token_conflict);
  file.revoke("ann", t0);
  const auto second = file.create("ann", role::viewer, t0, {});
  CHECK_FALSE(file.find(first, t0));
  CHECK(file.find(second, t0)->as == role::viewer);
  CHECK(file.list().size() == 1);
}

TEST_CASE_METHOD(fixture, "a name of a token is a plain word",
                 "[runtime][api][token]") {
  const auto name = GENERATE(as<std::string>{}, "", "a b", "a/b", "a\nb",
                             "\xc3\xa4", std::string(65, 'a'));
  CHECK(refusal([&, n = name] {
          static_cast<void>(file.create(n, role::admin, t0, {}));
        })
        == error_code::usage);
  CHECK_FALSE(exists(path));
}

TEST_CASE_METHOD(fixture, "a file that cannot be trusted lets nobody in",
                 "[runtime][api][token]") {
  const auto secret = file.create("ann", role::admin, t0, {});
  const auto sound = content();
  SECTION("others may write it") {
    chmod(path.c_str(), 0620);
    CHECK(refusal([&] { static_cast<void>(token_file{path}.find(secret, t0)); })
          == error_code::store_damaged);
  }
  SECTION("it makes no sense") {
    const auto text = GENERATE_COPY(
      std::string{}, std::string{"{"}, std::string{"[]"},
      std::string{R"({"version":2,"tokens":[]})"},
      std::string{R"({"version":1,"tokens":[{"name":"x"}]})"},
      std::string{
        R"({"version":1,"tokens":[{"name":"x","role":"root","sha256":"",)"
        R"("created":"2026-01-01T00:00:00Z"}]})"},
      sound.substr(0, sound.size() / 2), std::string(2'000'000, ' '));
    std::ofstream{path, std::ios::trunc} << text;
    CHECK(refusal([&] { static_cast<void>(file.find(secret, t0)); })
          == error_code::store_damaged);
    // Nor does the second look trust it.
    CHECK(refusal([&] { static_cast<void>(file.find(secret, t0)); })
          == error_code::store_damaged);
  }
}

TEST_CASE_METHOD(fixture, "without a file there are no tokens",
                 "[runtime][api][token]") {
  CHECK(file.list().empty());
  CHECK_FALSE(file.find("stn_", t0));
}

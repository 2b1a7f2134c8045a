#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/high_water.hpp>

using namespace stanchion;

namespace {

struct fixture {
  temp_dir dir;
  std::filesystem::path path = dir.path() / "x.hwm";

  std::optional<high_water::mark> look() const {
    return high_water::look(path);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "no high-water file says nothing",
                 "[journal][high_water]") {
  CHECK(!look());
}

TEST_CASE_METHOD(fixture, "a high-water file says the last note",
                 "[journal][high_water]") {
  {
    high_water it{path, {3, -7}};
    CHECK(look() == high_water::mark{3, -7});
    for (std::uint64_t pos = 4; pos < 10; ++pos) {
      it.write({pos, 11});
      CHECK(look() == high_water::mark{pos, 11});
    }
    it.sync();
  }
  CHECK(look() == high_water::mark{9, 11});
  const high_water again{path, {2, 5}};
  CHECK(look() == high_water::mark{2, 5});
  CHECK(dir.names() == std::vector<std::string>{"x.hwm"});
}

TEST_CASE_METHOD(fixture, "one torn note leaves the one before it",
                 "[journal][high_water]") {
  {
    high_water it{path, {3, 1}};
    it.write({4, 2});
  }
  const auto whole = read_file(path);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto torn = whole;
    torn[i] = static_cast<char>(torn[i] ^ 0x10);
    write_file(path, torn);
    const auto said = look();
    REQUIRE(said);
    CHECK((*said == high_water::mark{4, 2} || *said == high_water::mark{3, 1}));
  }
}

TEST_CASE_METHOD(fixture, "a file without a sound note is refused",
                 "[journal][high_water]") {
  {
    const high_water it{path, {3, 1}};
  }
  const auto whole = read_file(path);
  SECTION("empty") {
    write_file(path, "");
  }
  SECTION("cut") {
    write_file(path, whole.substr(0, 31));
  }
  SECTION("both torn") {
    auto torn = whole;
    torn[20] ^= 1;
    torn[512 + 20] ^= 1;
    write_file(path, torn);
  }
  const auto said = refused([&] { (void)look(); });
  CHECK(said.code == error_code::store_damaged);
  CHECK_THAT(said.text, ContainsSubstring(path.string()));
}

#include "support/catch.hpp"
#include "support/journal_samples.hpp"

#include <stanchion/actors/journal/data_dir.hpp>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

using namespace stanchion;

namespace fs = std::filesystem;

namespace {

/// Another process that owns a data directory until it is killed.
class other_owner {
public:
  explicit other_owner(const data_dir& dir) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      const data_dir_lock lock{dir, lock_purpose::drive};
      (void)!::write(ready[1], "x", 1);
      for (;;)
        ::pause();
    }
    char x = 0;
    REQUIRE(::read(ready[0], &x, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  other_owner(const other_owner&) = delete;
  other_owner& operator=(const other_owner&) = delete;
  ~other_owner() {
    kill();
  }

  void kill() {
    if (pid_ <= 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  [[nodiscard]] pid_t pid() const {
    return pid_;
  }

private:
  pid_t pid_ = 0;
};

bool died(const data_dir& dir) {
  return data_dir_lock{dir, lock_purpose::edit}.last_owner_died();
}

} // namespace

TEST_CASE("a data directory is made for its owner alone",
          "[journal][data_dir]") {
  const temp_dir place;
  const auto root = place.path() / "a" / "b";
  const std::string slash = GENERATE("", "/");
  const data_dir dir{root.string() + slash};
  dir.create();
  CHECK((fs::status(root).permissions() & fs::perms::all)
        == fs::perms::owner_all);
  dir.create(); // once more changes nothing
  CHECK(dir.root() == root);
  CHECK(dir.database() == root / "stanchion.db");
  CHECK(dir.high_water() == root / "stanchion.hwm");
}

TEST_CASE("what is in a data directory's place is named",
          "[journal][data_dir]") {
  const temp_dir place;
  write_file(place.path() / "file", "x");
  const auto [name, blamed] = GENERATE(table<std::string, std::string>({
    {"file", "/file"},
    {"file/below", "/file"},
    {"/proc/stanchion", "/proc/stanchion"},
  }));
  const auto path = place.path() / name;
  const auto said = refused([&] { data_dir{path}.create(); });
  CHECK(said.code.has_value());
  CHECK_THAT(said.text, ContainsSubstring(blamed));
}

TEST_CASE("a missing directory cannot be locked", "[journal][data_dir]") {
  const temp_dir place;
  const data_dir dir{place.path() / "none"};
  CHECK(refused([&] { (void)died(dir); }).code == error_code::store_io);
}

TEST_CASE("a data directory has one owner, whom the error names",
          "[journal][data_dir]") {
  const temp_dir place;
  const data_dir dir{place.path()};
  const auto purpose = GENERATE(lock_purpose::drive, lock_purpose::edit);
  const auto take = [&] { const data_dir_lock lock{dir, purpose}; };
  SECTION("in another process") {
    other_owner other{dir};
    const auto said = refused(take);
    CHECK(said.code == error_code::store_in_use);
    CHECK_THAT(said.text,
               ContainsSubstring("process " + std::to_string(other.pid())));
    CHECK_THAT(said.text, ContainsSubstring(place.path().string()));
    other.kill();
    CHECK(!refused(take).code);
  }
  SECTION("in this process") {
    {
      const data_dir_lock lock{dir, lock_purpose::edit};
      const auto said = refused(take);
      CHECK(said.code == error_code::store_in_use);
      CHECK_THAT(said.text, ContainsSubstring("this process"));
    }
    CHECK(!refused(take).code);
  }
}

TEST_CASE("whether the last owner died is known", "[journal][data_dir]") {
  const temp_dir place;
  const data_dir dir{place.path()};
  SECTION("there was none") {
    CHECK_FALSE(died(dir));
  }
  SECTION("it stopped in order") {
    data_dir_lock{dir, lock_purpose::drive}.mark_clean();
    CHECK_FALSE(died(dir));
  }
  SECTION("it went without a word") {
    {
      const data_dir_lock lock{dir, lock_purpose::drive};
    }
    CHECK(died(dir));
  }
  SECTION("it was killed") {
    other_owner{dir}.kill();
    CHECK(died(dir));
    CHECK(died(dir)); // asking does not change the answer
    data_dir_lock next{dir, lock_purpose::drive};
    CHECK(next.last_owner_died());
    next.mark_clean();
  }
  SECTION("somebody wrote something else") {
    write_file(dir.lock(), "?");
    CHECK(died(dir));
  }
}

TEST_CASE("an editor that dies says nothing about runs",
          "[journal][data_dir]") {
  const temp_dir place;
  const data_dir dir{place.path()};
  data_dir_lock{dir, lock_purpose::drive}.mark_clean();
  {
    const data_dir_lock editor{dir, lock_purpose::edit};
  }
  CHECK_FALSE(died(dir));
}

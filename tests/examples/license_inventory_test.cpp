#include "01_license_inventory/inventory.hpp"
#include "license_scratch.hpp"
#include "support/catch.hpp"

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace license_inventory;
using license_inventory::test::scratch_folder;
using namespace std::chrono_literals;

namespace {

record sample(std::string package, double confidence = 0.9) {
  return {.package = package,
          .source = "/usr/share/doc/" + package + "/copyright",
          .format = document_format::dep5,
          .licences = {"MIT", "GPL-2.0-or-later"},
          .holders = {"Ann"},
          .texts = {},
          .confidence = confidence,
          .doubts = {},
          .decided_by = {}};
}

/// Another program at the same file.
class other_process {
public:
  explicit other_process(const std::filesystem::path& path) {
    sqlite3* db = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    db_.reset(db);
  }

  void run(const char* sql) {
    REQUIRE(sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr)
            == SQLITE_OK);
  }

  std::string ask(const char* sql) {
    std::string result;
    const auto collect = [](void* to, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i)
        *static_cast<std::string*>(to) += std::string{values[i]} + ";";
      return 0;
    };
    REQUIRE(sqlite3_exec(db_.get(), sql, collect, &result, nullptr)
            == SQLITE_OK);
    return result;
  }

private:
  struct closer {
    void operator()(sqlite3* db) const {
      sqlite3_close(db);
    }
  };

  std::unique_ptr<sqlite3, closer> db_;
};

template <class F>
inventory_fault fault_of(F act) {
  try {
    act();
  } catch (const inventory_error& error) {
    CHECK_FALSE(std::string{error.what()}.empty());
    return error.fault();
  }
  FAIL("no error");
  return {};
}

} // namespace

TEST_CASE("what was written is read back, sorted by package",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db"};
  (void)store.write("k1", sample("zlib"));
  (void)store.write("k2", sample("apt"));
  CHECK(store.all() == std::vector{sample("apt"), sample("zlib")});
  CHECK(store.written("k1")->package == "zlib");
  CHECK_FALSE(store.written("k3").has_value());
}

TEST_CASE("the same key again has no second effect and is counted",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db"};
  const auto first = store.write("k", sample("apt"));
  CHECK(store.write("k", sample("apt")) == first);
  CHECK(store.write("k", sample("apt")) == first);
  CHECK(store.write_count() == 1);
  CHECK(store.repeat_count() == 2);
  CHECK(store.all().size() == 1);
}

TEST_CASE("a key used for another record is refused, counted and harmless",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db"};
  (void)store.write("k", sample("apt"));
  CHECK(fault_of([&] { (void)store.write("k", sample("zlib")); })
        == inventory_fault::key_reused);
  CHECK(store.all() == std::vector{sample("apt")});
  CHECK(store.repeat_count() == 1);
}

TEST_CASE("a new key replaces the record of the same source",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db"};
  (void)store.write("k1", sample("apt", 0.5));
  (void)store.write("k2", sample("apt", 1));
  CHECK(store.all() == std::vector{sample("apt", 1)});
  CHECK(store.write_count() == 2);
}

TEST_CASE("the inventory outlives its process",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  write_receipt first;
  {
    inventory store{folder.path() / "db"};
    first = store.write("k", sample("apt"));
  }
  inventory store{folder.path() / "db"};
  CHECK(store.all() == std::vector{sample("apt")});
  CHECK(store.write("k", sample("apt")) == first);
}

TEST_CASE("an auditor sees effects and attempts in the tables",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db", {.now = [] {
                    return std::chrono::system_clock::time_point{};
                  }}};
  const auto receipt = store.write("k", sample("apt"));
  (void)store.write("k", sample("apt"));
  other_process auditor{folder.path() / "db"};
  CHECK(auditor.ask("SELECT id, key, package, digest_of_record, at FROM writes")
        == "1;k;apt;" + receipt.digest + ";1970-01-01T00:00:00Z;");
  CHECK(auditor.ask("SELECT write_id, key, package FROM repeats")
        == "1;k;apt;");
  CHECK(auditor.ask("SELECT expression FROM licences ORDER BY position")
        == "MIT;GPL-2.0-or-later;");
  CHECK(auditor.ask("PRAGMA journal_mode") == "wal;");
}

TEST_CASE("several threads with several keys each take effect once",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory one{folder.path() / "db"};
  inventory two{folder.path() / "db"}; // as a second process would
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&store = t % 2 == 0 ? one : two] {
      for (int i = 0; i < 10; ++i) {
        const auto name = "p" + std::to_string(i);
        (void)store.write(name, sample(name));
      }
    });
  for (auto& t : threads)
    t.join();
  CHECK(one.write_count() == 10);
  CHECK(two.repeat_count() == 30);
  CHECK(one.all().size() == 10);
}

TEST_CASE("a writer that never ends is reported as busy",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  inventory store{folder.path() / "db", {.busy_timeout = 20ms}};
  other_process hog{folder.path() / "db"};
  hog.run("BEGIN IMMEDIATE");
  CHECK(fault_of([&] { (void)store.write("k", sample("apt")); })
        == inventory_fault::busy);
  CHECK(store.all().empty()); // reading goes on
  hog.run("COMMIT");
  CHECK(store.write("k", sample("apt")).id == 1);
}

TEST_CASE("what is no inventory is refused by name",
          "[license_inventory][inventory]") {
  const scratch_folder folder;
  SECTION("a folder that is not there") {
    CHECK(fault_of([&] { inventory{folder.path() / "none" / "db"}; })
          == inventory_fault::cannot_open);
  }
  SECTION("a file that is no database") {
    const auto path = folder.write("db", std::string(4096, 'x'));
    CHECK(fault_of([&] { inventory{path}; })
          == inventory_fault::not_an_inventory);
  }
  SECTION("another program's database") {
    other_process{folder.path() / "db"}.run("CREATE TABLE t(x)");
    CHECK(fault_of([&] { inventory{folder.path() / "db"}; })
          == inventory_fault::not_an_inventory);
  }
}

TEST_CASE("a receipt in JSON is the same for every attempt",
          "[license_inventory][inventory]") {
  const write_receipt receipt{7, "k", "apt", "d", "1970-01-01T00:00:00Z"};
  CHECK(nlohmann::json(receipt).dump()
        == R"({"at":"1970-01-01T00:00:00Z","digest":"d","id":7,"key":"k",)"
           R"("package":"apt"})");
}

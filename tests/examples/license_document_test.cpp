#include "01_license_inventory/document.hpp"
#include "license_scratch.hpp"
#include "support/catch.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

using namespace license_inventory;
using license_inventory::test::scratch_folder;

namespace fs = std::filesystem;

namespace {

std::vector<std::string> packages_in(const fs::path& root) {
  std::vector<std::string> result;
  for (const auto& ref : find_documents(root))
    result.push_back(ref.package);
  return result;
}

document_fault fault_of(const fs::path& path, read_options options = {}) {
  try {
    (void)read_document({"p", path}, options);
  } catch (const document_error& error) {
    CHECK(std::string{error.what()}.find(path.string()) != std::string::npos);
    return error.fault();
  }
  FAIL("no error");
  return {};
}

} // namespace

TEST_CASE("documents are found one level deep and sorted by package",
          "[license_inventory][document]") {
  const scratch_folder root;
  root.write("zlib/copyright", "z");
  root.write("apt/copyright", "a");
  root.write("apt/changelog", "not me");
  root.write("deep/er/copyright", "too deep");
  root.write("copyright", "no package");
  CHECK(packages_in(root.path()) == std::vector<std::string>{"apt", "zlib"});
}

TEST_CASE("a link counts if it leads to a file", "[license_inventory]") {
  const scratch_folder root;
  const auto target = root.write("real/copyright", "text");
  fs::create_directories(root.path() / "linked");
  fs::create_symlink(target, root.path() / "linked" / "copyright");
  fs::create_directories(root.path() / "dangling");
  fs::create_symlink("nowhere", root.path() / "dangling" / "copyright");
  fs::create_directory_symlink("real", root.path() / "folder");
  fs::create_directories(root.path() / "odd" / "copyright");
  CHECK(packages_in(root.path())
        == std::vector<std::string>{"folder", "linked", "real"});
}

TEST_CASE("a root that is no folder is an error", "[license_inventory]") {
  const scratch_folder root;
  CHECK_THROWS_AS(find_documents(root.path() / "none"), document_error);
  CHECK_THROWS_AS(find_documents(root.write("file", "x")), document_error);
}

TEST_CASE("an empty document is read as an empty text", "[license_inventory]") {
  const scratch_folder root;
  const auto d = read_document({"p", root.write("p/copyright", "")});
  CHECK(d.text.empty());
  CHECK(d.notes.empty());
}

TEST_CASE("valid UTF-8 is kept, without its byte order mark",
          "[license_inventory]") {
  const scratch_folder root;
  const auto path
    = root.write("p/copyright", "\xEF\xBB\xBF\xC2\xA9 J\xC3\xB6rg");
  const auto d = read_document({"p", path});
  CHECK(d.text == "\xC2\xA9 J\xC3\xB6rg");
  CHECK(d.encoding == text_encoding::utf8);
  CHECK(d.notes.empty());
}

TEST_CASE("bytes that are no UTF-8 are read as Latin-1 and noted",
          "[license_inventory]") {
  const scratch_folder root;
  const auto bytes = GENERATE(as<std::string>{}, "\xA9 J\xF6rg", // Latin-1
                              "cut off \xE2\x82",                // truncated
                              "\xC0\xAF",                        // overlong
                              "\xED\xA0\x80");                   // surrogate
  const auto d = read_document({"p", root.write("p/copyright", bytes)});
  CHECK(d.encoding == text_encoding::latin1);
  REQUIRE(d.notes.size() == 1);
  CHECK_THAT(d.notes.front(), ContainsSubstring("Latin-1"));
  CHECK(d.text.size() > bytes.size());
}

TEST_CASE("zero bytes are noted", "[license_inventory]") {
  const scratch_folder root;
  const std::string bytes("\x7F"
                          "ELF\0\0",
                          6);
  const auto d = read_document({"p", root.write("p/copyright", bytes)});
  REQUIRE(d.notes.size() == 1);
  CHECK_THAT(d.notes.front(), ContainsSubstring("zero bytes"));
}

TEST_CASE("a document larger than the cap is refused unread",
          "[license_inventory]") {
  const scratch_folder root;
  const auto huge = root.write("huge/copyright", "");
  fs::resize_file(huge, std::uintmax_t{1} << 30); // sparse: takes no space
  CHECK(fault_of(huge) == document_fault::too_large);
  const auto small = root.write("small/copyright", "12345");
  CHECK(fault_of(small, {.max_bytes = 4}) == document_fault::too_large);
  CHECK(read_document({"p", small}, {.max_bytes = 5}).text == "12345");
}

TEST_CASE("what is no regular file is refused without waiting for it",
          "[license_inventory]") {
  const scratch_folder root;
  CHECK(fault_of(root.path() / "none") == document_fault::not_found);
  CHECK(fault_of(root.path()) == document_fault::not_a_file);
  const auto pipe = root.path() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(fault_of(pipe) == document_fault::not_a_file);
}

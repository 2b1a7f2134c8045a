#include "document.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <tuple>
#include <utility>

namespace license_inventory {

namespace fs = std::filesystem;

namespace {

constexpr auto file_name = "copyright";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::string shown(const fs::path& path) {
  return as_utf8(path.native());
}

[[noreturn]] void refuse(document_fault fault, const fs::path& path,
                         const std::string& why) {
  throw document_error{fault, shown(path) + ": " + why};
}

[[noreturn]] void refuse_as_too_large(const fs::path& path,
                                      std::uintmax_t limit) {
  refuse(document_fault::too_large, path,
         "larger than the limit of " + std::to_string(limit)
           + " bytes; not read");
}

void check_kind_and_size(const fs::path& path, std::uintmax_t limit) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    refuse(document_fault::not_found, path, "not found");
  if (error)
    refuse(document_fault::not_readable, path, error.message());
  if (!fs::is_regular_file(status))
    refuse(document_fault::not_a_file, path, "not a regular file");
  const auto size = fs::file_size(path, error);
  if (error)
    refuse(document_fault::not_readable, path, error.message());
  if (size > limit)
    refuse_as_too_large(path, limit);
}

std::string read_bytes(const fs::path& path, std::uintmax_t limit) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    refuse(document_fault::not_readable, path, "cannot be opened");
  std::string bytes;
  std::array<char, 65536> block{};
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    bytes.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > limit)
      refuse_as_too_large(path, limit);
  }
  if (in.bad())
    refuse(document_fault::not_readable, path, "reading failed");
  return bytes;
}

} // namespace

document_error::document_error(document_fault fault, const std::string& what)
  : std::runtime_error{what}, fault_{fault} {
  // nop
}

std::vector<document_ref> find_documents(const fs::path& root) {
  std::error_code error;
  fs::directory_iterator entries{root, error};
  if (error)
    refuse(document_fault::root_not_found, root, error.message());
  std::vector<document_ref> result;
  for (const fs::directory_iterator end; entries != end;) {
    const auto& folder = entries->path();
    std::error_code ignored; // an entry we may not look at is no document
    if (auto path = folder / file_name; fs::is_regular_file(path, ignored))
      result.push_back({as_utf8(folder.filename().native()), std::move(path)});
    entries.increment(error);
    if (error)
      refuse(document_fault::not_readable, root, error.message());
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
    return std::tie(a.package, a.path) < std::tie(b.package, b.path);
  });
  return result;
}

document read_document(const document_ref& ref, read_options options) {
  check_kind_and_size(ref.path, options.max_bytes);
  auto bytes = read_bytes(ref.path, options.max_bytes);
  document result{.package = ref.package,
                  .source = shown(ref.path),
                  .text = {},
                  .encoding = text_encoding::utf8,
                  .notes = {}};
  if (bytes.starts_with(byte_order_mark))
    bytes.erase(0, byte_order_mark.size());
  if (bytes.find('\0') != std::string::npos)
    result.notes.emplace_back("contains zero bytes; it may not be a text");
  if (!is_valid_utf8(bytes)) {
    result.encoding = text_encoding::latin1;
    result.notes.emplace_back("not valid UTF-8; read as Latin-1");
    bytes = latin1_to_utf8(bytes);
  }
  result.text = std::move(bytes);
  return result;
}

} // namespace license_inventory

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace license_inventory {

/// One document that exists: `<root>/<package>/copyright`.
struct document_ref {
  std::string package; ///< the folder's name, valid UTF-8
  std::filesystem::path path;
};

/// How the bytes of a document became text.
enum class text_encoding : std::uint8_t {
  utf8,   ///< they were valid UTF-8
  latin1, ///< they were not; every byte was taken for one character
};

/// A document as read.
struct document {
  std::string package;
  std::string source; ///< its path, valid UTF-8
  std::string text;   ///< always valid UTF-8, without byte order mark
  text_encoding encoding = text_encoding::utf8;
  /// What a reader of the text should know, in words; empty if nothing.
  std::vector<std::string> notes;
};

struct read_options {
  /// Largest document that is read, in bytes. Default 4 MiB.
  std::uintmax_t max_bytes = std::uintmax_t{4} * 1024 * 1024;
};

/// Why a document could not be found or read.
enum class document_fault : std::uint8_t {
  not_found,      ///< nothing there, or a dangling link
  not_a_file,     ///< a folder, device, pipe or socket
  too_large,      ///< larger than the cap; nothing of it was kept
  not_readable,   ///< no permission, or the disk failed
  root_not_found, ///< the root is not a folder
};

class document_error : public std::runtime_error {
public:
  document_error(document_fault fault, const std::string& what);

  [[nodiscard]] document_fault fault() const {
    return fault_;
  }

private:
  document_fault fault_;
};

/// Every `*/copyright` under `root` that is a regular file or a link which
/// resolves to one, sorted by package. Looks one level deep.
///
/// Errors: throws `document_error` when `root` is not a readable folder. An
///         entry that cannot be looked at is left out.
[[nodiscard]] std::vector<document_ref>
find_documents(const std::filesystem::path& root);

/// Reads one document; never holds more than the cap in memory, also when the
/// file grows meanwhile.
///
/// Errors: throws `document_error`; its text names the path and the reason.
[[nodiscard]] document read_document(const document_ref& ref,
                                     read_options options = {});

} // namespace license_inventory

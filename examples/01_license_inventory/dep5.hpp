#pragma once

#include "expression.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace license_inventory {

/// Something in a document that departs from the format.
struct dep5_problem {
  std::size_t line = 0; ///< counted from 1
  std::string what;
  /// Whether information may be missing or wrong because of it; the others
  /// are matters of form.
  bool loses_information = false;
};

/// One `Files:` paragraph.
struct dep5_files {
  std::vector<std::string> files; ///< patterns, as written
  std::vector<std::string> holders;
  license_expression licence;
  /// The text below the short name, often empty. Without a License field:
  /// what the Copyright field holds, for some write the terms there.
  std::string licence_text;
  /// The licence stood in the next paragraph, behind a blank line too many.
  bool adopted = false;
  std::size_t line = 0;
};

/// One standalone `License:` paragraph: the text behind a short name.
struct dep5_licence {
  std::string name;
  std::string text;
  std::size_t line = 0;
};

/// A document in the machine-readable format.
struct dep5_document {
  std::string format;        ///< the `Format:` value; empty if there is none
  std::string upstream_name; ///< empty if there is none
  std::vector<dep5_files> files;
  std::vector<dep5_licence> licences;
  std::vector<dep5_problem> problems;

  /// The text behind a short name, empty if the document has none. Names are
  /// compared without case.
  [[nodiscard]] std::string_view text_of(std::string_view name) const;
};

/// Whether a text means to be in the machine-readable format: it has a
/// `Format:` (or `Format-Specification:`) field that names it, or, without
/// one, both `Files: *` and a `License:` field.
[[nodiscard]] bool looks_like_dep5(std::string_view text);

/// Reads debian/copyright format 1.0 and its drafts, in one pass.
///
/// Never fails. What it cannot read it reports as a problem and skips: text
/// outside paragraphs, misspelt and unknown fields, two paragraphs without a
/// blank line between them, a blank line inside a field, missing fields.
/// Lines that begin with `#` are comments.
[[nodiscard]] dep5_document parse_dep5(std::string_view text);

} // namespace license_inventory

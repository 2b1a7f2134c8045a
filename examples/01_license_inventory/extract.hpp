#pragma once

#include "dep5.hpp"
#include "document.hpp"
#include "recognise.hpp"
#include "record.hpp"

namespace license_inventory {

/// Makes a record of a document: reads it as machine-readable if it means to
/// be, otherwise recognises licences in its prose.
///
/// Confidence of a machine-readable document = the least of its licences':
///   1.0   the short name is known;
///   0.95  unknown, but its text is there, kept under a `LicenseRef-…`;
///   0.9   "public-domain", which needs no text;
///   0.85  known, but without a version ("GPL"); or there is no short name,
///         and the text was recognised; or it stood in the wrong paragraph;
///   0.5   unknown and without text, or a Files paragraph without licence;
/// and at most 0.7 when a problem of the format loses information.
///
/// Errors: none. Garbage gives a record with confidence 0 and its doubts.
[[nodiscard]] record extract(const document& d);

[[nodiscard]] record record_from(const document& d,
                                 const dep5_document& parsed);
[[nodiscard]] record record_from(const document& d,
                                 const recognition& recognised);

} // namespace license_inventory

// What licences are recognised by. Only short characteristic phrases are kept
// here, written as they read after normalisation or close to it.
#include "licence_texts.hpp"

namespace license_inventory {

namespace {

constexpr std::string_view mit_opening
  = "permission is hereby granted free of charge to any person";
constexpr std::string_view bsd_opening
  = "redistribution and use in source and binary forms"
    "|redistribution and use in source or binary forms"
    "|redistribution and use in source and binary form"
    "|redistribution and use of this software in source and binary forms"
    "|redistribution and use with or without modification"
    "|redistribution use in source and binary forms";
constexpr std::string_view use_opening
  = "permission to use copy modify|permission to use copy and modify"
    "|permission to use and copy|permission to use modify copy";
constexpr std::string_view copy_opening
  = "permission to copy use modify|permission to copy use sell"
    "|permission to copy modify|permission to modify and distribute"
    "|permission to copy and distribute";
constexpr std::string_view zlib_opening
  = "permission is granted to anyone to use this software for any purpose";
constexpr std::string_view in_docs = "appear in supporting documentation"
                                     "|in supporting documentation";
constexpr std::string_view no_endorsement
  = "may not be used to endorse|may be used to endorse or promote"
    "|to endorse or promote products derived|be used to endorse or promote";
constexpr std::string_view advertising_clause
  = "all advertising materials mentioning";
constexpr std::string_view binary_clause
  = "redistributions in binary form|in binary form must reproduce";
constexpr std::string_view source_clause
  = "redistributions of source code|redistribution of source code"
    "|retain the above copyright";
constexpr std::string_view fsf_unlimited
  = "gives unlimited permission to copy|give unlimited permission to copy";

} // namespace

const std::vector<terms_rule>& terms_rules() {
  static const std::vector<terms_rule> rules{
    // -- opening like MIT -----------------------------------------------------
    {"Unicode-DFS-2016", "Unicode", mit_opening, {"unicode data files"}, {}},
    {"OFL-1.1", "OFL", mit_opening, {"copy of the font software"}, {}},
    {"Bitstream-Vera",
     "Bitstream-Vera",
     mit_opening,
     {"fonts accompanying this license"},
     {}},
    {"BSL-1.0",
     "BSL",
     mit_opening,
     {"software and accompanying documentation covered by this license"},
     {}},
    {"NCSA",
     "NCSA",
     mit_opening,
     {"redistributions of source code must retain"},
     {}},
    {"X11", "MIT", mit_opening, {"except as contained in this notice"}, {}},
    {"ICU", "MIT", mit_opening, {in_docs, "provided that"}, {"subject to"}},
    {"MIT-0",
     "MIT",
     mit_opening,
     {"deal in the software without restriction",
      "the software is provided as is"},
     {"shall be included", "appear in all copies", "subject to"}},
    {"MIT", "MIT", mit_opening, {"shall be included|must be included"}, {}},
    // -- opening like BSD -----------------------------------------------------
    {"bzip2-1.0.6",
     "bzip2",
     bsd_opening,
     {"the origin of this software must not be misrepresented"},
     {}},
    {"Info-ZIP", "Info-ZIP", bsd_opening, {"info zip"}, {}},
    {"OpenSSL", "OpenSSL", bsd_opening, {"openssl toolkit"}, {}},
    {"LicenseRef-SSLeay", "OpenSSL", bsd_opening, {"eric young"}, {}},
    {"Apache-1.1",
     "Apache",
     bsd_opening,
     {"end user documentation included with the redistribution"},
     {}},
    {"OLDAP-2.8",
     "OLDAP",
     bsd_opening,
     {"redistributions in source form must retain copyright statements",
      "verbatim copy of this document"},
     {}},
    {"BSD-4.3RENO",
     "BSD",
     bsd_opening,
     {"duplicated in all such forms", "acknowledge that the software"},
     {}},
    {"BSD-4-Clause-UC",
     "BSD",
     bsd_opening,
     {advertising_clause, no_endorsement,
      "software developed by the university of california"},
     {}},
    {"BSD-4-Clause",
     "BSD",
     bsd_opening,
     {advertising_clause, no_endorsement},
     {}},
    {"BSD-3-Clause-Clear",
     "BSD",
     bsd_opening,
     {no_endorsement, "no express or implied licenses to any party s patent"},
     {}},
    {"BSD-3-Clause",
     "BSD",
     bsd_opening,
     {no_endorsement, source_clause, binary_clause},
     {advertising_clause}},
    {"BSD-2-Clause",
     "BSD",
     bsd_opening,
     {source_clause, binary_clause},
     {advertising_clause, no_endorsement}},
    {"BSD-1-Clause",
     "BSD",
     bsd_opening,
     {source_clause},
     {advertising_clause, no_endorsement, binary_clause}},
    // -- opening like ISC and the licences of old X ---------------------------
    {"PostgreSQL",
     "PostgreSQL",
     use_opening,
     {"without a written agreement is hereby granted"},
     {}},
    {"curl",
     "curl",
     use_opening,
     {"with or without fee is hereby granted",
      "except as contained in this notice"},
     {}},
    {"NTP",
     "HPND",
     use_opening,
     {"with or without fee is hereby granted", in_docs},
     {}},
    {"ISC",
     "ISC",
     use_opening,
     {"with or without fee is hereby granted|without fee is hereby granted",
      "appear in all copies|appears in all copies|included in all copies"},
     {in_docs}},
    {"0BSD",
     "0BSD",
     use_opening,
     {"with or without fee is hereby granted"},
     {"provided that"}},
    {"MIT-CMU",
     "HPND",
     use_opening,
     {"without fee is hereby granted", in_docs,
      "not be used in advertising or publicity"},
     {"and sell"}},
    {"HPND-sell-variant",
     "HPND",
     use_opening,
     {"distribute and sell|sell this software|distribute sell", "granted",
      "without fee|royalty free|without charge"},
     {}},
    {"HPND",
     "HPND",
     use_opening,
     {"without fee is hereby granted|hereby granted without fee"
      "|is hereby granted provided",
      in_docs},
     {}},
    {"SunPro",
     "SunPro",
     use_opening,
     {"freely granted provided that this notice is preserved"},
     {}},
    // -- other openings -------------------------------------------------------
    {"LicenseRef-old-Boost",
     "BSL",
     copy_opening,
     {"granted provided this copyright notice appears in all copies"
      "|granted provided that this copyright notice appears"},
     {}},
    {"Info-ZIP", "Info-ZIP", zlib_opening, {"info zip"}, {}},
    {"Zlib",
     "Zlib",
     zlib_opening,
     {"the origin of this software must not be misrepresented"
      "|origin of this software must not be misrepresented"},
     {}},
    {"Libpng",
     "Libpng",
     "the png reference library is supplied as is"
     "|permission is hereby granted to use copy modify and distribute this "
     "source code or portions hereof",
     {"the origin of this source code must not be misrepresented"},
     {}},
    {"FSFAP",
     "FSF",
     "copying and distribution of this file with or without modification are "
     "permitted in any medium without royalty",
     {"notice are preserved|notice is preserved"},
     {}},
    {"FSFULLRWD",
     "FSF",
     fsf_unlimited,
     {"with or without modifications", "without any warranty"},
     {}},
    {"FSFULLR", "FSF", fsf_unlimited, {"with or without modifications"}, {}},
    {"FSFUL", "FSF", fsf_unlimited, {}, {}},
    {"TCL",
     "TCL",
     "hereby grant permission to use copy modify distribute and license this "
     "software",
     {"existing copyright notices are retained"},
     {},
     420},
    {"Linux-man-pages-copyleft",
     "verbatim",
     "permission is granted to make and distribute verbatim copies",
     {"since the linux kernel and libraries are constantly changing"},
     {}},
    {"Latex2e",
     "verbatim",
     "permission is granted to make and distribute verbatim copies",
     {"notice are preserved on all copies|notice are preserved",
      "under the conditions for verbatim copying"},
     {}},
    {"PSF-2.0",
     "Python",
     "psf hereby grants licensee a nonexclusive",
     {"python"},
     {}},
    {"LicenseRef-BeOpen", "Python", "beopen hereby grants licensee", {}, {}},
    {"CNRI-Python",
     "Python",
     "cnri hereby grants licensee|cnri grants licensee",
     {},
     {}},
    {"Boehm-GC",
     "Boehm-GC",
     "permission is hereby granted to use or copy this program for any purpose",
     {"provided the above notices are retained on all copies"},
     {}},
    {"Unlicense",
     "Unlicense",
     "this is free and unencumbered software released into the public domain",
     {},
     {}},
    {"Beerware",
     "Beerware",
     "as long as you retain this notice you can do whatever you want",
     {"beer"},
     {}},
    {"IJG",
     "IJG",
     "permission is hereby granted to use copy modify and distribute this "
     "software or portions thereof for any purpose without fee",
     {"independent jpeg group"},
     {}},
    {"LicenseRef-IETF-document",
     "IETF",
     "this document and translations of it may be copied and furnished to "
     "others",
     {},
     {}},
    {"Apache-2.0",
     "Apache",
     "terms and conditions for use reproduction and distribution",
     {"licensor shall mean"},
     {},
     1700},
    {"MPL-1.1",
     "MPL",
     "mozilla public license version 1.1",
     {"contributor means each entity"},
     {},
     4200},
    {"RSA-MD",
     "RSA-MD",
     "license to copy and use this software is granted provided that it is "
     "identified as the rsa data security",
     {},
     {}},
  };
  return rules;
}

const std::vector<name_rule>& name_rules() {
  using enum evidence_kind;
  static const std::vector<name_rule> rules{
    {"Apache-2.0", "Apache", grant,
     "licensed under the apache license version 2.0"
     "|under the terms of the apache license version 2.0"},
    {"Apache-2.0", "Apache", title,
     "apache license version 2.0|apache license 2.0|apache software license "
     "version 2.0|apache 2.0 license|apache license v2.0|apache license v2"
     "|apache org licenses license 2.0|license apache 2.0"},
    {"Apache-2.0", "Apache", reference, "common licenses apache 2.0"},
    {"MPL-1.1", "MPL", grant,
     "mozilla public license version 1.1|mozilla public license 1.1"},
    {"MPL-2.0", "MPL", grant,
     "mozilla public license version 2.0|mozilla public license v 2.0"
     "|mozilla public license 2.0"},
    {"MPL-1.1", "MPL", reference, "mpl 1.1|common licenses mpl 1.1"},
    {"MPL-2.0", "MPL", reference, "mpl 2.0|common licenses mpl 2.0"},
    {"Artistic-1.0-Perl OR GPL-1.0-or-later", "Artistic", grant,
     "under the same terms as perl itself|same terms as perl"},
    {"Artistic-2.0", "Artistic", title,
     "artistic license 2.0|artistic license version 2.0|artistic 2.0"},
    {"ClArtistic", "Artistic", title, "clarified artistic license"},
    {"Artistic-1.0-Perl", "Artistic", reference, "common licenses artistic"},
    {"Artistic-1.0-Perl", "Artistic", bare_name, "the artistic license"},
    {"BSD-3-Clause", "BSD", reference, "common licenses bsd"},
    {"BSD-3-Clause", "BSD", title,
     "3 clause bsd|bsd 3 clause|three clause bsd|new bsd license|modified bsd "
     "license|revised bsd license"},
    {"BSD-2-Clause", "BSD", title,
     "2 clause bsd|bsd 2 clause|two clause bsd|simplified bsd license"},
    {"0BSD", "0BSD", title, "0 clause bsd|zero clause bsd"},
    {"MIT", "MIT", title,
     "the mit license|mit license|expat license|under the mit x11 license"},
    {"ISC", "ISC", title, "isc license"},
    {"Zlib", "Zlib", title, "zlib license|zlib libpng license"},
    {"BSL-1.0", "BSL", title,
     "boost software license version 1.0|boost software license 1.0"},
    {"CC0-1.0", "CC", grant,
     "cc0 1.0 universal|creativecommons org publicdomain zero 1.0"},
    {"CC0-1.0", "CC", title, "cc0 1.0|creative commons zero"},
    {"CC0-1.0", "CC", reference, "common licenses cc0 1.0"},
    {"OFL-1.1", "OFL", title,
     "sil open font license version 1.1|sil open font license 1.1|ofl 1.1"},
    {"EPL-1.0", "EPL", title,
     "eclipse public license version 1.0|eclipse public license v 1.0"
     "|eclipse public license v1.0|eclipse public license 1.0"},
    {"EPL-2.0", "EPL", title,
     "eclipse public license version 2.0|eclipse public license v 2.0"
     "|eclipse public license v2.0|eclipse public license 2.0"},
    {"CDDL-1.0", "CDDL", title,
     "common development and distribution license version 1.0"
     "|common development and distribution license cddl version 1.0"},
    {"AFL-2.1", "AFL", title, "academic free license version 2.1"},
    {"AFL-3.0", "AFL", title, "academic free license version 3.0"},
    {"ZPL-2.0", "ZPL", title, "zope public license zpl version 2.0"},
    {"ZPL-2.1", "ZPL", title,
     "zope public license zpl version 2.1|zope public license version 2.1"},
    {"PSF-2.0", "Python", title,
     "python software foundation license version 2"
     "|psf license agreement for python"},
    {"FTL", "FTL", title, "freetype project license"},
    {"SGI-B-2.0", "SGI", title,
     "sgi free software license b version 2.0|sgi free software b"},
    {"W3C", "W3C", title,
     "w3c software notice and license|w3c software and document notice"},
    {"OLDAP-2.8", "OLDAP", title, "openldap public license version 2.8"},
    {"WTFPL", "WTFPL", title, "do what the fuck you want to"},
    {"Info-ZIP", "Info-ZIP", title, "info zip license"},
    {"LicenseRef-public-domain", "public-domain", assertion,
     "in the public domain|into the public domain|is public domain"
     "|to the public domain|are public domain|public domain software"
     "|license public domain|public domain code|public domain written by"
     "|don t fall under any copyright|is not copyrighted"
     "|no copyright is claimed"},
  };
  return rules;
}

} // namespace license_inventory

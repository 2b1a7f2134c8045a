#include "spdx_list.hpp"

#include "text.hpp"

#include <array>
#include <string>
#include <unordered_map>

namespace license_inventory {

namespace {

/// Identifiers of the SPDX list that Debian uses under the same name.
constexpr auto identifiers = std::to_array<std::string_view>({
  "0BSD",
  "AFL-2.0",
  "AFL-2.1",
  "AFL-3.0",
  "Apache-1.0",
  "Apache-1.1",
  "Apache-2.0",
  "Artistic-1.0",
  "Artistic-1.0-Perl",
  "Artistic-2.0",
  "BSD-1-Clause",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BSD-4-Clause",
  "BSD-4-Clause-UC",
  "BSL-1.0",
  "Bitstream-Vera",
  "Boehm-GC",
  "CC0-1.0",
  "CC-BY-2.0",
  "CC-BY-2.5",
  "CC-BY-3.0",
  "CC-BY-4.0",
  "CC-BY-SA-2.0",
  "CC-BY-SA-2.5",
  "CC-BY-SA-3.0",
  "CC-BY-SA-4.0",
  "CDDL-1.0",
  "CDDL-1.1",
  "CECILL-2.0",
  "CPL-1.0",
  "ClArtistic",
  "EFL-2.0",
  "EPL-1.0",
  "EPL-2.0",
  "FSFAP",
  "FSFUL",
  "FSFULLR",
  "FSFULLRWD",
  "FTL",
  "HPND",
  "HPND-sell-variant",
  "ICU",
  "IJG",
  "ISC",
  "Info-ZIP",
  "JasPer-2.0",
  "Latex2e",
  "Libpng",
  "Linux-man-pages-copyleft",
  "MIT",
  "MIT-0",
  "MIT-CMU",
  "MPL-1.0",
  "MPL-1.1",
  "MPL-2.0",
  "MS-PL",
  "NCSA",
  "NTP",
  "OFL-1.0",
  "OFL-1.1",
  "OLDAP-2.8",
  "OpenSSL",
  "PHP-3.01",
  "PSF-2.0",
  "PostgreSQL",
  "Python-2.0",
  "QPL-1.0",
  "RSA-MD",
  "Ruby",
  "SGI-B-2.0",
  "SISSL",
  "SMLNJ",
  "Sleepycat",
  "Spencer-86",
  "SunPro",
  "TCL",
  "TCP-wrappers",
  "Unicode-DFS-2015",
  "Unicode-DFS-2016",
  "Unlicense",
  "Vim",
  "W3C",
  "WTFPL",
  "X11",
  "XFree86-1.1",
  "ZPL-2.0",
  "ZPL-2.1",
  "Zlib",
  "bzip2-1.0.6",
  "curl",
  "libtiff",
  "BSD-3-Clause-Clear",
});

struct alias {
  std::string_view debian; ///< folded
  std::string_view spdx;
};

constexpr auto aliases = std::to_array<alias>({
  {"expat", "MIT"},
  {"mit/x11", "MIT"},
  {"mit/expat", "MIT"},
  {"apache-2", "Apache-2.0"},
  {"apache2", "Apache-2.0"},
  {"apache2.0", "Apache-2.0"},
  {"asl-2.0", "Apache-2.0"},
  {"artistic", "Artistic-1.0-Perl"},
  {"artistic-1", "Artistic-1.0-Perl"},
  {"artistic-2", "Artistic-2.0"},
  {"beerware", "Beerware"},
  {"bitstream vera", "Bitstream-Vera"},
  {"boost-1.0", "BSL-1.0"},
  {"boost-1", "BSL-1.0"},
  {"boost", "BSL-1.0"},
  {"bsl-1", "BSL-1.0"},
  {"bsl", "BSL-1.0"},
  {"bsd-0-clause", "0BSD"},
  {"bsd-2", "BSD-2-Clause"},
  {"bsd2", "BSD-2-Clause"},
  {"bsd-2clause", "BSD-2-Clause"},
  {"bsd-3", "BSD-3-Clause"},
  {"bsd3", "BSD-3-Clause"},
  {"bsd-3clause", "BSD-3-Clause"},
  {"bsd-4", "BSD-4-Clause"},
  {"bsd-4-clause-ucb", "BSD-4-Clause-UC"},
  {"cc0", "CC0-1.0"},
  {"cc-0", "CC0-1.0"},
  {"cddl-1", "CDDL-1.0"},
  {"edl-1", "BSD-3-Clause"},
  {"edl-1.0", "BSD-3-Clause"},
  {"fsf-unlimited", "FSFULLR"},
  {"fsf-all-permissive", "FSFAP"},
  {"mpl-2", "MPL-2.0"},
  {"oldap-2.8", "OLDAP-2.8"},
  {"openldap-2.8", "OLDAP-2.8"},
  {"ofl-1", "OFL-1.1"},
  {"sil-1.1", "OFL-1.1"},
  {"sil-ofl-1.1", "OFL-1.1"},
  {"psf", "PSF-2.0"},
  {"psf-2", "PSF-2.0"},
  {"python", "Python-2.0"},
  {"python-2", "Python-2.0"},
  {"zlib/libpng", "Zlib"},
  {"bsd-4.3reno", "BSD-4.3RENO"},
  {"apache-2-llvm-exceptions", "Apache-2.0 WITH LLVM-exception"},
});

struct exception_name {
  std::string_view words;   ///< folded, as between "with" and "exception"
  std::string_view version; ///< of the licence it goes with; empty: any
  std::string_view spdx;
};

constexpr auto exceptions = std::to_array<exception_name>({
  {"autoconf", "2.0", "Autoconf-exception-2.0"},
  {"autoconf", "3.0", "Autoconf-exception-3.0"},
  {"autoconf-data", "2.0", "Autoconf-exception-generic"},
  {"autoconf-data", "3.0", "Autoconf-exception-generic-3.0"},
  {"bison", "", "Bison-exception-2.2"},
  {"bison-2.2", "", "Bison-exception-2.2"},
  {"classpath", "", "Classpath-exception-2.0"},
  {"font", "", "Font-exception-2.0"},
  {"gcc-runtime", "3.0", "GCC-exception-3.1"},
  {"gcc-runtime-3.1", "", "GCC-exception-3.1"},
  {"gcc-runtime-library", "3.0", "GCC-exception-3.1"},
  {"libtool", "", "Libtool-exception"},
  {"linux-syscall-note", "", "Linux-syscall-note"},
  {"llvm", "", "LLVM-exception"},
  {"qt-1.0", "3.0", "Qt-GPL-exception-1.0"},
  {"texinfo", "", "Texinfo-exception"},
});

using table = std::unordered_map<std::string, std::string_view>;

const table& listed_names() {
  static const table names = [] {
    table result;
    for (const auto id : identifiers)
      result.emplace(lower(id), id);
    for (const auto& a : aliases)
      result.emplace(a.debian, a.spdx);
    return result;
  }();
  return names;
}

} // namespace

std::string_view listed_id(std::string_view folded_name) {
  const auto& names = listed_names();
  const auto at = names.find(std::string{folded_name});
  return at == names.end() ? std::string_view{} : at->second;
}

std::string_view exception_id(std::string_view words, std::string_view id) {
  const auto folded = lower(words);
  for (const auto& e : exceptions)
    if (e.words == folded
        && (e.version.empty() || id.find(e.version) != id.npos))
      return e.spdx;
  return {};
}

} // namespace license_inventory

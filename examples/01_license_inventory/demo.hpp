#pragma once

#include "faults.hpp"

#include <filesystem>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace license_inventory {

struct demo_options {
  /// Documents are `<dir>/*/copyright`.
  std::filesystem::path dir = "/usr/share/doc";
  /// Made if missing. Holds journal, inventory and SPDX file.
  std::filesystem::path data_dir = "stanchion-demo";
  /// Go on with what an earlier demo left in `data_dir`, instead of removing
  /// it.
  bool keep = false;
  /// Answer every ticket with what the agent suggests.
  bool decide_all = false;
  /// How to call this program in hints.
  std::string program = "01_license_inventory";
};

/// Reads the words behind `demo`; a text that says what is wrong, otherwise.
[[nodiscard]] std::variant<demo_options, std::string>
parse_demo_words(const std::vector<std::string>& words);

/// How to call it, for people.
[[nodiscard]] std::string demo_usage(const std::string& program);

/// Where a demo prints: results, and everything else.
struct demo_terminal {
  std::ostream& out;
  std::ostream& err;
  bool shows_progress = false;
};

/// Makes an inventory in a child process whose tools fail now and then and
/// which kills itself in the middle, starts it again, and prints what came out
/// of it. Returns what `main` should: 0 ok, 1 failed or a document lost, 2
/// usage, 4 no such folder or no documents in it.
///
/// Threads: forks; call it while there is only one.
int run_demo(const demo_options& options, const demo_terminal& io);

/// Prints the table of an inventory as it is now and writes its SPDX file
/// anew. Returns what `main` should.
int print_report(const demo_options& options, const demo_terminal& io);

} // namespace license_inventory

#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stanchion::bench {

/// Where and how big a measurement is.
struct scale {
  /// Small sizes: shows that a row works, not how fast it is.
  bool quick = false;
  /// An empty directory of the measurement's own, on the file system that is
  /// measured.
  std::filesystem::path dir;

  /// `full`, or what stands for it when sizes are small.
  template <class T>
  [[nodiscard]] T size(T full, T small) const {
    return quick ? small : full;
  }
};

/// Does some work and returns the row's figure. Runs in a process of its own.
using measure = std::function<double(const scale&)>;

/// What a row is judged by.
struct figures {
  double product = 0;
  /// Nothing for a row that has an absolute target only.
  std::optional<double> floor;
  /// fdatasync of 4 KiB per second.
  double probe = 0;

  [[nodiscard]] double ratio() const {
    return product / floor.value_or(1.0);
  }
};

/// One line of the table.
struct row {
  std::string name;
  std::string title;
  std::string unit;
  measure product;
  /// The least program that does the same work; may be null.
  measure floor;
  std::string target;
  std::function<bool(const figures&)> met;
  /// Rounds, product and floor in turn; the median counts. 1 only where a
  /// figure hardly varies and a round takes minutes.
  int rounds = 5;
  /// Files that every round starts from are made once, here; may be null.
  std::function<void(const scale&)> prepare = nullptr;
};

struct options {
  bool quick = false;
  /// One round of the product alone: for a profiler.
  bool profile = false;
  std::vector<std::string> rows; ///< names; empty: all
  std::string json;              ///< a file to write; empty: none
  std::filesystem::path dir;     ///< scratch goes below it
};

/// Measures and prints. Returns how many rows could not be measured.
int run(const std::vector<row>& rows, const options& x);

// -- what measurements use ----------------------------------------------------

using clock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(clock::time_point begin);
/// 0 for no values. `part` 0.5 is the median.
[[nodiscard]] double quantile(std::vector<double> xs, double part);
/// Syncs of 4 KiB written over existing bytes of a file in `dir`, a second.
[[nodiscard]] double probe_disk(const std::filesystem::path& dir, bool quick);
/// Resident memory of this process, in bytes.
[[nodiscard]] double resident_bytes();

/// Runs `body` in a child process, which must not return more than one figure.
/// Throws `std::runtime_error` with its message when it throws, dies or takes
/// longer than `limit`. This process must have no other threads.
[[nodiscard]] double isolated(const std::function<double()>& body,
                              std::chrono::seconds limit);

} // namespace stanchion::bench

#pragma once

#include <stanchion/core/time.hpp>

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <stop_token>
#include <string>

namespace shop {

/// Who takes the customers' money: somebody else's service, stood for by a file
/// that knows nothing of the runtime. It honours idempotency keys: a line
/// `paid KEY CENTS` for each payment, a line `asked KEY` for each time that it
/// was asked.
///
/// Threads: any, of one process.
class provider {
public:
  /// It answers `takes` after it has acted.
  provider(std::filesystem::path file, stanchion::duration takes);

  /// Pays once, however often it is asked under a key. Gives up waiting for its
  /// own answer when it is told to stop. Throws `std::system_error`.
  void charge(const std::string& key, std::int64_t cents,
              const std::stop_token& stop);

private:
  [[nodiscard]] bool has_paid(const std::string& key) const;
  void write(const std::string& line) const;

  std::filesystem::path file_;
  stanchion::duration takes_;
  std::mutex mutex_; // of the file
};

} // namespace shop

#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace payments {

/// The books of the world outside: an append-only file that knows nothing of
/// the runtime, one line an effect: `<service> <order> <key>`.
///
/// Threads: any, and any number of processes.
class ledger {
public:
  explicit ledger(std::filesystem::path file) : file_(std::move(file)) {
    // nop
  }

  /// Adds a line. Throws `std::system_error`.
  void add(const std::string& service, int order, const std::string& key) const;
  /// Adds it unless the service has that key: what a service does that honours
  /// keys. False if it was there.
  [[nodiscard]] bool add_once(const std::string& service, int order,
                              const std::string& key) const;
  [[nodiscard]] bool has(const std::string& service,
                         const std::string& key) const;
  /// How often each order stands in the books of `service`.
  [[nodiscard]] std::map<int, int> orders(const std::string& service) const;
  /// Lines of all services together.
  [[nodiscard]] int size() const;

private:
  std::filesystem::path file_;
};

} // namespace payments

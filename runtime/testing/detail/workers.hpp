#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace stanchion::detail {

using nlohmann::json;

/// What came back from a worker.
struct worker_end {
  /// What it counted; null if it died.
  std::shared_ptr<const json> counted;
  /// What it was at when it died, and of which signal.
  std::uint64_t at = 0;
  int signal = 0;
};

/// Hands out the numbers from `first` to `last`, both included.
class numbers {
public:
  virtual ~numbers() = default;
  /// The next number; 0 when there is none left.
  [[nodiscard]] virtual std::uint64_t next() = 0;
};

/// Does `work` in `count` processes made by `fork`, which share the numbers
/// from `first` on. Throws what the system refuses, and a `std::runtime_error`
/// with the text of what `work` threw.
[[nodiscard]] std::vector<worker_end>
in_processes(std::size_t count, std::uint64_t first, std::uint64_t last,
             const std::function<json(numbers&)>& work);

} // namespace stanchion::detail

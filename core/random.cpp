#include <stanchion/core/random.hpp>

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>

namespace stanchion {

namespace {

/// Asks the operating system every time: nothing to guess, nothing that a fork
/// would copy, and chance is drawn a few times per run at most.
class entropy_source final : public random_source {
public:
  std::uint64_t next() override {
    std::uint64_t bits = 0;
    if (::getentropy(&bits, sizeof bits) != 0)
      throw std::system_error(errno, std::generic_category(), "getentropy");
    return bits;
  }
};

class seeded_source final : public random_source {
public:
  explicit seeded_source(std::uint64_t seed) : state_(seed) {
    // nop
  }

  std::uint64_t next() override {
    constexpr std::uint64_t step = 0x9e3779b97f4a7c15ULL;
    return mix64(state_.fetch_add(step, std::memory_order_relaxed));
  }

private:
  std::atomic<std::uint64_t> state_;
};

} // namespace

std::shared_ptr<random_source> entropy_random() {
  return std::make_shared<entropy_source>();
}

std::shared_ptr<random_source> seeded_random(std::uint64_t seed) {
  return std::make_shared<seeded_source>(seed);
}

} // namespace stanchion

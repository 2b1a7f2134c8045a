#pragma once

#include <stanchion/core/executor.hpp>

namespace stanchion {

/// Runs every job in `submit`: for simulations, where no other thread exists.
class inline_executor final : public executor {
public:
  [[nodiscard]] bool submit(std::function<void()> job) override {
    job();
    return true;
  }
  void replace_hung_worker(std::thread::id) override {
    // nop: a job that hangs hangs its caller
  }
  [[nodiscard]] std::size_t queued() const override {
    return 0;
  }
};

} // namespace stanchion

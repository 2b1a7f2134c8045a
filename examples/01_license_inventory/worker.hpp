#pragma once

#include "pipeline.hpp"

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace license_inventory {

/// What one life of a worker told, counted by its first word.
using worker_counts = std::map<std::string, std::size_t>;

/// How a worker ended.
struct worker_end {
  int signal = 0; ///< that killed it; 0 if none did
  int code = 0;   ///< its exit code; 1 when it could not do its work
  worker_counts told;
};

/// Runs the pipeline in a child process, until that ends. What the child tells
/// comes through a pipe, and outlives it. It dies with this process.
///
/// `on_words` hears each message as it comes. What goes wrong in the child is
/// printed to stderr.
///
/// Errors:  throws `std::system_error`.
/// Threads: forks; call it while there is only one.
[[nodiscard]] worker_end
run_worker(pipeline_settings settings,
           const std::function<void(std::string_view)>& on_words);

} // namespace license_inventory

#pragma once

#include <stanchion/runtime/api/operations.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace stanchion {

/// Carries requests of the operator API to a process that answers them.
///
/// Errors:  `no_server` when it does not answer or hangs up.
/// Threads: not synchronised.
class api_transport {
public:
  struct reply {
    int status = 0;
    std::string body;
  };

  virtual ~api_transport() = default;

  /// `body` is JSON text; for `POST` alone.
  virtual reply ask(const char* method, const std::string& target,
                    const std::string& body)
    = 0;

  /// Reads an answer line by line, for a status of 200; else returns it.
  /// `on_line` and `keep_going`, which is asked several times a second, end the
  /// reading with false.
  virtual reply read_lines(const std::string& target,
                           const std::function<bool(std::string_view)>& on_line,
                           const std::function<bool()>& keep_going)
    = 0;
};

/// What a process at the other end of `over` does.
///
/// Errors:  those that it tells; those of `over`.
/// Threads: not synchronised.
[[nodiscard]] std::unique_ptr<operations>
make_remote_operations(std::unique_ptr<api_transport> over);

} // namespace stanchion

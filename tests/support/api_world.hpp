#pragma once

#include "support/process.hpp"

#include <stanchion/core/value.hpp>
#include <stanchion/runtime/api/operations.hpp>
#include <stanchion/runtime/api/service.hpp>
#include <stanchion/runtime/runtime.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace stanchion::test {

/// What a request is made of. `as` is a role, `none` for no token, or the
/// token itself.
struct api_request {
  std::string method = "GET";
  std::string target;
  std::string as = "admin";
  std::string body = {};
  std::map<std::string, std::string> headers = {};
};

/// A started runtime in memory, with the tool `echo` and the agents `returns`,
/// `calls` and `asks`, and tokens of all roles, named as they are.
struct api_world {
  api_world();

  /// The answer to it, as if it had come over a network.
  http_response ask(const api_request& x);
  /// Its body. Fails the test unless it is answered with the status.
  json get(const api_request& x, int status = 200);
  /// Starts a run of `agent` and waits until it is settled.
  json run(const std::string& agent, const json& input = json::object());
  /// What the request is, read.
  [[nodiscard]] http_request read(const api_request& x) const;
  [[nodiscard]] std::string token_of(const std::string& as) const;
  /// The open ticket. Fails the test unless there is exactly one.
  json only_ticket();

  temporary_dir dir;
  runtime rt;
  std::shared_ptr<operations> work;
  std::map<std::string, std::string> secrets; ///< by role
  std::unique_ptr<api_service> service;
};

/// Sends bytes to a port of this machine and returns all that comes back until
/// the other side hangs up, or `limit` has passed.
[[nodiscard]] std::string talk(int port, const std::string& bytes,
                               std::chrono::milliseconds limit
                               = std::chrono::seconds{20});

/// A connection to a port of this machine.
class connection {
public:
  explicit connection(int port);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection();

  /// False when the other side has hung up, or takes nothing for a second.
  bool send(const std::string& bytes) const;
  /// Whether the other side has.
  [[nodiscard]] bool hung_up() const;
  /// Reads until `text` has come, the other side hangs up, or `limit` has
  /// passed. Returns all that has come so far.
  std::string read_until(const std::string& text,
                         std::chrono::milliseconds limit
                         = std::chrono::seconds{20});
  /// Reads to the end.
  std::string read_all(std::chrono::milliseconds limit
                       = std::chrono::seconds{20});

private:
  /// False at the end, or when `limit` has passed.
  bool read_some(std::chrono::milliseconds limit);

  int fd_;
  std::string got_;
};

} // namespace stanchion::test

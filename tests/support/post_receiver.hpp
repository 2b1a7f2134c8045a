#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stanchion::test {

/// What came to a receiver.
struct received_post {
  std::string path;
  std::map<std::string, std::string> headers; ///< those that tests look at
  std::string body;
};

/// What a receiver answers.
struct post_answer {
  int status = 200;
  std::string retry_after = {};
};

/// An HTTP server at a port of this machine that takes any POST, answers as it
/// was told to, in turn, and then with 200.
///
/// Threads: any, and one of its own.
class post_receiver {
public:
  /// Speaks TLS with a certificate and its key, if they are given.
  explicit post_receiver(const std::filesystem::path& cert = {},
                         const std::filesystem::path& key = {});
  post_receiver(const post_receiver&) = delete;
  post_receiver& operator=(const post_receiver&) = delete;
  ~post_receiver();

  [[nodiscard]] std::string url(const std::string& path = "/hook") const;
  void will_answer(std::deque<post_answer> xs);
  /// Answers nothing until the end.
  void hang();
  [[nodiscard]] std::vector<received_post> all() const;
  /// Waits until so many have come. Fails the test where they do not.
  [[nodiscard]] std::vector<received_post> wait_for(std::size_t count) const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace stanchion::test

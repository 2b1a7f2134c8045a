#pragma once

#include <stanchion/actors/http/transfer.hpp>

#include <cstddef>
#include <string_view>

namespace stanchion {

/// Puts the head of an answer together from its lines. Those of interim answers
/// (1xx) are forgotten, and what follows the head, as trailers do, is ignored.
///
/// Threads: not synchronised.
class answer_head {
public:
  /// Most bytes of all lines. What providers send is below 8 KiB.
  static constexpr auto most = std::size_t{64} << 10;

  enum class state {
    reading,
    complete, ///< by this line
    too_long, ///< and so to be given up
  };

  /// A line, with its end or without.
  state add(std::string_view line);

  /// Whether all of it has come.
  [[nodiscard]] bool complete() const {
    return complete_;
  }
  [[nodiscard]] int status() const {
    return status_;
  }
  [[nodiscard]] const http_headers& headers() const {
    return headers_;
  }

private:
  void add_header(std::string_view line);

  int status_ = 0;
  http_headers headers_;
  std::size_t bytes_ = 0;
  bool complete_ = false;
};

} // namespace stanchion

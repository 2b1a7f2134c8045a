#include <stanchion/actors/mcp/stdio_transport.hpp>

#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <utility>

namespace stanchion {

namespace {

constexpr std::size_t longest_note = 4096;
constexpr std::size_t piece = std::size_t{64} << 10U;

/// Bytes that come in pieces, as lines.
class line_reader {
public:
  /// Calls `each` for each whole line. False when one is longer than `most`.
  bool add(std::string_view bytes, std::size_t most,
           const std::function<void(std::string_view)>& each) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      rest_.append(bytes.substr(0, end));
      if (rest_.size() > most)
        return false;
      if (end == std::string_view::npos)
        return true;
      bytes.remove_prefix(end + 1);
      if (rest_.ends_with('\r'))
        rest_.pop_back();
      const auto line = std::exchange(rest_, {});
      if (!line.empty())
        each(line);
    }
    return true;
  }
  /// What there is of a line that has not ended.
  [[nodiscard]] std::string take_rest() {
    return std::exchange(rest_, {});
  }

private:
  std::string rest_;
};

class stdio_transport final : public mcp_transport {
public:
  stdio_transport(const mcp_stdio_options& options, poll_loop& loop,
                  mcp_transport_listener listener)
    : options_(options), loop_(loop), listener_(std::move(listener)),
      process_(child_process::start(options.process)) {
    loop_.on_readable(process_.output(), [this] { read_output(); });
    loop_.on_readable(process_.errors(), [this] { read_errors(); });
    loop_.on_readable(process_.ended_fd(), [this] { on_ended(); });
  }
  stdio_transport(const stdio_transport&) = delete;
  stdio_transport& operator=(const stdio_transport&) = delete;
  ~stdio_transport() override {
    forget_input();
    loop_.forget_readable(process_.output());
    loop_.forget_readable(process_.errors());
    loop_.forget_readable(process_.ended_fd());
    disarm();
  }

  void send(const mcp_outgoing& x) override {
    if (process_.input() < 0)
      return;
    unread_ += x.frame;
    unread_ += '\n';
    write();
    if (unread_.size() > options_.most_unread)
      lose("the server does not read what it is sent");
  }

  void abandon(std::int64_t) override {
    // nop
  }
  void agreed(const mcp_greeting&) override {
    // nop
  }

  void close(std::function<void()> then) override {
    closed_ = true;
    then_ = std::move(then);
    disarm();
    if (ended_)
      return loop_.post(std::move(then_));
    forget_input();
    process_.close_input();
    arm(options_.end_patience, [this] {
      process_.signal(SIGTERM);
      arm(options_.kill_patience, [this] { process_.signal(SIGKILL); });
    });
  }

private:
  void write() {
    while (!unread_.empty()) {
      const auto n = ::write(process_.input(), unread_.data(), unread_.size());
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 && errno != EAGAIN) { // it has gone: that will be heard of
        forget_input();
        unread_.clear();
        return;
      }
      if (n < 0)
        return loop_.on_writable(process_.input(), [this] { write(); });
      unread_.erase(0, static_cast<std::size_t>(n));
    }
    loop_.forget_writable(process_.input());
  }

  void forget_input() {
    if (process_.input() >= 0)
      loop_.forget_writable(process_.input());
  }

  /// What there is to read; nothing for the end, and no bytes for "not now".
  static std::optional<std::string_view> some(int fd,
                                              std::array<char, piece>& room) {
    const auto n = ::read(fd, room.data(), room.size());
    if (n > 0)
      return std::string_view{room.data(), static_cast<std::size_t>(n)};
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return std::string_view{};
    return std::nullopt;
  }

  /// False when there is no more for now.
  bool read_output() {
    auto room = std::array<char, piece>{};
    const auto bytes = some(process_.output(), room);
    if (!bytes) {
      loop_.forget_readable(process_.output());
      // How it ended says more, if it does.
      if (!ended_ && !closed_)
        arm(options_.end_patience,
            [this] { lose("the server closed its output"); });
      return false;
    }
    const auto fits
      = output_.add(*bytes, options_.most_line, [this](std::string_view line) {
          if (!closed_ && !lost_)
            listener_.on_frame(line);
        });
    if (!fits)
      lose("the server sent a line longer than "
           + std::to_string(options_.most_line) + " bytes");
    return fits && !bytes->empty();
  }

  bool read_errors() {
    auto room = std::array<char, piece>{};
    const auto bytes = some(process_.errors(), room);
    if (!bytes) {
      loop_.forget_readable(process_.errors());
      return false;
    }
    const auto say = [this](std::string_view line) {
      listener_.on_note(severity::debug,
                        "says: " + std::string{line.substr(0, longest_note)});
    };
    if (!errors_.add(*bytes, longest_note, say))
      say(errors_.take_rest());
    return !bytes->empty();
  }

  /// Once; the reason is told only if nobody has closed it.
  void lose(const std::string& why) {
    if (closed_ || std::exchange(lost_, true))
      return;
    listener_.on_lost(why);
  }

  void on_ended() {
    const auto end = process_.try_wait();
    if (!end)
      return;
    ended_ = true;
    loop_.forget_readable(process_.ended_fd());
    disarm();
    while (read_output()) {
      // what it said last
    }
    while (read_errors()) {
      // the same
    }
    if (then_)
      return loop_.post(std::exchange(then_, nullptr));
    lose("the server ended (" + to_string(*end) + ")");
  }

  void disarm() {
    if (timer_)
      loop_.cancel(*std::exchange(timer_, std::nullopt));
  }

  void arm(duration in, std::function<void()> then) {
    timer_
      = loop_.at(poll_loop::clock::now() + in, [this, then = std::move(then)] {
          timer_.reset();
          then();
        });
  }

  mcp_stdio_options options_;
  poll_loop& loop_;
  mcp_transport_listener listener_;
  child_process process_;
  std::string unread_;
  line_reader output_;
  line_reader errors_;
  bool lost_ = false;
  bool ended_ = false;
  std::optional<poll_loop::timer_id> timer_;
  bool closed_ = false;
  std::function<void()> then_; // once nothing is left
};

} // namespace

std::unique_ptr<mcp_transport>
make_stdio_transport(const mcp_stdio_options& options, poll_loop& loop,
                     mcp_transport_listener listener) {
  return std::make_unique<stdio_transport>(options, loop, std::move(listener));
}

} // namespace stanchion

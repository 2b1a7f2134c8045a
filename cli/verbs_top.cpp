#include <stanchion/cli/decisions.hpp>
#include <stanchion/cli/printing.hpp>
#include <stanchion/cli/run_text.hpp>
#include <stanchion/cli/session.hpp>
#include <stanchion/cli/top/asker.hpp>
#include <stanchion/cli/top/screen.hpp>
#include <stanchion/cli/verbs.hpp>
#include <stanchion/cli/words.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>

namespace stanchion::verbs {

namespace {

using namespace stanchion::top;

// -- asking -------------------------------------------------------------------

/// A session for each question: whoever answers may have come or gone.
///
/// Threads: one at a time; it shares nothing with the command's own context,
///          which it may outlive.
class source {
public:
  explicit source(const command_context& x)
    : words_(x.words), setup_(x.setup), io_(x.io),
      context_{words_, io_, setup_} {
    // nop
  }
  source(const source&) = delete;
  source& operator=(const source&) = delete;

  report look() {
    auto s = session{context_, false};
    auto& by = s.reach();
    return top::look(by, words_.url.empty() && !s.reaches_owner());
  }

  std::string act(const order& x) {
    auto s = session{context_, false};
    auto& by = s.reach();
    auto request = x.request;
    request["by"] = who(words_);
    switch (x.what) {
    case order_kind::show_run:
      return details_of(by, x.id);
    case order_kind::decide:
      return decide(s, by, x.id, std::move(request));
    case order_kind::cancel_run:
      return "run " + x.id + " is "
             + text_of(by.cancel_run(x.id, request), "state");
    case order_kind::set_mode:
      return x.id + " is "
             + text_of(by.set_mode(x.id, request).value("mode", json::object()),
                       "mode")
             + " now";
    case order_kind::set_breaker:
      return x.id + ": breaker "
             + text_of(by.set_breaker(x.id, request), "breaker");
    case order_kind::stop_all:
      by.stop_all(request);
      return request.contains("lift") ? "everything may go on"
                                      : "everything is stopped";
    default:
      return {};
    }
  }

private:
  static std::string details_of(operations& by, const std::string& id) {
    auto to = std::ostringstream{};
    auto none = std::istringstream{};
    const auto plain = terminal{none, to, to};
    print_run(plain, by.find_run(id));
    to << '\n';
    print_steps(plain, by.list_steps(id).at("steps"));
    return to.str();
  }

  static std::string decide(const session& s, operations& by,
                            const std::string& id, json request) {
    const auto said = text_of(request, "verb");
    // Whoever may write to the directory may decide in any role.
    request["roles"] = {"*"};
    const auto t = by.decide(id, request);
    if (text_of(t, "state") == "open")
      return id + " stays open: " + said + " is on record";
    return id + " decided: " + decision_text(t)
           + (s.reaches_owner() ? "" : "; nothing drives its run now");
  }

  const invocation words_;
  const std::function<void(runtime&)> setup_;
  const terminal io_;
  command_context context_;
};

std::string name_of(const invocation& x) {
  return x.url.empty() ? x.data_dir.string() : x.url;
}

// -- signals ------------------------------------------------------------------

/// Signals as something to be read, for as long as it lives.
class signal_source {
public:
  signal_source() {
    sigemptyset(&wanted_);
    for (const auto number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH})
      sigaddset(&wanted_, number);
    fd_ = ::signalfd(-1, &wanted_, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd_ < 0)
      throw std::system_error{errno, std::generic_category(),
                              "cannot watch for signals"};
    pthread_sigmask(SIG_BLOCK, &wanted_, &before_);
  }
  signal_source(const signal_source&) = delete;
  signal_source& operator=(const signal_source&) = delete;
  ~signal_source() {
    ::close(fd_);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  [[nodiscard]] int fd() const {
    return fd_;
  }
  /// Whether one has come that ends the command.
  [[nodiscard]] bool end() const {
    auto ends = false;
    auto what = signalfd_siginfo{};
    while (::read(fd_, &what, sizeof what) == sizeof what)
      ends = ends || what.ssi_signo != static_cast<std::uint32_t>(SIGWINCH);
    return ends;
  }

private:
  sigset_t wanted_{};
  sigset_t before_{};
  int fd_ = -1;
};

/// Becomes readable when another thread says so.
class bell {
public:
  bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0)
      throw std::system_error{errno, std::generic_category(),
                              "cannot wait for answers"};
  }
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;
  ~bell() {
    ::close(fd_);
  }

  [[nodiscard]] int fd() const {
    return fd_;
  }
  void ring() const {
    const auto one = std::uint64_t{1};
    static_cast<void>(!::write(fd_, &one, sizeof one));
  }
  void hush() const {
    auto count = std::uint64_t{0};
    static_cast<void>(!::read(fd_, &count, sizeof count));
  }

private:
  int fd_;
};

// -- plain lines --------------------------------------------------------------

void print_plain(const command_context& x, const report& seen) {
  if (x.words.format == output_format::ids) {
    print_list(x, document_of(seen), "tickets");
    return;
  }
  if (!print_document(x, document_of(seen)))
    x.io.out << plain_text_of(rows_of(seen), name_of(x.words));
}

/// One look after the other until a signal.
exit_code print_on(command_context& x, source& from,
                   const signal_source& signals) {
  for (;;) {
    x.io.out << std::flush;
    auto events = pollfd{.fd = signals.fd(), .events = POLLIN, .revents = 0};
    const auto moment
      = std::chrono::ceil<std::chrono::milliseconds>(x.words.every);
    ::poll(&events, 1, static_cast<int>(moment.count()));
    if (signals.end())
      return exit_code::interrupted;
    try {
      const auto seen = from.look();
      if (x.words.format == output_format::table)
        x.io.out << '\n';
      print_plain(x, seen);
    } catch (const error& e) {
      x.io.err << "no answer, asking again: " << plain_text(e.what())
               << std::endl;
    }
    if (!x.io.out)
      return exit_code::failed; // nobody reads it
  }
}

// -- a terminal ---------------------------------------------------------------

/// The person at the terminal.
class live {
public:
  live(screen& on, asker& asks, view first, const signal_source& signals,
       const bell& rings)
    : on_(on), asks_(asks), view_(std::move(first)), signals_(signals),
      rings_(rings) {
    // nop
  }

  exit_code run() {
    for (;;) {
      show();
      auto events = std::array<pollfd, 3>{
        {{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
         {.fd = signals_.fd(), .events = POLLIN, .revents = 0},
         {.fd = rings_.fd(), .events = POLLIN, .revents = 0}}};
      ::poll(events.data(), events.size(), -1);
      if (signals_.end() || (events[0].revents & ~POLLIN) != 0)
        return exit_code::interrupted;
      rings_.hush();
      take_answers();
      if (!take_keys())
        return exit_code::ok;
    }
  }

private:
  void show() {
    const auto size = on_.size();
    view_.width = size.width;
    view_.height = size.height;
    on_.show(paint(view_, size.width, size.height),
             cursor_of(view_, size.width));
  }

  void take_answers() {
    auto back = asks_.take();
    for (const auto& x : back.outcomes)
      view_ = with_outcome(std::move(view_), x);
    if (back.fresh)
      view_ = with_report(std::move(view_), *std::move(back.fresh));
    if (!back.trouble.empty())
      view_
        = with_trouble(std::move(view_), back.trouble, system_clock().now());
  }

  /// False when the person leaves.
  bool take_keys() {
    while (const auto k = on_.next_key()) {
      auto [next, order] = press(std::move(view_), *k);
      view_ = std::move(next);
      if (order.what == order_kind::quit)
        return false;
      if (order.what != order_kind::nothing)
        asks_.ask(std::move(order));
    }
    return true;
  }

  screen& on_;
  asker& asks_;
  view view_;
  const signal_source& signals_;
  const bell& rings_;
};

} // namespace

exit_code top(command_context& x) {
  const auto from = std::make_shared<source>(x);
  const auto signals = signal_source{};
  const auto first = from->look(); // who may not is told at once
  const auto rings = std::make_shared<bell>();
  auto asks = std::optional<asker>{};
  auto code = exit_code::ok;
  auto on = x.io.interactive && !x.words.once
                && x.words.format == output_format::table
              ? screen::open(x.io.colors)
              : nullptr;
  if (on == nullptr) {
    print_plain(x, first);
    return x.words.once ? exit_code::ok : print_on(x, *from, signals);
  }
  asks.emplace(
    questions{.look = [from] { return from->look(); },
              .act = [from](const order& o) { return from->act(o); }},
    x.words.every, [rings] { rings->ring(); });
  auto shown = with_report({.source = name_of(x.words)}, first);
  code = live{*on, *asks, std::move(shown), signals, *rings}.run();
  on.reset(); // the terminal first: what is under way may take a while
  x.abandoned = !asks->stop();
  return code;
}

} // namespace stanchion::verbs

// Beside `known_terminal` the only file that names ncurses.
#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1

#include <stanchion/cli/top/cells.hpp>
#include <stanchion/cli/top/known_terminal.hpp>
#include <stanchion/cli/top/screen.hpp>

#include <curses.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <clocale>
#include <cstring>
#include <cwchar>
#include <string_view>

namespace stanchion::top {

namespace {

constexpr auto escape = wint_t{0x1B};

/// The pairs of colours, by look.
enum pair_of : short { green = 1, yellow, red };

attr_t attributes_of(look_of x) {
  switch (x) {
  case look_of::dim:
    return A_DIM;
  case look_of::warn:
  case look_of::bad:
    return A_BOLD;
  case look_of::bar:
  case look_of::selected:
    return A_REVERSE;
  default:
    return A_NORMAL;
  }
}

short color_of(look_of x) {
  switch (x) {
  case look_of::good:
    return green;
  case look_of::warn:
    return yellow;
  case look_of::bad:
    return red;
  default:
    return 0;
  }
}

std::optional<key_name> name_of(wint_t code) {
  switch (code) {
  case KEY_ENTER:
    return key_name::enter;
  case KEY_BACKSPACE:
    return key_name::backspace;
  case KEY_DC:
    return key_name::remove;
  case KEY_LEFT:
    return key_name::left;
  case KEY_RIGHT:
    return key_name::right;
  case KEY_UP:
    return key_name::up;
  case KEY_DOWN:
    return key_name::down;
  case KEY_PPAGE:
    return key_name::page_up;
  case KEY_NPAGE:
    return key_name::page_down;
  case KEY_HOME:
    return key_name::home;
  case KEY_END:
    return key_name::end;
  case KEY_BTAB:
    return key_name::back_tab;
  default:
    return std::nullopt;
  }
}

std::optional<key> key_of(wint_t c) {
  constexpr auto first_printed = wint_t{0x20};
  constexpr auto rubout = wint_t{0x7F};
  switch (c) {
  case L'\r':
  case L'\n':
    return key{key_name::enter};
  case L'\t':
    return key{key_name::tab};
  case L'\b':
  case rubout:
    return key{key_name::backspace};
  case escape:
    return key{key_name::escape};
  default:
    if (c < first_printed)
      return std::nullopt;
    return key{key_name::character, static_cast<char32_t>(c)};
  }
}

} // namespace

struct screen::impl {
  impl() {
    theirs = ::newlocale(LC_CTYPE_MASK, "", nullptr);
    if (theirs != nullptr)
      before = ::uselocale(theirs);
    utf8 = std::strcmp(::nl_langinfo(CODESET), "UTF-8") == 0;
    if (is_known_terminal())
      terminal = ::newterm(nullptr, stdout, stdin);
  }
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() {
    if (terminal != nullptr) {
      ::endwin();
      ::delscreen(terminal);
    }
    if (before != nullptr)
      ::uselocale(before);
    if (theirs != nullptr)
      ::freelocale(theirs);
  }

  void use_colors() const {
    if (::has_colors() != TRUE || ::start_color() == ERR)
      return;
    const auto background
      = static_cast<short>(::use_default_colors() == OK ? -1 : COLOR_BLACK);
    ::init_pair(green, COLOR_GREEN, background);
    ::init_pair(yellow, COLOR_YELLOW, background);
    ::init_pair(red, COLOR_RED, background);
  }

  /// False when the line is full.
  bool put(char32_t code, look_of look, int row) const {
    auto text = std::array<wchar_t, 2>{static_cast<wchar_t>(code), L'\0'};
    const auto width = ::wcwidth(text[0]);
    if (width < 0 || (!utf8 && code > 0x7E))
      text[0] = L'?';
    if (::getcurx(::stdscr) + std::max(width, 1) > ::getmaxx(::stdscr))
      return false;
    ::wattr_set(::stdscr, attributes_of(look),
                colors ? color_of(look) : short{}, nullptr);
    ::waddnwstr(::stdscr, text.data(), 1);
    return ::getcury(::stdscr) == row;
  }

  locale_t theirs = nullptr;
  locale_t before = nullptr;
  SCREEN* terminal = nullptr;
  bool utf8 = false;
  bool colors = false;
};

screen::screen(std::unique_ptr<impl> x) : impl_(std::move(x)) {
  // nop
}

screen::~screen() = default;

std::unique_ptr<screen> screen::open(bool colors) {
  constexpr auto escape_delay = 25; // ms until Escape is no other key's start
  auto x = std::make_unique<impl>();
  if (x->terminal == nullptr)
    return nullptr;
  x->colors = colors;
  ::set_escdelay(escape_delay);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(::stdscr, TRUE);
  ::nodelay(::stdscr, TRUE);
  ::leaveok(::stdscr, FALSE);
  if (colors)
    x->use_colors();
  return std::unique_ptr<screen>{new screen{std::move(x)}};
}

screen::extent screen::size() {
  auto now = winsize{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &now) == 0 && now.ws_row != 0
      && now.ws_col != 0
      && (now.ws_row != ::getmaxy(::stdscr)
          || now.ws_col != ::getmaxx(::stdscr)))
    ::resizeterm(now.ws_row, now.ws_col);
  return {static_cast<std::size_t>(::getmaxx(::stdscr)),
          static_cast<std::size_t>(::getmaxy(::stdscr))};
}

void screen::show(const std::vector<line>& lines,
                  std::optional<std::size_t> cursor) {
  const auto height = ::getmaxy(::stdscr);
  ::werase(::stdscr);
  auto row = 0;
  for (const auto& each : lines) {
    if (row == height)
      break;
    ::wmove(::stdscr, row, 0);
    for (const auto& part : each) {
      auto rest = std::string_view{part.text};
      auto goes_on = true;
      while (!rest.empty() && goes_on) {
        const auto c = first_character(rest);
        goes_on = impl_->put(c.code, part.look, row);
        rest.remove_prefix(c.bytes);
      }
    }
    ++row;
  }
  ::curs_set(cursor ? 1 : 0);
  if (cursor)
    ::wmove(::stdscr, height - 1, static_cast<int>(*cursor));
  ::wrefresh(::stdscr);
}

std::optional<key> screen::next_key() {
  for (;;) {
    auto code = wint_t{0};
    const auto kind = ::wget_wch(::stdscr, &code);
    if (kind == ERR)
      return std::nullopt;
    if (kind == KEY_CODE_YES) {
      if (const auto name = name_of(code))
        return key{*name};
      continue; // a key that means nothing here
    }
    if (const auto k = key_of(code))
      return k;
  }
}

} // namespace stanchion::top

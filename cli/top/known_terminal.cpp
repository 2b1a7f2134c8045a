// Apart from all else, for <term.h> has a macro for each capability.
#include <stanchion/cli/top/known_terminal.hpp>

#include <curses.h>
#include <term.h>
#include <unistd.h>

namespace stanchion::top {

bool is_known_terminal() {
  auto found = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &found) == ERR)
    return false;
  ::del_curterm(::set_curterm(nullptr));
  return found == 1;
}

} // namespace stanchion::top

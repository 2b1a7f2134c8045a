#pragma once

namespace stanchion::top {

/// Whether the terminal that the environment names can be painted on, as far as
/// its description says. Asked before ncurses begins, which leaks where it
/// cannot.
[[nodiscard]] bool is_known_terminal();

} // namespace stanchion::top

#include <stanchion/cli/command_line.hpp>

/// The program `stanchion`: it has no agents of its own, and works on what
/// other programs left or drive.
int main(int argc, char** argv) {
  return stanchion::command_line(argc, argv, nullptr);
}

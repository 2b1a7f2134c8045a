// A program outside this repository: it sees only what was installed.
#include <stanchion/core/version.hpp>

#include <iostream>

int main() {
  std::cout << "stanchion " << stanchion::version() << '\n';
  return stanchion::version().empty() ? 1 : 0;
}
